-- Grain: a combination of what devices are found to be (`labels_id`).
-- Columns: what they are called in the counts, which name no maker by less confidence than the study asks for;
--   `label_id` of what is called the same; whether type confidence is high, and enough for the headline.
-- Why: counts group by these names.
with names as (
    select
        y.labels_id,
        case
            when h.min_confidence = 'medium' or y.manufacturer_confidence = 'high'
                then coalesce(y.manufacturer, 'unknown')
            else 'unknown'
        end as manufacturer,
        coalesce(y.brand, 'unknown') as brand,
        y.product_type,
        coalesce(y.model, 'unknown') as model,
        case when y.type_confidence = 'high' then true else false end as is_high,
        case when h.min_confidence = 'medium' or y.type_confidence = 'high' then true else false end as is_enough
    from device_labels y cross join headline h
)
select
    labels_id, is_high, is_enough, manufacturer, brand, product_type, model,
    dense_rank() over (
        order by manufacturer nulls last, brand nulls last, product_type nulls last, model nulls last
    ) as label_id
from names
