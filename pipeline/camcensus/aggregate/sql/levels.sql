-- The levels that labels are counted at within the world or a country: the value of each label at each, in a number and
-- in words (null: outside the level).
with labels as (
    select distinct label, shown_maker, shown_brand, product_type, shown_model from called
),
spread as (
    select label, 1 as level, null as maker, null as brand, null as kind, null as model from labels
    union all
    select label, 2, shown_maker, null, null, null from labels
    union all
    select label, 3, null, shown_brand, null, null from labels
    union all
    select label, 4, null, null, product_type, null from labels
    union all
    select label, 5, null, null, null, shown_model from labels
    union all
    select label, 6, shown_maker, shown_brand, null, null from labels
    union all
    select label, 7, shown_maker, null, product_type, null from labels
    union all
    select label, 8, shown_maker, null, null, shown_model from labels
)
select
    cast(level as bigint) as level, label,
    dense_rank() over (
        order by level, maker nulls last, brand nulls last, kind nulls last, model nulls last
    ) as value,
    maker as manufacturer, brand, kind as product_type, model
from spread
