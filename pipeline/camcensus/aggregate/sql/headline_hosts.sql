-- Hosts behind the headline, without the countries left out, each with its networks.
select distinct f.host, h.asn, f.network as prefix
from facts f
join lands l on l.land = f.land
join hosts h on h.host = f.host
where f.picked and l.inside
