-- What adds up, for each country and name: banners, devices, and hosts and networks that hold nothing else.
with parts as (
    select
        land, label, sum(banners) as banners, sum(case when alone then 1 else 0 end) as hosts, 0 as devices,
        0 as prefixes
    from facts
    where picked
    group by land, label
    union all
    select land, label, 0, 0, sum(devices), 0 from counted_devices where picked group by land, label
    union all
    select land, label, 0, 0, 0, count(*) from spread where lonely group by land, label
)
select
    land, label, cast(sum(banners) as bigint) as banners, cast(sum(hosts) as bigint) as hosts,
    cast(sum(devices) as bigint) as devices, cast(sum(prefixes) as bigint) as prefixes
from parts
group by land, label
