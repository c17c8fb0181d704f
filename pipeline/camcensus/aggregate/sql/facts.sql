-- What is counted of banners: hosts with what their devices are called, each combination once. Country, network and
-- grade are the host's. `alone`: the host has no other fact. `picked`: it is behind the headline.
with found as (
    select
        h.host_id, h.prefix_id, p.land, p.ip_version, h.location_id, c.label, c.high, c.headline, h.decoy_rank,
        h.n_banners, h.network_kind_rank, h.is_only_row
    from device_hosts h
    join called c on c.labels_id = h.labels_id
    join places p on p.location_id = h.location_id
),
told as (
    select * from found where is_only_row
    union all
    select
        host_id, max(prefix_id), land, ip_version, max(location_id), label, high, headline, max(decoy_rank),
        cast(sum(n_banners) as bigint), max(network_kind_rank), false
    from found
    where not is_only_row
    group by host_id, land, ip_version, label, high, headline
)
select
    host_id as host, prefix_id as network, land, ip_version, location_id, label, high, decoy_rank as grade,
    n_banners as banners, network_kind_rank, is_only_row as alone,
    case when headline and ip_version = 4 and decoy_rank <= 2 then true else false end as picked
from told
