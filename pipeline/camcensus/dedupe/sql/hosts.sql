-- Grain: a host with a kept banner.
-- Columns: least and largest of its banners' labels and locations; `network_kind_rank`: hosting where any says so, else
--   mobile, else fixed; `asn`: the largest that any says.
-- Why: a host whose banners all have the same labels, as those with one banner have, needs no closer look.
select
    host_id, cast(count(*) as bigint) as n_banners, min(banner_labels_id) as least_banner_labels_id,
    max(banner_labels_id) as banner_labels_id,
    min(location_id) as least_location_id, max(location_id) as location_id, min(seen_at) as first_seen_at,
    max(seen_at) as last_seen_at, max(network_kind_rank) as network_kind_rank, max(asn) as asn
from banners_encoded
where status = 0
group by host_id
