-- One level of hosts and networks that hold several things: each counts once for each value. Networks across several
-- countries count once in each, and once in the world, in rows of their own: they have a scope and no country.
with here as (
    select h.id, h.land, v.value, h.across
    from held h
    join levels v on v.label = h.label
    join step p on p.level = v.level
),
inside as (
    select distinct id, land, value from here where not across
),
across as (
    select distinct id, land, value from here where across
),
scopes as (
    select 'all' as scope
    union all
    select 'study'
),
world as (
    select distinct a.id, a.value, s.scope
    from across a
    join lands l on l.land = a.land
    cross join scopes s
    where s.scope = 'all' or l.inside
)
select
    value, '' as scope, land, cast(sum(case when id >= 0 then 1 else 0 end) as bigint) as hosts,
    cast(sum(case when id < 0 then 1 else 0 end) as bigint) as prefixes,
    cast(sum(case when id < 0 then 1 else 0 end) as bigint) as prefixes_inside
from inside
group by value, land
union all
select value, '', land, 0, cast(count(*) as bigint), 0 from across group by value, land
union all
select value, scope, 0, 0, cast(count(*) as bigint), 0 from world group by value, scope
