-- What adds up, for each country and name: banners, devices, and hosts and networks that hold nothing else.
with parts as (
    select country, label, sum(banners) as banners, 0 as hosts, 0 as devices, 0 as prefixes
    from picked
    group by country, label
    union all
    select country, label, 0, 0, count(*), 0
    from called
    where headline and ip_version = 4 and grade <= 2
    group by country, label
    union all
    select
        country, label, 0, sum(case when unit = 'host' then 1 else 0 end), 0,
        sum(case when unit = 'prefix' then 1 else 0 end)
    from owners
    where alone
    group by country, label
)
select
    country, label, cast(sum(banners) as bigint) as banners, cast(sum(hosts) as bigint) as hosts,
    cast(sum(devices) as bigint) as devices, cast(sum(prefixes) as bigint) as prefixes
from parts
group by country, label
