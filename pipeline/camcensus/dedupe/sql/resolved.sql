-- Devices of disputed hosts. Type, maker, brand and model come from the strongest evidence, then the most specific;
-- place and firmware from the latest sight; the decoy grade is the worst of its hosts. Every order is total.
-- Banners of one identity may name two makers: those of the other maker say nothing of brand, model and firmware.
with sums as (
    select
        device, cast(count(*) as bigint) as n_banners, cast(count(distinct host) as bigint) as n_hosts,
        min(seen) as first_seen, max(seen) as last_seen
    from members
    group by device
),
ordered as (
    select
        *,
        row_number() over (
            partition by device
            order by case when maker is null then 1 else 0 end, maker_rank desc, seen desc, sight
        ) as maker_place
    from members
),
makers as (
    select device, maker from ordered where maker_place = 1
),
own as (
    select
        t.device, t.sight, t.seen, t.host, t.spot, k.maker as device_maker, t.maker, t.kind, t.grade,
        case when t.maker <> k.maker then null else t.model end as model,
        case when t.maker <> k.maker then null else t.brand end as brand,
        case when t.maker <> k.maker then null else t.firmware end as firmware,
        t.type_rank, t.maker_rank
    from members t join makers k on k.device = t.device
),
placed as (
    select
        *,
        row_number() over (
            partition by device
            order by type_rank desc, case when kind is null then 1 else 0 end, seen desc, sight
        ) as type_place,
        row_number() over (
            partition by device
            order by case when model is null then 1 else 0 end, maker_rank desc, seen desc, sight
        ) as model_place,
        row_number() over (
            partition by device
            order by case when brand is null then 1 else 0 end, maker_rank desc, seen desc, sight
        ) as brand_place,
        row_number() over (
            partition by device order by case when firmware is null then 1 else 0 end, seen desc, sight
        ) as firmware_place,
        row_number() over (partition by device order by seen desc, sight) as age
    from own
),
best as (
    select
        device,
        max(case when age = 1 then host end) as host,
        max(case when age = 1 then spot end) as spot,
        coalesce(max(device_maker), 0) as maker_no,
        max(case when maker is null then 0 else maker_rank end) as maker_rank,
        coalesce(max(case when brand_place = 1 then brand end), 0) as brand_no,
        coalesce(max(case when model_place = 1 then model end), 0) as model_no,
        coalesce(max(case when type_place = 1 then kind end), 0) as kind_no,
        max(type_rank) as type_rank,
        coalesce(max(case when firmware_place = 1 then firmware end), 0) as firmware_no,
        max(grade) as grade
    from placed
    group by device
)
select
    b.device, b.host, b.spot, b.maker_no, b.maker_rank, b.brand_no, b.model_no, b.kind_no, b.type_rank, b.firmware_no,
    b.grade, s.n_banners, s.n_hosts, s.first_seen, s.last_seen
from best b join sums s on s.device = b.device
