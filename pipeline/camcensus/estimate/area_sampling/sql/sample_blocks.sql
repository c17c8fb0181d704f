-- Grain: a sampled block and country, and a maker there or, without a maker, all.
-- Columns: `number`, the first bits of the block; units behind the headline.
-- Why: a sample is estimated from its blocks. A host of several makers counts for each; a device is where its latest
--   banner is.
with hosts as (
    select
        h.host_id >> s.shift as number, h.country_id, v.manufacturer,
        cast(count(distinct h.host_id) as bigint) as n_hosts, 0 as n_devices,
        cast(sum(h.n_banners) as bigint) as n_banners
    from host_labels h
    join levels v on v.label_id = h.label_id and v.level = 2
    cross join blocks s
    where h.is_headline
    group by
        grouping sets ((h.host_id >> s.shift, h.country_id), (h.host_id >> s.shift, h.country_id, v.manufacturer))
),
devices as (
    select
        h.host_id >> s.shift as number, l.country_id, c.manufacturer, 0 as n_hosts,
        cast(count(*) as bigint) as n_devices, 0 as n_banners
    from device_hosts h
    join count_labels c on c.labels_id = h.labels_id
    join locations l on l.location_id = h.location_id
    cross join blocks s
    where h.is_latest and c.is_enough and l.ip_version = 4 and h.device_decoy_rank <= 2
    group by
        grouping sets ((h.host_id >> s.shift, l.country_id), (h.host_id >> s.shift, l.country_id, c.manufacturer))
)
select
    b.number, k.country, b.manufacturer, cast(sum(b.n_hosts) as bigint) as n_hosts,
    cast(sum(b.n_devices) as bigint) as n_devices, cast(sum(b.n_banners) as bigint) as n_banners
from (
    select number, country_id, manufacturer, n_hosts, n_devices, n_banners from hosts
    union all
    select number, country_id, manufacturer, n_hosts, n_devices, n_banners from devices
) b
join countries k on k.country_id = b.country_id
group by b.number, k.country, b.manufacturer
order by b.number nulls last, k.country nulls last, b.manufacturer nulls last
