-- Networks behind the headline that hold several things, and hosts that do, each with what stands there: they are
-- counted apart for each level. Networks have negative numbers here, so that they differ from hosts.
select -1 - f.network as id, f.land, f.label, s.across
from facts f join spread s on s.network = f.network
where f.picked and not s.lonely
union all
select host, land, label, false from facts where picked and not alone
