-- Grain: one row.
-- Columns: `are_collected`: at least one host in twenty shows a port that is no camera's.
-- Why: queries for cameras bring a few other ports too, and from these nothing follows for the hosts that show none.
create table other_ports as
with shown as (
    select distinct b.host_id from banners_encoded b join hosts h on h.host_id = b.host_id where b.status = 3
),
numbers as (
    select (select count(*) from shown) as n_shown, (select count(*) from hosts) as n_hosts
)
select case when n_shown > 0 and 20 * n_shown >= n_hosts then true else false end as are_collected from numbers;

-- Grain: a sign of a decoy on a host with a kept banner, counted or not, in the window.
-- Columns: `reason`; `reason_rank`, the grade that it has alone, and `decoy_rank`, the host's: 3 certain, 2 likely, 1
--   possible.
-- Why: a host takes the worst grade of its reasons, and is at least likely a decoy for two different ones.
create table honeypot_signals as
with suspicious as (
    -- What is only in the table of banners, of those that can show a sign by it.
    select
        coalesce(i.address, x.host_id) as host_id, coalesce(x.prefix_id, i.address >> 8) as prefix_id, i.is_counted,
        i.identity, i.banner_hash, i.html_hash, i.decoy, i.signatures, i.network_kind
    from identified i
    cross join settings s
    left join ipv6_ids x on x.host = i.host
    where i.seen_at between s.window_start and s.window_end
        and (
            i.decoy is not null or i.network_kind = 'hosting'
            or (i.is_counted and i.identity is not null and (i.banner_hash is not null or i.html_hash is not null))
        )
),
multi_banner_hosts as (
    select distinct host_id from banners_encoded where status in (1, 3)
),
crowded as (
    -- Only on these can there be several makers, or many ports.
    select host_id from multi_label_hosts where has_several_makers
    union
    select h.host_id from hosts h join settings s on h.n_banners >= s.from_ports
    union
    select b.host_id
    from banners_encoded b
    join multi_banner_hosts m on m.host_id = b.host_id
    join banner_labels n on n.banner_labels_id = b.banner_labels_id
    cross join settings s
    where b.status <> 2
    group by b.host_id
    having min(case when b.status <= 1 then n.any_maker end) < max(case when b.status <= 1 then n.any_maker end)
        or max(case when n.product_type in ('other', 'software') then n.any_maker end) is not null
        or count(*) >= max(s.from_ports)
),
products as (
    select
        b.host_id,
        count(distinct case when b.status <= 1 then n.any_maker end) as n_makers,
        count(distinct case when n.product_type in ('other', 'software') then n.any_maker end) as n_unrelated,
        count(distinct b.endpoint_id >> 1) as n_ports
    from banners_encoded b
    join crowded c on c.host_id = b.host_id
    join banner_labels n on n.banner_labels_id = b.banner_labels_id
    where b.status <> 2
    group by b.host_id
),
shared_identities as (
    select h.identity
    from (select distinct identity, host_id from banners_encoded where status <> 2 and identity is not null) h
    cross join settings s
    group by h.identity
    having count(*) >= max(s.from_identity_hosts)
),
answers as (
    select prefix_id, host_id, identity, 'answer' as part, banner_hash as hash from suspicious
    where is_counted and identity is not null and banner_hash is not null
    union all
    select prefix_id, host_id, identity, 'page', html_hash from suspicious
    where is_counted and identity is not null and html_hash is not null
),
frequent as (
    select a.prefix_id, a.part, a.hash
    from answers a cross join settings s
    group by a.prefix_id, a.part, a.hash
    having count(*) >= max(s.from_alike_hosts)
),
alike as (
    select a.prefix_id, a.part, a.hash
    from answers a
    join frequent f on f.prefix_id = a.prefix_id and f.part = a.part and f.hash = a.hash
    cross join settings s
    group by a.prefix_id, a.part, a.hash
    having count(distinct a.host_id) >= max(s.from_alike_hosts)
        and count(distinct a.identity) >= max(s.from_alike_hosts)
),
reasons as (
    -- What identify saw in one banner. That the network is a hosting one is a reason of its own, and the engine's tag
    -- for it no second one; but a second sign next to the tag is.
    select
        host_id, 'banner' as reason, case decoy when 'certain' then 3 when 'likely' then 2 else 1 end as reason_rank
    from suspicious
    where decoy is not null and not (
        decoy = 'possible' and network_kind is not distinct from 'hosting'
        and signatures like '%decoys.tags.cloud%' and signatures not like '%decoys.%decoys.%'
    )
    union all
    select host_id, 'hosting', 1 from suspicious where network_kind = 'hosting'
    union all
    select p.host_id, 'many-makers', 2 from products p cross join settings s where p.n_makers >= s.from_makers
    union all
    select p.host_id, 'unrelated-products', 1 from products p cross join settings s cross join other_ports o
    where p.n_unrelated >= s.from_unrelated and o.are_collected
    union all
    select p.host_id, 'many-ports', 2 from products p cross join settings s cross join other_ports o
    where p.n_ports >= s.from_ports and o.are_collected
    union all
    select b.host_id, 'shared-identity', 1
    from banners_encoded b join shared_identities k on k.identity = b.identity
    where b.status <> 2
    union all
    select a.host_id, 'alike-answers', 1
    from answers a join alike k on k.prefix_id = a.prefix_id and k.part = a.part and k.hash = a.hash
),
graded as (
    select r.host_id, r.reason, cast(max(r.reason_rank) as bigint) as reason_rank
    from reasons r join hosts h on h.host_id = r.host_id
    group by r.host_id, r.reason
)
select
    host_id, reason, reason_rank,
    cast(case
        when count(*) over (partition by host_id) > 1 and max(reason_rank) over (partition by host_id) < 2 then 2
        else max(reason_rank) over (partition by host_id)
    end as bigint) as decoy_rank
from graded;
