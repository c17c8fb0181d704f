-- Devices of the headline, without the countries left out, by what they say of their firmware.
select y.firmware, cast(count(*) as bigint) as n_devices
from devices d
join called c on c.says = d.says
join says y on y.says = d.says
join spots p on p.spot = d.spot
join lands l on l.land = p.land
where c.headline and p.ip_version = 4 and d.grade <= 2 and l.inside
group by y.firmware
order by y.firmware nulls last
