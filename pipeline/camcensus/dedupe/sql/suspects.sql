-- Signs of a decoy, counted or not, in the window: a row for each host and reason, with the grade that the reason has
-- alone (3 certain, 2 likely, 1 possible). Only hosts with a counted banner.
with seen as (
    -- What is only in the table of banners, of those that can show a sign by it.
    select
        coalesce(i.address, x.host) as host, coalesce(x.network, i.address >> 8) as network, i.is_counted as counted, i.identity,
        i.banner_hash, i.html_hash, i.decoy, i.signatures, i.network_kind
    from identified i
    cross join settings s
    left join sixes x on x.host_text = i.host
    where i.seen_at between s.window_start and s.window_end
        and (
            i.decoy is not null or i.network_kind = 'hosting'
            or (i.is_counted and i.identity is not null and (i.banner_hash is not null or i.html_hash is not null))
        )
),
marks as (
    -- What identify saw in one banner. That the network is a hosting one is a reason of its own, and the engine's tag
    -- for it no second one; but a second sign beside the tag is.
    select
        host, 'banner' as reason, case decoy when 'certain' then 3 when 'likely' then 2 else 1 end as grade
    from seen
    where decoy is not null and not (
        decoy = 'possible' and network_kind is not distinct from 'hosting'
        and signatures like '%decoys.tags.cloud%' and signatures not like '%decoys.%decoys.%'
    )
    union all
    select host, 'hosting', 1 from seen where network_kind = 'hosting'
),
watched as (
    -- Hosts with more than the kept banners.
    select distinct host from sights where fate in (1, 3)
),
crowded as (
    -- Only on these can there be several makers, or many ports.
    select host from mixed where several_makers
    union
    select h.host from hosts h join settings s on h.n_banners >= s.from_ports
    union
    select t.host
    from sights t
    join watched w on w.host = t.host
    join names n on n.name = t.name
    cross join settings s
    where t.fate <> 2
    group by t.host
    having min(case when t.fate <= 1 then n.seller end) < max(case when t.fate <= 1 then n.seller end)
        or max(case when n.product_type in ('other', 'software') then n.seller end) is not null
        or count(*) >= max(s.from_ports)
),
products as (
    select
        t.host,
        count(distinct case when t.fate <= 1 then n.seller end) as makers,
        count(distinct case when n.product_type in ('other', 'software') then n.seller end) as unrelated,
        count(distinct t.door >> 1) as ports
    from sights t
    join crowded c on c.host = t.host
    join names n on n.name = t.name
    where t.fate <> 2
    group by t.host
),
spread as (
    select p.identity
    from (select distinct identity, host from sights where fate <> 2 and identity is not null) p
    cross join settings s
    group by p.identity
    having count(*) >= max(s.from_identity_hosts)
),
answers as (
    select network, host, identity, 'answer' as part, banner_hash as body from seen
    where counted and identity is not null and banner_hash is not null
    union all
    select network, host, identity, 'page', html_hash from seen
    where counted and identity is not null and html_hash is not null
),
frequent as (
    select a.network, a.part, a.body
    from answers a cross join settings s
    group by a.network, a.part, a.body
    having count(*) >= max(s.from_alike_hosts)
),
alike as (
    select a.network, a.part, a.body
    from answers a
    join frequent f on f.network = a.network and f.part = a.part and f.body = a.body
    cross join settings s
    group by a.network, a.part, a.body
    having count(distinct a.host) >= max(s.from_alike_hosts)
        and count(distinct a.identity) >= max(s.from_alike_hosts)
),
reasons as (
    select host, reason, grade from marks
    union all
    select p.host, 'many-makers', 2 from products p cross join settings s where p.makers >= s.from_makers
    union all
    select p.host, 'unrelated-products', 1 from products p cross join settings s cross join others o
    where p.unrelated >= s.from_unrelated and o.collected
    union all
    select p.host, 'many-ports', 2 from products p cross join settings s cross join others o
    where p.ports >= s.from_ports and o.collected
    union all
    select t.host, 'shared-identity', 1 from sights t join spread k on k.identity = t.identity where t.fate <> 2
    union all
    select a.host, 'alike-answers', 1
    from answers a join alike k on k.network = a.network and k.part = a.part and k.body = a.body
),
graded as (
    select host, reason, cast(max(grade) as bigint) as grade from reasons group by host, reason
)
select g.host, g.reason, g.grade from graded g join hosts h on h.host = g.host
