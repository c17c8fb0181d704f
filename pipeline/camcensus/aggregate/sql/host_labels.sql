-- Grain: a host and what its devices are called.
-- Columns: country, prefix, decoy grade and network kind are the host's; `is_only_label`: it has no other;
--   `is_headline`: it is behind the headline.
-- Why: what is counted of banners, hosts and prefixes.
create table host_labels as
with named as (
    select
        h.host_id, h.prefix_id, l.country_id, l.ip_version, h.location_id, c.label_id, c.is_high, c.is_enough,
        h.decoy_rank, h.n_banners, h.network_kind_rank, h.is_only_row as is_only_label
    from device_hosts h
    join count_labels c on c.labels_id = h.labels_id
    join locations l on l.location_id = h.location_id
),
grouped as (
    select
        host_id, prefix_id, country_id, ip_version, location_id, label_id, is_high, is_enough, decoy_rank, n_banners,
        network_kind_rank, is_only_label
    from named
    where is_only_label
    union all
    select
        host_id, max(prefix_id), country_id, ip_version, max(location_id), label_id, is_high, is_enough,
        max(decoy_rank), cast(sum(n_banners) as bigint), max(network_kind_rank), false
    from named
    where not is_only_label
    group by host_id, country_id, ip_version, label_id, is_high, is_enough
)
select
    host_id, prefix_id, country_id, ip_version, location_id, label_id, is_high, decoy_rank, n_banners,
    network_kind_rank, is_only_label,
    case when is_enough and ip_version = 4 and decoy_rank <= 2 then true else false end as is_headline
from grouped;

-- Grain: a prefix behind the headline.
-- Columns: `has_one_label`: all its hosts are called the same, in one country; `is_in_several_countries`.
-- Why: a prefix with one label counts one in every level; others are counted apart for each.
create table headline_prefixes as
select
    prefix_id, min(country_id) as country_id, min(label_id) as label_id,
    case when min(country_id) = max(country_id) and min(label_id) = max(label_id) then true else false end
        as has_one_label,
    case when min(country_id) < max(country_id) then true else false end as is_in_several_countries
from host_labels
where is_headline
group by prefix_id;

-- Grain: a country, IP version, label, decoy grade and network kind with devices.
-- Columns: `n_devices` whose latest banner is there; `is_headline`: they are behind the headline.
-- Why: a device is counted once, wherever it was seen before.
create table device_counts as
select
    l.country_id, l.ip_version, c.label_id, c.is_high, h.device_decoy_rank as decoy_rank, h.network_kind_rank,
    case when c.is_enough and l.ip_version = 4 and h.device_decoy_rank <= 2 then true else false end as is_headline,
    cast(count(*) as bigint) as n_devices
from device_hosts h
join count_labels c on c.labels_id = h.labels_id
join locations l on l.location_id = h.location_id
where h.is_latest
group by
    l.country_id, l.ip_version, c.label_id, c.is_high, c.is_enough, h.device_decoy_rank, h.network_kind_rank;
