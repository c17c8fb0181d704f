-- One level of hosts and networks that hold several things: each counts once for each value. Networks `across` several
-- countries count once in each, and, in the rows with a scope and no country, once in the world.
with here as (
    select h.unit, h.id, h.land, h.across, v.value
    from held h
    join levels v on v.label = h.label
    join step p on p.level = v.level
    where not h.lonely
),
scopes as (
    select 'all' as scope
    union all
    select 'study'
),
rows_of as (
    select distinct unit, id, land, across, value, '' as scope from here
    union all
    select distinct h.unit, h.id, 0, h.across, h.value, s.scope
    from here h
    join lands l on l.land = h.land
    cross join scopes s
    where h.across and (s.scope = 'all' or l.inside)
)
select p.level, r.value, r.scope, r.land, r.unit, r.across, cast(count(*) as bigint) as n
from rows_of r cross join step p
group by p.level, r.value, r.scope, r.land, r.unit, r.across
