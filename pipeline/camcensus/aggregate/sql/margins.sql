-- World and countries of every variant.
with matched as (
    select
        v.scope, v.ip_version, v.min_confidence, v.decoys_left_out, c.place, c.country,
        case when v.min_confidence = 'medium' then c.banners else c.banners_high end as banners,
        c.hosts, c.devices, c.prefixes
    from variants v
    join cells c on v.ip_version = 'all' or v.ip_version = cast(c.ip_version as string)
    left join left_out o on o.country = c.country
    where (v.scope = 'all' or o.country is null)
        and case when v.min_confidence = 'medium' then c.grade_medium else c.grade_high end
            <= case v.decoys_left_out when 'none' then 3 when 'certain' then 2 else 1 end
),
rows_of as (
    select scope, ip_version, min_confidence, decoys_left_out, null as country, 1 as no_country, 0 as banners,
        0 as hosts, 0 as devices, 0 as prefixes
    from variants
    union all
    select scope, ip_version, min_confidence, decoys_left_out, null, 1, banners, hosts, devices, prefixes
    from matched
    where place in ('both', scope)
    union all
    select scope, ip_version, min_confidence, decoys_left_out, country, 0, banners, hosts, devices, prefixes
    from matched
    where place in ('both', 'country')
)
select
    scope, ip_version, min_confidence, decoys_left_out, country, cast(no_country as bigint) as no_country,
    cast(sum(banners) as bigint) as n_banners, cast(sum(hosts) as bigint) as n_hosts,
    cast(sum(devices) as bigint) as n_devices, cast(sum(prefixes) as bigint) as n_prefixes
from rows_of
group by scope, ip_version, min_confidence, decoys_left_out, country, no_country
order by
    scope nulls last, ip_version nulls last, min_confidence nulls last, decoys_left_out nulls last, no_country desc,
    country nulls last
