-- What devices are called: each combination once, under a number of its own. `maker` is what the headline shows, which
-- names nobody by less confidence than it asks for; `headline`: sure enough of the type to be in it.
with named as (
    select distinct manufacturer, manufacturer_confidence, brand, product_type, model, type_confidence from devices
)
select
    row_number() over (
        order by
            n.manufacturer nulls last, n.manufacturer_confidence nulls last, n.brand nulls last,
            n.product_type nulls last, n.model nulls last, n.type_confidence nulls last
    ) as label,
    n.manufacturer, n.manufacturer_confidence, n.brand as named_brand, n.product_type, n.model as named_model,
    n.type_confidence,
    case
        when h.min_confidence = 'medium' or n.manufacturer_confidence = 'high' then coalesce(n.manufacturer, 'unknown')
        else 'unknown'
    end as shown_maker,
    coalesce(n.brand, 'unknown') as shown_brand,
    coalesce(n.model, 'unknown') as shown_model,
    case when h.min_confidence = 'medium' or n.type_confidence = 'high' then true else false end as headline
from named n cross join headline h
