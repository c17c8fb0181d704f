-- Where hosts are: each combination once.
select spot as location_id, ip_version, country, country_second
from spots
order by location_id
