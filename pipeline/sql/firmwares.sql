-- Devices of the headline by what they say of their firmware.
select firmware, cast(count(*) as bigint) as n_devices
from headline_devices
where counts
group by firmware
order by firmware nulls last
