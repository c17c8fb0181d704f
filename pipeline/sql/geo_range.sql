-- For each country: hosts that both location sources put there, and hosts that either does. The row without a country
-- is the world: hosts on whose country both agree, and all hosts.
with hosts as (
    select host, country, max(country_second) as second from selected where unit = 'banner' group by host, country
),
claims as (
    select host, country as place, case when second = country then 1 else 0 end as both_say from hosts
    union all
    select host, second, 0 from hosts where second is not null and second <> country
)
select
    place as country,
    cast(coalesce(sum(both_say), 0) as bigint) as n_hosts_geo_min,
    cast(count(distinct host) as bigint) as n_hosts_geo_max
from claims
group by grouping sets ((), (place))
order by place nulls last
