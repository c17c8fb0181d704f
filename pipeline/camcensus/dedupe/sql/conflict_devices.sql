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
--   maker say nothing of brand, model and firmware. Every order is total.
create table conflict_devices as
with sums as (
    select
        device, cast(count(*) as bigint) as n_banners, cast(count(distinct host_id) as bigint) as n_hosts,
        min(seen_at) as first_seen_at, max(seen_at) as last_seen_at
    from conflict_members
    group by device
),
ordered as (
    select
        device, maker,
        row_number() over (
            partition by device
            order by case when maker is null then 1 else 0 end, maker_rank desc, seen_at desc, banner_id
        ) as maker_choice
    from conflict_members
),
makers as (
    select device, maker from ordered where maker_choice = 1
),
own as (
    select
        t.device, t.banner_id, t.seen_at, t.host_id, t.location_id, k.maker as device_maker, t.maker, t.kind,
        t.decoy_rank,
        case when t.maker <> k.maker then null else t.model end as model,
        case when t.maker <> k.maker then null else t.brand end as brand,
        case when t.maker <> k.maker then null else t.firmware end as firmware,
        t.type_rank, t.maker_rank
    from conflict_members t join makers k on k.device = t.device
),
chosen as (
    select
        *,
        row_number() over (
            partition by device
            order by type_rank desc, case when kind is null then 1 else 0 end, seen_at desc, banner_id
        ) as type_choice,
        row_number() over (
            partition by device
            order by case when model is null then 1 else 0 end, maker_rank desc, seen_at desc, banner_id
        ) as model_choice,
        row_number() over (
            partition by device
            order by case when brand is null then 1 else 0 end, maker_rank desc, seen_at desc, banner_id
        ) as brand_choice,
        row_number() over (
            partition by device order by case when firmware is null then 1 else 0 end, seen_at desc, banner_id
        ) as firmware_choice,
        row_number() over (partition by device order by seen_at desc, banner_id) as age_order
    from own
),
best as (
    select
        device,
        max(case when age_order = 1 then host_id end) as host_id,
        max(case when age_order = 1 then location_id end) as location_id,
        coalesce(max(device_maker), 0) as maker,
        max(case when maker is null then 0 else maker_rank end) as maker_rank,
        coalesce(max(case when brand_choice = 1 then brand end), 0) as brand,
        coalesce(max(case when model_choice = 1 then model end), 0) as model,
        coalesce(max(case when type_choice = 1 then kind end), 0) as kind,
        max(type_rank) as type_rank,
        coalesce(max(case when firmware_choice = 1 then firmware end), 0) as firmware,
        max(decoy_rank) as decoy_rank
    from chosen
    group by device
)
select
    b.device, b.host_id, b.location_id, b.maker, b.maker_rank, b.brand, b.model, b.kind, b.type_rank, b.firmware,
    b.decoy_rank, s.n_banners, s.n_hosts, s.first_seen_at, s.last_seen_at
from best b join sums s on s.device = b.device;
