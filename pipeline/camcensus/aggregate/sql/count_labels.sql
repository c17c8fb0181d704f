-- Grain: a country.
-- Columns: `country_id`; `is_in_study`: the study does not leave it out.
-- Why: counts group by the number.
create table countries as
select distinct
    l.country_id, l.country, case when o.country is null then true else false end as is_in_study
from locations l left join left_out o on o.country = l.country;

-- Grain: a scope (all; study) and a country in it.
-- Columns: `country_id` and `country`.
-- Why: the study's scope is without the countries that it leaves out.
create table scopes as
select 'all' as scope, country_id, country from countries
union all
select 'study', country_id, country from countries where is_in_study;

-- Grain: a combination of what devices are found to be (`labels_id`).
-- Columns: what they are called in the counts, which name no maker by less confidence than the study asks for;
--   `label_id` of what is called the same; whether type confidence is high, and enough for the headline.
-- Why: counts group by these names.
create table count_labels as
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
from names;

-- Grain: a label (`label_id`) at one of the eight levels that are counted within the world or a country.
-- Columns: `value_id` of the label's value at that level, and the value in words (null: outside the level).
-- Why: every level is counted by one number.
create table levels as
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
from spread;
