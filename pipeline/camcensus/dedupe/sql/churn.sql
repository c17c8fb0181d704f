-- What became of the hosts and identities of one collection in the next (`pairs`), in the world, in each country and in
-- each network, where they were in the earlier. Only identities on one host in each tell a move from a copy.
with seen as (
    select c.collection, i.host, i.identity, i.country, i.asn, i.network
    from identified i
    join collections c on c.file = i.file
    cross join settings s
    where i.is_counted and i.seen_at between s.window_start and s.window_end
),
hosts as (
    select collection, host, max(country) as country, max(asn) as asn from seen group by collection, host
),
places as (
    select collection, identity, max(host) as host
    from (select distinct collection, identity, host from seen where identity is not null) places
    group by collection, identity
    having cast(count(*) as bigint) = 1
),
fates as (
    select
        p.earlier, p.later, h.country, h.asn, 1 as hosts, case when n.host is null then 1 else 0 end as gone,
        0 as identities, 0 as moved
    from pairs p
    join hosts h on h.collection = p.earlier
    left join hosts n on n.collection = p.later and n.host = h.host
    union all
    select
        p.earlier, p.later, h.country, h.asn, 0, 0, 1, case when w.host <> m.host then 1 else 0 end
    from pairs p
    join places m on m.collection = p.earlier
    join places w on w.collection = p.later and w.identity = m.identity
    join hosts h on h.collection = p.earlier and h.host = m.host
),
rows_of as (
    select earlier, later, 'world' as level, null as country, null as asn, hosts, gone, identities, moved from fates
    union all
    select earlier, later, 'country', country, null, hosts, gone, identities, moved from fates
    union all
    select earlier, later, 'network', null, asn, hosts, gone, identities, moved from fates where asn is not null
),
called as (
    select asn, max(network) as network from seen where asn is not null group by asn
)
select
    r.earlier, r.later, r.level, r.country, cast(r.asn as bigint) as asn, max(c.network) as network,
    cast(sum(r.hosts) as bigint) as n_hosts, cast(sum(r.gone) as bigint) as n_hosts_gone,
    cast(sum(r.identities) as bigint) as n_identities, cast(sum(r.moved) as bigint) as n_identities_moved
from rows_of r
left join called c on c.asn = r.asn
group by r.earlier, r.later, r.level, r.country, r.asn
order by earlier nulls last, later nulls last, level desc nulls last, country nulls last, asn nulls last
