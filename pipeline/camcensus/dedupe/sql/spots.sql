-- Where hosts are: each combination once, under a number. Of one country and IP version, the largest number has the
-- largest second opinion. `land`: the number of the country.
select
    row_number() over (order by country nulls last, ip_version, country_second nulls first) as spot,
    dense_rank() over (order by country nulls last) as land, country, ip_version, country_second
from (select distinct country, ip_version, country_second from identified) told
