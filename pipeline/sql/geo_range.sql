-- For each scope and country: hosts behind the headline that both location sources put there, hosts that either does,
-- and hosts that the first puts there and for which there is a second opinion. The row without a country is the world:
-- hosts on whose country both agree, all hosts, and hosts with a second opinion. A scope leaves out hosts by their own
-- country, wherever the second source puts them.
with hosts as (
    select host, country, max(second) as second from picked group by host, country
),
claims as (
    select
        country as home, country as place,
        case when second = country then 1 else 0 end as both_say,
        1 as first_say,
        case when second is null then 0 else 1 end as asked
    from hosts
    union all
    select country, second, 0, 0, 0 from hosts where second is not null and second <> country
),
pairs as (
    select
        home, place,
        cast(sum(both_say) as bigint) as both_say,
        cast(sum(first_say) as bigint) as first_say,
        cast(sum(asked) as bigint) as asked,
        cast(count(*) as bigint) as either_says
    from claims
    group by home, place
),
scopes as (
    select 'all' as scope
    union all
    select 'study'
),
scoped as (
    select s.scope, p.*
    from pairs p cross join scopes s left join left_out o on o.country = p.home
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
