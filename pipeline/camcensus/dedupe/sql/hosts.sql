-- Hosts with what their kept banners have in common; their network is a hosting one where any says so, else mobile,
-- else fixed, and its number the largest that any says. A host whose banners were all found to be the same (one name),
-- as those with one banner are, needs no closer look.
select
    host, cast(count(*) as bigint) as n_banners, min(name) as lowest_name, max(name) as name,
    min(spot) as lowest_spot, max(spot) as spot, min(seen) as first_seen, max(seen) as last_seen,
    max(network_kind) as network_kind, max(asn) as asn
from sights
where fate = 0
group by host
