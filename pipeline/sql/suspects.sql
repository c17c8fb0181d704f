-- Signs of a decoy, counted or not, in the window: a row for each host and reason, with the grade that the reason has
-- alone (3 certain, 2 likely, 1 possible). Only hosts with a counted banner.
with seen as (
    select i.*
    from identified i cross join settings s
    where i.seen between s.window_start and s.window_end
),
hosts as (select distinct host from seen where counted),
others as (select count(*) as n from seen where not counted),
marks as (
    -- What identify saw in one banner. That the network is a hosting one is a reason of its own, and the engine's tag
    -- for it no second one.
    select
        host, 'banner' as reason, case decoy when 'certain' then 3 when 'likely' then 2 else 1 end as grade
    from seen
    where decoy is not null and not (decoy = 'possible' and signatures like '%decoys.tags.cloud%')
    union all
    select host, 'hosting', 1 from seen where network_kind = 'hosting'
),
products as (
    select
        host,
        count(distinct case when counted then manufacturer end) as makers,
        count(distinct case when product_type in ('other', 'software') then manufacturer end) as unrelated,
        count(distinct port) as ports
    from seen
    group by host
    having count(*) > 1
),
spread as (
    select identity
    from seen cross join settings
    where identity is not null
    group by identity
    having count(distinct host) >= max(from_identity_hosts)
),
answers as (
    select prefix, host, identity, 'answer' as part, banner_hash as body from seen
    where counted and identity is not null and banner_hash is not null
    union all
    select prefix, host, identity, 'page', html_hash from seen
    where counted and identity is not null and html_hash is not null
),
alike as (
    select prefix, part, body
    from answers cross join settings
    group by prefix, part, body
    having count(distinct host) >= max(from_alike_hosts) and count(distinct identity) >= max(from_alike_hosts)
),
reasons as (
    select host, reason, grade from marks
    union all
    select p.host, 'many-makers', 2 from products p cross join settings s where p.makers >= s.from_makers
    union all
    select p.host, 'unrelated-products', 1 from products p cross join settings s
    where p.unrelated >= s.from_unrelated
    union all
    select p.host, 'many-ports', 2 from products p cross join settings s cross join others o
    where p.ports >= s.from_ports and o.n > 0
    union all
    select b.host, 'shared-identity', 1 from seen b join spread k on k.identity = b.identity
    union all
    select a.host, 'alike-answers', 1
    from answers a join alike k on k.prefix = a.prefix and k.part = a.part and k.body = a.body
)
select r.host, r.reason, cast(max(r.grade) as bigint) as grade
from reasons r join hosts h on h.host = r.host
group by r.host, r.reason
