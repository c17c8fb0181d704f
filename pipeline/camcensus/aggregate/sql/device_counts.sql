-- Grain: a country, IP version, label, decoy grade and network kind with devices.
-- Columns: `n_devices` whose latest banner is there; `is_headline`: they are behind the headline.
-- Why: a device is counted once, wherever it was seen before.
select
    l.country_id, l.ip_version, c.label_id, c.is_high, h.device_decoy_rank as decoy_rank, h.network_kind_rank,
    case when c.is_enough and l.ip_version = 4 and h.device_decoy_rank <= 2 then true else false end as is_headline,
    cast(count(*) as bigint) as n_devices
from device_hosts h
join count_labels c on c.labels_id = h.labels_id
join locations l on l.location_id = h.location_id
where h.is_latest
group by
    l.country_id, l.ip_version, c.label_id, c.is_high, c.is_enough, h.device_decoy_rank, h.network_kind_rank
