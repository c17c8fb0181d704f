-- Devices of the headline, without the countries left out, by what they say of their firmware.
select y.firmware, cast(count(*) as bigint) as n_devices
from device_hosts h
join called c on c.labels_id = h.labels_id
join places p on p.location_id = h.location_id
join device_labels y on y.labels_id = h.labels_id
where h.is_latest and c.headline and p.ip_version = 4 and h.device_decoy_rank <= 2 and p.inside
group by y.firmware
order by y.firmware nulls last
