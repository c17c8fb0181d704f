-- Hosts and networks behind the headline, each with what stands there. Whoever holds one combination of country and
-- name counts one in every level (`alone`), so only the others need be counted apart for each level.
with held as (
    select 'host' as unit, host as id, country, label from picked
    union all
    select distinct 'prefix', prefix, country, label from picked
),
spread as (
    select
        unit, id, count(*) as facts, min(country) as country, min(label) as label,
        case when min(country) < max(country) then true else false end as across
    from held
    group by unit, id
),
several as (
    select unit, id, across, row_number() over (order by unit nulls last, id nulls last) as number
    from spread
    where facts > 1
)
select unit, cast(0 as bigint) as number, country, label, true as alone, across from spread where facts = 1
union all
select h.unit, cast(s.number as bigint), h.country, h.label, false, s.across
from held h join several s on s.unit = h.unit and s.id = h.id
