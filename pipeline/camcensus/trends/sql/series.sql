-- Grain: a series (all; queries: banners that the queries of every snapshot would have returned; ports: those of them
--   from ports that were queried in every snapshot), and a maker in it or, without a maker, all.
-- Columns: the headline's units, without the countries left out.
-- Why: only what every snapshot would have is comparable. A device counts with its own country and grade, as in the
--   headline, and with what it has of such banners. `has_one_query_set`, `has_one_port_list`: nothing to leave out.
with labelled as (
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
        end as is_device_counted,
        case when c.has_one_query_set or r.file is not null then true else false end as is_in_queries,
        case when c.has_one_port_list or p.port is not null then true else false end as is_in_ports
    from links l
    join identified i on i.file = l.file and i.line = l.line
    join labelled n on n.device = l.device
    cross join common c
    left join query_replay r on r.file = l.file and r.line = l.line
    left join ports p on p.port = i.port
    left join left_out o on o.country = n.country
    where l.status = 'kept'
),
tagged as (
    select 'all' as series, k.* from kept k
    union all
    select 'queries', k.* from kept k where k.is_in_queries
    union all
    select 'ports', k.* from kept k where k.is_in_queries and k.is_in_ports
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
    where is_device_counted
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
