-- Grain: a scope and country; without a country, the world.
-- Columns: hosts behind the headline that both location sources put there, that either does, and that the first does
--   with a second opinion; for the world, hosts on whose country both agree, all hosts, and hosts with a second
--   opinion.
-- Why: how far a country's number depends on the location source. A scope leaves out hosts by their own country,
--   wherever the second source puts them.
with hosts as (
    select max(location_id) as location_id
    from host_labels
    where is_headline and not is_only_label
    group by host_id, country_id
    union all
    select location_id from host_labels where is_headline and is_only_label
),
by_location as (
    select location_id, cast(count(*) as bigint) as n_hosts from hosts group by location_id
),
claims as (
    select
        p.country as country, p.country as claimed,
        case when p.country_second = p.country then h.n_hosts else 0 end as n_both,
        h.n_hosts as n_first, h.n_hosts as n_either,
        case when p.country_second is null then 0 else h.n_hosts end as n_second
    from by_location h join locations p on p.location_id = h.location_id
    union all
    select p.country, p.country_second, 0, 0, h.n_hosts, 0
    from by_location h join locations p on p.location_id = h.location_id
    where p.country_second is not null and p.country_second <> p.country
),
scopes as (
    select 'all' as scope
    union all
    select 'study'
),
scoped as (
    select s.scope, c.claimed, c.n_both, c.n_first, c.n_either, c.n_second
    from claims c cross join scopes s left join left_out o on o.country = c.country
    where s.scope = 'all' or o.country is null
),
sides as (
    select scope, claimed as country, n_both, n_either, n_second from scoped
    union all
    select scope, null, n_both, n_first, n_second from scoped
    union all
    select scope, null, 0, 0, 0 from scopes
)
select
    scope, country,
    cast(sum(n_both) as bigint) as n_hosts_geo_min,
    cast(sum(n_either) as bigint) as n_hosts_geo_max,
    cast(sum(n_second) as bigint) as n_hosts_geo_asked
from sides
group by scope, country
order by scope nulls last, country nulls last
