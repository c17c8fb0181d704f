-- Networks behind the headline, and those hosts that may hold several things, each with what stands there. Whoever holds
-- one combination of country and name counts one in every level (`lonely`), so only the others need be counted apart
-- for each level. `across`: the network lies in several countries.
with networks as (
    select distinct network, land, label from picked
),
spread as (
    select network, count(*) as facts, min(land) as lowest, max(land) as land from networks group by network
),
several as (
    select host, count(*) as facts from picked where not alone group by host
)
select
    'prefix' as unit, n.network as id, n.land, n.label, case when s.facts = 1 then true else false end as lonely,
    case when s.lowest < s.land then true else false end as across
from networks n
join spread s on s.network = n.network
union all
select
    'host', p.host, p.land, p.label, case when s.facts = 1 then true else false end, false
from picked p
join several s on s.host = p.host
where not p.alone
