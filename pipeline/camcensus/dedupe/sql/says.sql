-- What devices are said to be: each combination once, under a number, in numbers (0: not known) and in words (null: not
-- known; the product type is video where the evidence does not say which). `claim`: what the banner of an undisputed
-- host claims that says most (`level`; 0 elsewhere); it gives the device its id.
with found as (
    select
        coalesce(maker, 0) as maker_no, case when maker is null then 0 else maker_rank end as maker_rank,
        coalesce(brand, 0) as brand_no, coalesce(model, 0) as model_no, coalesce(kind, 0) as kind_no, type_rank,
        coalesce(firmware, 0) as firmware_no, level, coalesce(kind, 0) as claimed_no
    from names
    union
    select maker_no, maker_rank, brand_no, model_no, kind_no, type_rank, firmware_no, level, claimed_no
    from mixed
    where not disputed
    union
    select maker_no, maker_rank, brand_no, model_no, kind_no, type_rank, firmware_no, 0, 0 from resolved
),
makers as (select maker as maker_no, max(maker_text) as word from names group by maker),
brands as (select brand as brand_no, max(brand_text) as word from names group by brand),
models as (select model as model_no, max(model_text) as word from names group by model),
kinds as (select kind as kind_no, max(kind_text) as word from names group by kind),
firmwares as (select firmware as firmware_no, max(firmware_text) as word from names group by firmware)
select
    row_number() over (
        order by
            f.maker_no, f.maker_rank, f.brand_no, f.model_no, f.kind_no, f.type_rank, f.firmware_no, f.level,
            f.claimed_no
    ) as says,
    dense_rank() over (
        order by f.maker_no, f.maker_rank, f.brand_no, f.model_no, f.kind_no, f.type_rank, f.firmware_no
    ) as labels_id,
    f.*, a.word as manufacturer,
    case f.maker_rank when 3 then 'high' when 2 then 'medium' when 1 then 'low' end as manufacturer_confidence,
    b.word as brand, coalesce(k.word, 'video') as product_type,
    case f.type_rank when 2 then 'high' else 'medium' end as type_confidence, m.word as model, w.word as firmware,
    concat(
        '|', case when f.level in (2, 3, 6, 7) then coalesce(a.word, '') else '' end,
        '|', case when f.level <= 5 then coalesce(m.word, '') else '' end,
        '|', case when f.level in (2, 4, 6, 8) then coalesce(c.word, '') else '' end
    ) as claim
from found f
left join makers a on a.maker_no = f.maker_no
left join brands b on b.brand_no = f.brand_no
left join models m on m.model_no = f.model_no
left join kinds k on k.kind_no = f.kind_no
left join kinds c on c.kind_no = f.claimed_no
left join firmwares w on w.firmware_no = f.firmware_no
