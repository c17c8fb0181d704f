-- The full cube of one variant: each cell is counted on its own, since hosts and prefixes do not add up.
select
    country, manufacturer, brand, product_type, model,
    cast(grouping(country) as bigint) as no_country,
    cast(grouping(manufacturer) as bigint) as no_manufacturer,
    cast(grouping(brand) as bigint) as no_brand,
    cast(grouping(product_type) as bigint) as no_product_type,
    cast(grouping(model) as bigint) as no_model,
    cast(coalesce(sum(case when unit = 'banner' then 1 else 0 end), 0) as bigint) as n_banners,
    cast(count(distinct case when unit = 'banner' then host end) as bigint) as n_hosts,
    cast(coalesce(sum(case when unit = 'device' then 1 else 0 end), 0) as bigint) as n_devices,
    cast(count(distinct prefix) as bigint) as n_prefixes
from selected
group by grouping sets (
    (), (country), (manufacturer), (brand), (product_type), (model), (country, manufacturer), (country, brand),
    (country, product_type), (manufacturer, brand), (manufacturer, product_type), (manufacturer, model),
    (country, manufacturer, product_type), (country, manufacturer, model)
)
order by
    no_country desc, no_manufacturer desc, no_brand desc, no_product_type desc, no_model desc,
    country nulls last, manufacturer nulls last, brand nulls last, product_type nulls last, model nulls last
