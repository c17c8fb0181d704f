-- What devices are said to be: each combination once, under a number, in numbers and in words (null: not known; the
-- product type is video where the evidence does not say which). `claim`: what the banner of an undisputed host claims
-- that says most (`level`; 0 elsewhere); it gives the device its id.
with found as (
    select
        coalesce(maker, 0) as maker, case when maker is null then 0 else maker_rank end as maker_rank,
        coalesce(brand, 0) as brand, coalesce(model, 0) as model, coalesce(kind, 0) as kind, type_rank,
        coalesce(firmware, 0) as firmware, level, coalesce(kind, 0) as claimed_kind
    from names
    union
    select maker, maker_rank, brand, model, kind, type_rank, firmware, level, claimed_kind from mixed where not disputed
    union
    select maker, maker_rank, brand, model, kind, type_rank, firmware, 0, 0 from resolved
),
makers as (select maker, max(maker_text) as text from names where maker is not null group by maker),
brands as (select brand, max(brand_text) as text from names where brand is not null group by brand),
models as (select model, max(model_text) as text from names where model is not null group by model),
kinds as (select kind, max(kind_text) as text from names where kind is not null group by kind),
firmwares as (select firmware, max(firmware_text) as text from names where firmware is not null group by firmware)
select
    row_number() over (
        order by f.maker, f.maker_rank, f.brand, f.model, f.kind, f.type_rank, f.firmware, f.level, f.claimed_kind
    ) as says,
    f.*, a.text as manufacturer,
    case f.maker_rank when 3 then 'high' when 2 then 'medium' when 1 then 'low' end as manufacturer_confidence,
    b.text as brand_text, coalesce(k.text, 'video') as product_type,
    case f.type_rank when 2 then 'high' else 'medium' end as type_confidence, m.text as model_text,
    w.text as firmware_text,
    concat(
        '|', case when f.level in (2, 3, 6, 7) then coalesce(a.text, '') else '' end,
        '|', case when f.level <= 5 then coalesce(m.text, '') else '' end,
        '|', case when f.level in (2, 4, 6, 8) then coalesce(c.text, '') else '' end
    ) as claim
from found f
left join makers a on a.maker = f.maker
left join brands b on b.brand = f.brand
left join models m on m.model = f.model
left join kinds k on k.kind = f.kind
left join kinds c on c.kind = f.claimed_kind
left join firmwares w on w.firmware = f.firmware
