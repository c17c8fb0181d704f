-- Grain: a combination of what banners were found to be.
-- Columns: `banner_labels_id`; numbers and texts of maker (the manufacturer where the evidence is sure enough), kind
--   (the product type where it says which), brand, model, firmware (null: not known), and any_maker (the manufacturer
--   however sure); `level`, 2 for those that say most to 9 for those that say nothing.
-- Why: two banners of one level know the same things, so on one host they contradict each other where they differ.
with combinations as (
    select distinct
        manufacturer, manufacturer_confidence, brand, model, product_type, type_confidence, firmware
    from identified
),
meanings as (
    select
        *,
        case when manufacturer_confidence in ('medium', 'high') then manufacturer end as maker_text,
        case when product_type <> 'video' then product_type end as kind_text
    from combinations
),
numbered as (
    select
        *,
        case when manufacturer is not null then dense_rank() over (order by manufacturer nulls last) end as any_maker,
        case when maker_text is not null then dense_rank() over (order by maker_text nulls last) end as maker,
        case when brand is not null then dense_rank() over (order by brand nulls last) end as brand_number,
        case when model is not null then dense_rank() over (order by model nulls last) end as model_number,
        case when kind_text is not null then dense_rank() over (order by kind_text nulls last) end as kind,
        case when firmware is not null then dense_rank() over (order by firmware nulls last) end as firmware_number
    from meanings
)
select
    row_number() over (
        order by
            manufacturer nulls last, manufacturer_confidence nulls last, brand nulls last, model nulls last,
            product_type nulls last, type_confidence nulls last, firmware nulls last
    ) as banner_labels_id,
    manufacturer, manufacturer_confidence, product_type, type_confidence, maker_text, kind_text, brand as brand_text,
    model as model_text, firmware as firmware_text,
    any_maker, maker, brand_number as brand, model_number as model, kind, firmware_number as firmware,
    cast(case type_confidence when 'high' then 2 else 1 end as bigint) as type_rank,
    cast(case manufacturer_confidence when 'high' then 3 when 'medium' then 2 when 'low' then 1 else 0 end as bigint)
        as maker_rank,
    cast(case
        when model is not null and maker is not null and kind is not null then 2
        when model is not null and maker is not null then 3
        when model is not null and kind is not null then 4
        when model is not null then 5
        when maker is not null and kind is not null then 6
        when maker is not null then 7
        when kind is not null then 8
        else 9
    end as bigint) as level
from numbered
