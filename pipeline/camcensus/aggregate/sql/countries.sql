-- Grain: a country.
-- Columns: `country_id`; `is_in_study`: the study does not leave it out.
-- Why: counts group by the number.
select distinct
    l.country_id, l.country, case when o.country is null then true else false end as is_in_study
from locations l left join left_out o on o.country = l.country
