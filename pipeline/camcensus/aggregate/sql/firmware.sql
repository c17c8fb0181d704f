-- Grain: what devices say of their firmware.
-- Columns: `firmware` (null: nothing) and `n_devices` behind the headline, without the countries left out.
-- Why: the firmware's age is read from its name, outside SQL.
select y.firmware, cast(count(*) as bigint) as n_devices
from device_hosts h
join count_labels c on c.labels_id = h.labels_id
join device_labels y on y.labels_id = h.labels_id
join locations l on l.location_id = h.location_id
join countries k on k.country_id = l.country_id
where h.is_latest and c.is_enough and l.ip_version = 4 and h.device_decoy_rank <= 2 and k.is_in_study
group by y.firmware
order by y.firmware nulls last
