-- Grain: a device on one of its hosts, in one location.
-- Columns: as in the table `device_hosts`. The device's id is left out: nothing that is counted needs it.
-- Why: all that aggregate counts banners, hosts, devices and prefixes from.
with shared as (
    select
        m.device, m.host_id, m.location_id, max(m.decoy_rank) as decoy_rank, count(*) as n_banners,
        count(*) over (partition by m.host_id) as n_rows
    from conflict_members m
    group by m.device, m.host_id, m.location_id
),
found as (
    select
        host_id, asn, network_kind_rank, location_id, claim_id, decoy_rank, decoy_rank as device_decoy_rank, n_banners,
        true as is_latest, true as is_only_row
    from devices
    where level is not null
    union all
    select
        s.host_id, h.asn, h.network_kind_rank, s.location_id, d.claim_id, s.decoy_rank, d.decoy_rank, s.n_banners,
        case when s.host_id = d.host_id and s.location_id = d.location_id then true else false end,
        case when s.n_rows = 1 then true else false end
    from shared s
    join devices d on d.device = s.device
    join hosts h on h.host_id = s.host_id
)
select
    f.host_id, coalesce(x.prefix_id, f.host_id >> 8) as prefix_id, f.asn, f.network_kind_rank, f.location_id,
    y.labels_id, f.decoy_rank, f.device_decoy_rank, cast(f.n_banners as bigint) as n_banners, f.is_latest,
    f.is_only_row
from found f
join label_claims y on y.claim_id = f.claim_id
left join ipv6_ids x on x.host_id = f.host_id
order by f.host_id, f.location_id, y.labels_id, f.decoy_rank, f.device_decoy_rank, n_banners, f.is_latest
