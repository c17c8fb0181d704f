-- The headline without the countries left out, on all banners (`all`), on those that the queries of every snapshot
-- would have returned (`queries`), and on those of them that came from ports looked at in every snapshot (`ports`);
-- each maker and, without a maker, all. `one_query_set`, `one_port_list`: then there is nothing to leave out. A device
-- counts with its own country and grade, as in the headline, and with what it has of such banners.
with named as (
    select
        d.device, d.country, d.ip_version, d.decoy,
        case
            when h.min_confidence = 'medium' or d.manufacturer_confidence = 'high'
                then coalesce(d.manufacturer, 'unknown')
            else 'unknown'
        end as maker
    from devices d cross join headline h
    where h.min_confidence = 'medium' or d.type_confidence = 'high'
),
kept as (
    select
        i.host, i.country, i.ip_version, l.decoy, n.maker, n.device,
        case
            when n.ip_version = 4 and coalesce(n.decoy, 'none') <> 'certain' and o.country is null then true
            else false
        end as device_counts,
        case when c.one_query_set or r.file is not null then true else false end as in_queries,
        case when c.one_port_list or p.port is not null then true else false end as in_ports
    from links l
    join identified i on i.file = l.file and i.line = l.line
    join named n on n.device = l.device
    cross join common c
    left join query_replay r on r.file = l.file and r.line = l.line
    left join ports p on p.port = i.port
    left join left_out o on o.country = n.country
    where l.fate = 'kept'
),
tagged as (
    select 'all' as series, k.* from kept k
    union all
    select 'queries', k.* from kept k where k.in_queries
    union all
    select 'ports', k.* from kept k where k.in_queries and k.in_ports
),
hosts as (
    select
        t.series, t.maker, cast(count(*) as bigint) as banners, cast(count(distinct t.host) as bigint) as hosts
    from tagged t left join left_out o on o.country = t.country
    where t.ip_version = 4 and coalesce(t.decoy, 'none') <> 'certain' and o.country is null
    group by grouping sets ((t.series, t.maker), (t.series))
),
devices_of as (
    select series, maker, cast(count(distinct device) as bigint) as devices
    from tagged
    where device_counts
    group by grouping sets ((series, maker), (series))
),
parts as (
    select series, maker, banners, hosts, 0 as devices from hosts
    union all
    select series, maker, 0, 0, devices from devices_of
)
select
    series, maker as manufacturer, cast(sum(banners) as bigint) as n_banners, cast(sum(hosts) as bigint) as n_hosts,
    cast(sum(devices) as bigint) as n_devices
from parts
group by series, maker
order by series nulls last, maker nulls last
