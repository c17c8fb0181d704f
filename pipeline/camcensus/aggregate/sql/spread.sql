-- Networks behind the headline. `lonely`: all its hosts are called the same, in one country, so that it counts one in
-- every level. `across`: it lies in several countries.
select
    network, min(land) as land, min(label) as label,
    case when min(land) = max(land) and min(label) = max(label) then true else false end as lonely,
    case when min(land) < max(land) then true else false end as across
from facts
where picked
group by network
