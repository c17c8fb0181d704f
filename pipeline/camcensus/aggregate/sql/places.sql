-- Locations, with the number of the country, and whether the study leaves it in (`inside`).
select
    l.location_id, l.ip_version, l.country, l.country_second,
    dense_rank() over (order by l.country nulls last) as land,
    case when o.country is null then true else false end as inside
from locations l left join left_out o on o.country = l.country
