-- For each scope and country: hosts behind the headline that both location sources put there, hosts that either does,
-- and hosts that the first puts there and for which there is a second opinion. The row without a country is the world:
-- hosts on whose country both agree, all hosts, and hosts with a second opinion. A scope leaves out hosts by their own
-- country, wherever the second source puts them.
with hosts as (
    select max(location_id) as location_id from facts where picked and not alone group by host, land
    union all
    select location_id from facts where picked and alone
),
placed as (
    select location_id, cast(count(*) as bigint) as hosts from hosts group by location_id
),
claims as (
    select
        p.country as home, p.country as place,
        case when p.country_second = p.country then h.hosts else 0 end as both_say,
        h.hosts as first_say, h.hosts as either_says,
        case when p.country_second is null then 0 else h.hosts end as asked
    from placed h join locations p on p.location_id = h.location_id
    union all
    select p.country, p.country_second, 0, 0, h.hosts, 0
    from placed h join locations p on p.location_id = h.location_id
    where p.country_second is not null and p.country_second <> p.country
),
scopes as (
    select 'all' as scope
    union all
    select 'study'
),
scoped as (
    select s.scope, c.*
    from claims c cross join scopes s left join left_out o on o.country = c.home
    where s.scope = 'all' or o.country is null
),
rows_of as (
    select scope, place as country, both_say, either_says, asked from scoped
    union all
    select scope, null, both_say, first_say, asked from scoped
    union all
    select scope, null, 0, 0, 0 from scopes
)
select
    scope, country,
    cast(sum(both_say) as bigint) as n_hosts_geo_min,
    cast(sum(either_says) as bigint) as n_hosts_geo_max,
    cast(sum(asked) as bigint) as n_hosts_geo_asked
from rows_of
group by scope, country
order by scope nulls last, country nulls last
