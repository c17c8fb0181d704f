-- What stands behind the headline in each block of addresses and country: of all makers (manufacturer null), and of
-- each. `number`: the first bits of the block. A host of several makers is counted for each; a device lies where its
-- latest address does.
with counted as (
    select
        f.host >> s.shift as number, f.land, v.manufacturer, cast(count(distinct f.host) as bigint) as hosts,
        0 as devices, cast(sum(f.banners) as bigint) as banners
    from facts f
    join levels v on v.label = f.label and v.level = 2
    cross join blocks s
    where f.picked
    group by grouping sets ((f.host >> s.shift, f.land), (f.host >> s.shift, f.land, v.manufacturer))
),
inferred as (
    select
        h.host_id >> s.shift as number, p.land, c.shown_maker as manufacturer, 0 as hosts,
        cast(count(*) as bigint) as devices, 0 as banners
    from device_hosts h
    join called c on c.labels_id = h.labels_id
    join places p on p.location_id = h.location_id
    cross join blocks s
    where h.is_latest and c.headline and p.ip_version = 4 and h.device_decoy_rank <= 2
    group by grouping sets ((h.host_id >> s.shift, p.land), (h.host_id >> s.shift, p.land, c.shown_maker))
)
select
    b.number, l.country, b.manufacturer, cast(sum(b.hosts) as bigint) as n_hosts,
    cast(sum(b.devices) as bigint) as n_devices, cast(sum(b.banners) as bigint) as n_banners
from (select * from counted union all select * from inferred) b
join lands l on l.land = b.land
group by b.number, l.country, b.manufacturer
order by b.number nulls last, l.country nulls last, b.manufacturer nulls last
