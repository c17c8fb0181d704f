-- Grain: a combination of country, IP version and second opinion on the country.
-- Columns: `location_id`, of which within a country and IP version the largest has the largest second opinion;
--   `country_id`.
-- Why: a host's location is one number, and the largest of its banners is the same in any order.
select
    cast(row_number() over (
        order by country nulls last, ip_version nulls last, country_second nulls first
    ) as bigint) as location_id,
    cast(dense_rank() over (order by country nulls last) as bigint) as country_id, ip_version, country, country_second
from (select distinct country, ip_version, country_second from identified) combinations
