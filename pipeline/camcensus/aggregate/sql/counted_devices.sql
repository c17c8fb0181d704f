-- How many devices there are of each kind, where their latest banner is; `picked`: they are behind the headline.
select
    p.land, p.ip_version, c.label, c.high, h.device_decoy_rank as grade, h.network_kind_rank,
    case when c.headline and p.ip_version = 4 and h.device_decoy_rank <= 2 then true else false end as picked,
    cast(count(*) as bigint) as devices
from device_hosts h
join called c on c.labels_id = h.labels_id
join places p on p.location_id = h.location_id
where h.is_latest
group by p.land, p.ip_version, c.label, c.high, c.headline, h.device_decoy_rank, h.network_kind_rank
