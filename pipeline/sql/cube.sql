-- The full cube of the headline, in both scopes. Banners, devices and hosts add up across countries, since each has
-- one; networks do unless they lie `across` several. Nothing adds up across makers, brands,
-- types and models but banners and
-- devices, so hosts and networks that hold several are counted apart for each level.
with summed as (
    select
        s.country, l.shown_maker, l.shown_brand, l.product_type, l.shown_model,
        cast(grouping(l.shown_maker) as bigint) as no_maker, cast(grouping(l.shown_brand) as bigint) as no_brand,
        cast(grouping(l.product_type) as bigint) as no_type, cast(grouping(l.shown_model) as bigint) as no_model,
        cast(sum(s.banners) as bigint) as banners, cast(sum(s.hosts) as bigint) as hosts,
        cast(sum(s.devices) as bigint) as devices, cast(sum(s.prefixes) as bigint) as prefixes,
        cast(sum(s.prefixes) as bigint) as prefixes_inside
    from sums s join labels l on l.label = s.label
    group by grouping sets (
        (s.country), (s.country, l.shown_maker), (s.country, l.shown_brand), (s.country, l.product_type),
        (s.country, l.shown_model), (s.country, l.shown_maker, l.shown_brand),
        (s.country, l.shown_maker, l.product_type), (s.country, l.shown_maker, l.shown_model)
    )
),
apart as (
    select
        o.country, l.shown_maker, l.shown_brand, l.product_type, l.shown_model,
        cast(grouping(l.shown_maker) as bigint) as no_maker, cast(grouping(l.shown_brand) as bigint) as no_brand,
        cast(grouping(l.product_type) as bigint) as no_type, cast(grouping(l.shown_model) as bigint) as no_model,
        0 as banners, cast(count(distinct case when o.unit = 'host' then o.number end) as bigint) as hosts,
        0 as devices,
        cast(count(distinct case when o.unit = 'prefix' then o.number end) as bigint) as prefixes,
        cast(count(distinct case when o.unit = 'prefix' and not o.across then o.number end) as bigint) as
        prefixes_inside
    from owners o join labels l on l.label = o.label
    where not o.alone
    group by grouping sets (
        (o.country), (o.country, l.shown_maker), (o.country, l.shown_brand), (o.country, l.product_type),
        (o.country, l.shown_model), (o.country, l.shown_maker, l.shown_brand),
        (o.country, l.shown_maker, l.product_type), (o.country, l.shown_maker, l.shown_model)
    )
),
scopes as (
    select 'all' as scope
    union all
    select 'study'
),
across as (
    select
        s.scope, l.shown_maker, l.shown_brand, l.product_type, l.shown_model,
        cast(grouping(l.shown_maker) as bigint) as no_maker, cast(grouping(l.shown_brand) as bigint) as no_brand,
        cast(grouping(l.product_type) as bigint) as no_type, cast(grouping(l.shown_model) as bigint) as no_model,
        cast(count(distinct o.number) as bigint) as prefixes
    from owners o
    join labels l on l.label = o.label
    cross join scopes s
    left join left_out x on x.country = o.country
    where o.unit = 'prefix' and o.across and (s.scope = 'all' or x.country is null)
    group by grouping sets (
        (s.scope), (s.scope, l.shown_maker), (s.scope, l.shown_brand), (s.scope, l.product_type),
        (s.scope, l.shown_model), (s.scope, l.shown_maker, l.shown_brand),
        (s.scope, l.shown_maker, l.product_type), (s.scope, l.shown_maker, l.shown_model)
    )
),
countries as (
    select s.scope, c.*
    from (select * from summed union all select * from apart) c
    cross join scopes s
    left join left_out x on x.country = c.country
    where s.scope = 'all' or x.country is null
),
cells as (
    select
        scope, 0 as no_country, country, shown_maker, shown_brand, product_type, shown_model, no_maker, no_brand,
        no_type,
        no_model, banners, hosts, devices, prefixes
    from countries
    where not (no_maker = 0 and no_brand = 0) and not (no_maker = 1 and no_model = 0)
    union all
    select
        scope, 1, null, shown_maker, shown_brand, product_type, shown_model, no_maker, no_brand, no_type, no_model,
        banners, hosts, devices, prefixes_inside
    from countries
    union all
    select
        scope, 1, null, shown_maker, shown_brand, product_type, shown_model, no_maker, no_brand, no_type, no_model,
        0, 0, 0, prefixes
    from across
    union all
    select scope, 1, null, null, null, null, null, 1, 1, 1, 1, 0, 0, 0, 0 from scopes
),
counted as (
    select
        scope, no_country, country, shown_maker, shown_brand, product_type, shown_model, no_maker, no_brand, no_type,
        no_model, cast(sum(banners) as bigint) as banners, cast(sum(hosts) as bigint) as hosts,
        cast(sum(devices) as bigint) as devices, cast(sum(prefixes) as bigint) as prefixes
    from cells
    group by
        scope, country, shown_maker, shown_brand, product_type, shown_model, no_country, no_maker, no_brand, no_type,
        no_model
)
select
    c.scope, c.country, c.shown_maker as manufacturer, c.shown_brand as brand, c.product_type, c.shown_model as model,
    cast(c.no_country as bigint) as no_country, cast(c.no_maker as bigint) as no_manufacturer,
    cast(c.no_brand as bigint) as no_brand, cast(c.no_type as bigint) as no_product_type,
    cast(c.no_model as bigint) as no_model, cast(c.banners as bigint) as n_banners, cast(c.hosts as bigint) as n_hosts,
    cast(c.devices as bigint) as n_devices, cast(c.prefixes as bigint) as n_prefixes,
    g.n_hosts_geo_min, g.n_hosts_geo_max, g.n_hosts_geo_asked
from counted c
left join ranges g
    on c.no_maker = 1 and c.no_brand = 1 and c.no_type = 1 and c.no_model = 1
    and g.scope = c.scope and g.country is not distinct from c.country
order by
    scope nulls last, no_country desc, no_manufacturer desc, no_brand desc, no_product_type desc, no_model desc,
    country nulls last, manufacturer nulls last, brand nulls last, product_type nulls last, model nulls last
