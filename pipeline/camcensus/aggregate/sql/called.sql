-- What devices with the same labels are called in the counts: `shown_maker` is what the headline shows, which names
-- nobody by less confidence than it asks for. `headline`: sure enough of the type to be in it. `label` numbers what is
-- called the same.
with shown as (
    select
        y.labels_id,
        case
            when h.min_confidence = 'medium' or y.manufacturer_confidence = 'high'
                then coalesce(y.manufacturer, 'unknown')
            else 'unknown'
        end as shown_maker,
        coalesce(y.brand, 'unknown') as shown_brand,
        y.product_type,
        coalesce(y.model, 'unknown') as shown_model,
        case when y.type_confidence = 'high' then true else false end as high,
        case when h.min_confidence = 'medium' or y.type_confidence = 'high' then true else false end as headline
    from device_labels y cross join headline h
)
select
    labels_id, high, headline, shown_maker, shown_brand, product_type, shown_model,
    dense_rank() over (
        order by shown_maker nulls last, shown_brand nulls last, product_type nulls last, shown_model nulls last
    ) as label
from shown
