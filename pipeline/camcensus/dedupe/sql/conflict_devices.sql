-- Grain: a kept banner of a conflicting host.
-- Columns: its `device`, the rule that put it there, and the decoy grade of its host.
-- Why: what is known of these devices, and where they are, is taken from their banners.
create table conflict_members as
with decoys as (
    select distinct host_id, decoy_rank from honeypot_signals
)
select
    b.banner_id, b.host_id, b.endpoint_id, b.seen_at, b.location_id, b.maker, b.brand, b.model, b.kind, b.firmware,
    b.type_rank, b.maker_rank, b.identity, coalesce(a.device, b.own_device) as device,
    coalesce(a.rule, case when b.identity is not null then 'identity' else 'alone' end) as rule,
    coalesce(d.decoy_rank, 0) as decoy_rank
from conflict_banners b
left join decoys d on d.host_id = b.host_id
left join attached a
    on a.host_id = b.host_id and a.identity is not distinct from b.identity and a.maker is not distinct from b.maker
    and a.model is not distinct from b.model and a.kind is not distinct from b.kind
    and a.place = b.place;

-- Grain: a device of conflicting hosts.
-- Columns: its labels (0: not known), the host and location of its latest banner, and sums over its banners.
-- Why: type, maker, brand and model come from the strongest evidence, then the most specific; firmware from the latest
--   banner; the decoy grade is the worst of its hosts. Banners of one identity may name two makers: those of the other
--   maker say nothing of brand, model and firmware. Every order is total (`newness`: the latest banner of a device
--   has the largest); most devices need none, since nothing that their banners know differs.
create table conflict_devices as
with gathered as (
    select
        device, cast(count(*) as bigint) as n_banners, min(seen_at) as first_seen_at, max(seen_at) as last_seen_at,
        max(host_id) as host_id, max(location_id) as location_id, coalesce(max(maker), 0) as maker,
        max(case when maker is null then 0 else maker_rank end) as maker_rank, coalesce(max(brand), 0) as brand,
        coalesce(max(model), 0) as model, coalesce(max(kind), 0) as kind, max(type_rank) as type_rank,
        coalesce(max(firmware), 0) as firmware, max(decoy_rank) as decoy_rank,
        case
            when min(host_id) < max(host_id) or min(location_id) < max(location_id) or min(maker) < max(maker)
                or min(brand) < max(brand) or min(model) < max(model) or min(kind) < max(kind)
                or min(type_rank) < max(type_rank) or min(firmware) < max(firmware)
                then true
            else false
        end as is_disputed
    from conflict_members
    group by device
),
disputed as (
    select
        t.device, t.host_id, t.location_id, t.maker, t.brand, t.model, t.kind, t.firmware, t.type_rank, t.maker_rank,
        4294967296 - row_number() over (
            partition by t.device order by t.seen_at desc nulls last, t.banner_id
        ) as newness
    from conflict_members t join gathered g on g.device = t.device
    where g.is_disputed
),
surest as (
    select device, max(maker_rank * 4294967296 + newness) as maker_order
    from disputed
    where maker is not null
    group by device
),
makers as (
    select t.device, t.maker
    from disputed t
    join surest s on s.device = t.device and s.maker_order = t.maker_rank * 4294967296 + t.newness
),
own as (
    select
        t.device, t.host_id, t.location_id, t.kind,
        case when t.maker <> k.maker then null else t.model end as model,
        case when t.maker <> k.maker then null else t.brand end as brand,
        case when t.maker <> k.maker then null else t.firmware end as firmware,
        k.maker, t.newness, t.maker_rank * 4294967296 + t.newness as maker_order,
        (2 * t.type_rank + case when t.kind is null then 0 else 1 end) * 4294967296 + t.newness as type_order
    from disputed t left join makers k on k.device = t.device
),
chosen as (
    select
        device, max(newness) as newest, max(type_order) as type_choice,
        max(case when model is not null then maker_order end) as model_choice,
        max(case when brand is not null then maker_order end) as brand_choice,
        max(case when firmware is not null then newness end) as firmware_choice
    from own
    group by device
),
best as (
    select
        o.device, coalesce(max(o.maker), 0) as maker,
        max(case when o.newness = c.newest then o.host_id end) as host_id,
        max(case when o.newness = c.newest then o.location_id end) as location_id,
        coalesce(max(case when o.maker_order = c.brand_choice then o.brand end), 0) as brand,
        coalesce(max(case when o.maker_order = c.model_choice then o.model end), 0) as model,
        coalesce(max(case when o.type_order = c.type_choice then o.kind end), 0) as kind,
        coalesce(max(case when o.newness = c.firmware_choice then o.firmware end), 0) as firmware,
        cast(count(distinct o.host_id) as bigint) as n_hosts
    from own o join chosen c on c.device = o.device
    group by o.device
)
select
    device, host_id, location_id, maker, maker_rank, brand, model, kind, type_rank, firmware, decoy_rank, n_banners,
    cast(1 as bigint) as n_hosts, first_seen_at, last_seen_at
from gathered
where not is_disputed
union all
select
    b.device, b.host_id, b.location_id, b.maker, g.maker_rank, b.brand, b.model, b.kind, g.type_rank, b.firmware,
    g.decoy_rank, g.n_banners, b.n_hosts, g.first_seen_at, g.last_seen_at
from best b
join gathered g on g.device = b.device;
