-- For each country: hosts that both location sources put there, hosts that either does, and hosts that the first puts
-- there and for which there is a second opinion. The row without a country is the world: hosts on whose country both
-- agree, all hosts, and hosts with a second opinion.
with hosts as (
    select host, country, max(country_second) as second from selected where unit = 'banner' group by host, country
),
claims as (
    select
        host, country as place,
        case when second = country then 1 else 0 end as both_say,
        case when second is null then 0 else 1 end as asked
    from hosts
    union all
    select host, second, 0, 0 from hosts where second is not null and second <> country
)
select
    place as country,
    cast(coalesce(sum(both_say), 0) as bigint) as n_hosts_geo_min,
    cast(count(distinct host) as bigint) as n_hosts_geo_max,
    cast(coalesce(sum(asked), 0) as bigint) as n_hosts_geo_asked
from claims
group by grouping sets ((), (place))
order by place nulls last
