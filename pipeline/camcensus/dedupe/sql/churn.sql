-- Grain: a collection of the snapshot with counted banners in the window.
-- Columns: its banners, and when the first and the last was seen; `place` in order of the last.
-- Why: churn compares each collection with the next.
create table collections_seen as
select
    c.collection, cast(count(*) as bigint) as n_banners, cast(min(i.seen_at) as bigint) as first_seen,
    cast(max(i.seen_at) as bigint) as last_seen,
    row_number() over (
        order by max(i.seen_at) nulls last, min(i.seen_at) nulls last, c.collection nulls last
    ) as place
from identified i
join collections c on c.file = i.file
cross join settings s
where i.is_counted and i.seen_at between s.window_start and s.window_end
group by c.collection;

-- Grain: the world, a country or a network, from one collection to the next.
-- Columns: hosts and identities there in the earlier collection, and what became of them in the later.
-- Why: only an identity on one host in each collection tells a move from a copy.
with pairs as (
    select one.collection as earlier, two.collection as later
    from collections_seen one join collections_seen two on two.place = one.place + 1
),
banners as (
    select c.collection, i.host, i.identity, i.country, i.asn, i.network
    from identified i
    join collections c on c.file = i.file
    cross join settings s
    where i.is_counted and i.seen_at between s.window_start and s.window_end
),
hosts as (
    select collection, host, max(country) as country, max(asn) as asn from banners group by collection, host
),
places as (
    select collection, identity, max(host) as host
    from (select distinct collection, identity, host from banners where identity is not null) places
    group by collection, identity
    having cast(count(*) as bigint) = 1
),
outcomes as (
    select
        p.earlier, p.later, h.country, h.asn, 1 as n_hosts, case when n.host is null then 1 else 0 end as n_gone,
        0 as n_identities, 0 as n_moved
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
levels as (
    select
        earlier, later, 'world' as level, null as country, null as asn, n_hosts, n_gone, n_identities,
        n_moved
    from outcomes
    union all
    select
        earlier, later, 'country', country, null, n_hosts, n_gone, n_identities,
        n_moved
    from outcomes
    union all
    select
        earlier, later, 'network', null, asn, n_hosts, n_gone, n_identities,
        n_moved
    from outcomes
    where asn is not null
),
operators as (
    select asn, max(network) as network from banners where asn is not null group by asn
)
select
    r.earlier, r.later, r.level, r.country, cast(r.asn as bigint) as asn, max(c.network) as network,
    cast(sum(r.n_hosts) as bigint) as n_hosts, cast(sum(r.n_gone) as bigint) as n_hosts_gone,
    cast(sum(r.n_identities) as bigint) as n_identities, cast(sum(r.n_moved) as bigint) as n_identities_moved
from levels r
left join operators c on c.asn = r.asn
group by r.earlier, r.later, r.level, r.country, r.asn
order by earlier nulls last, later nulls last, level desc nulls last, country nulls last, asn nulls last
