-- World and countries of one variant.
select
    country, cast(grouping(country) as bigint) as no_country,
    cast(coalesce(sum(case when unit = 'banner' then 1 else 0 end), 0) as bigint) as n_banners,
    cast(count(distinct case when unit = 'banner' then host end) as bigint) as n_hosts,
    cast(coalesce(sum(case when unit = 'device' then 1 else 0 end), 0) as bigint) as n_devices,
    cast(count(distinct prefix) as bigint) as n_prefixes
from selected
group by grouping sets ((), (country))
order by no_country desc, country nulls last
