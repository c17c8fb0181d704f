-- A row a device, host and location. Devices of undisputed hosts have one; those of disputed hosts may have several, of
-- which one has the latest banner. The device's id is left out: nothing that is counted needs it.
with shared as (
    select
        m.device, m.host, m.spot, max(m.grade) as grade, count(*) as n_banners,
        count(*) over (partition by m.host) as rows_of_host
    from members m
    group by m.device, m.host, m.spot
),
found as (
    select
        d.host, d.asn, d.network_kind, d.spot, d.says, d.grade, d.grade as device_grade, d.n_banners,
        true as is_latest, true as is_only_row
    from devices d
    where d.level is not null
    union all
    select
        s.host, h.asn, h.network_kind, s.spot, d.says, s.grade, d.grade, s.n_banners,
        case when s.host = d.host and s.spot = d.spot then true else false end,
        case when s.rows_of_host = 1 then true else false end
    from shared s
    join devices d on d.device = s.device
    join hosts h on h.host = s.host
)
select
    f.host as host_id, coalesce(x.network, f.host >> 8) as prefix_id, f.asn, f.network_kind as network_kind_rank,
    f.spot as location_id, y.labels_id, f.grade as decoy_rank, f.device_grade as device_decoy_rank,
    cast(f.n_banners as bigint) as n_banners, f.is_latest, f.is_only_row
from found f
join says y on y.says = f.says
left join sixes x on x.host = f.host
order by host_id, location_id, labels_id, decoy_rank, device_decoy_rank, n_banners, is_latest
