-- Grain: a label (`label_id`) at one of the eight levels that are counted within the world or a country.
-- Columns: `value_id` of the label's value at that level, and the value in words (null: outside the level).
-- Why: every level is counted by one number.
with labels as (
    select distinct label_id, manufacturer, brand, product_type, model from count_labels
),
spread as (
    select
        label_id, 1 as level, cast(null as string) as manufacturer, cast(null as string) as brand,
        cast(null as string) as product_type, cast(null as string) as model
    from labels
    union all
    select label_id, 2, manufacturer, null, null, null from labels
    union all
    select label_id, 3, null, brand, null, null from labels
    union all
    select label_id, 4, null, null, product_type, null from labels
    union all
    select label_id, 5, null, null, null, model from labels
    union all
    select label_id, 6, manufacturer, brand, null, null from labels
    union all
    select label_id, 7, manufacturer, null, product_type, null from labels
    union all
    select label_id, 8, manufacturer, null, null, model from labels
)
select
    cast(level as bigint) as level, label_id,
    dense_rank() over (
        order by level nulls last, manufacturer nulls last, brand nulls last, product_type nulls last, model nulls last
    ) as value_id,
    manufacturer, brand, product_type, model
from spread
