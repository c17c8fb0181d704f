-- Grain: a cell of the headline's full cube, in either scope.
-- Columns: as in the table `counts`; `no_country` and its like: 1 where the cell does not group by it.
-- Why: banners, devices and hosts add up across countries, since each has one; prefixes do unless they are in several.
--   Nothing but banners and devices adds up across makers, brands, types and models, so hosts and prefixes with several
--   labels come from `multi_label_counts`.
with single as (
    select
        country_id, label_id, sum(n_banners) as n_banners, sum(case when is_only_label then 1 else 0 end) as n_hosts,
        0 as n_devices, 0 as n_prefixes
    from host_labels
    where is_headline
    group by country_id, label_id
    union all
    select country_id, label_id, 0, 0, sum(n_devices), 0
    from device_counts
    where is_headline
    group by country_id, label_id
    union all
    select country_id, label_id, 0, 0, 0, count(*)
    from headline_prefixes
    where has_one_label
    group by country_id, label_id
),
sums as (
    select
        country_id, label_id, cast(sum(n_banners) as bigint) as n_banners, cast(sum(n_hosts) as bigint) as n_hosts,
        cast(sum(n_devices) as bigint) as n_devices, cast(sum(n_prefixes) as bigint) as n_prefixes
    from single
    group by country_id, label_id
),
added as (
    select
        s.country_id, v.value_id, s.n_banners, s.n_hosts, s.n_devices, s.n_prefixes, s.n_prefixes as n_prefixes_inside
    from sums s join levels v on v.label_id = s.label_id
    union all
    select country_id, value_id, 0, n_hosts, 0, n_prefixes, n_prefixes_inside from multi_label_counts where scope = ''
),
by_country as (
    select
        country_id, value_id, cast(sum(n_banners) as bigint) as n_banners, cast(sum(n_hosts) as bigint) as n_hosts,
        cast(sum(n_devices) as bigint) as n_devices, cast(sum(n_prefixes) as bigint) as n_prefixes,
        cast(sum(n_prefixes_inside) as bigint) as n_prefixes_inside
    from added
    group by country_id, value_id
),
scopes as (
    select 'all' as scope
    union all
    select 'study'
),
scoped as (
    select
        s.scope, k.country, c.value_id, c.n_banners, c.n_hosts, c.n_devices, c.n_prefixes, c.n_prefixes_inside
    from by_country c
    join countries k on k.country_id = c.country_id
    cross join scopes s
    where s.scope = 'all' or k.is_in_study
),
worldwide as (
    select scope, value_id, n_banners, n_hosts, n_devices, n_prefixes_inside as n_prefixes from scoped
    union all
    select scope, value_id, 0, 0, 0, n_prefixes from multi_label_counts where scope <> ''
),
level_values as (
    select distinct level, value_id, manufacturer, brand, product_type, model from levels
),
cells as (
    select scope, 0 as no_country, country, value_id, n_banners, n_hosts, n_devices, n_prefixes from scoped
    union all
    select
        scope, 1, null, value_id, cast(sum(n_banners) as bigint), cast(sum(n_hosts) as bigint),
        cast(sum(n_devices) as bigint), cast(sum(n_prefixes) as bigint)
    from worldwide
    group by scope, value_id
),
named as (
    select
        c.scope, c.no_country, c.country, v.level, v.manufacturer, v.brand, v.product_type, v.model, c.n_banners,
        c.n_hosts, c.n_devices, c.n_prefixes
    from cells c join level_values v on v.value_id = c.value_id
    where c.no_country = 1 or v.level in (1, 2, 3, 4, 7, 8)
    union all
    -- A country that only the second source names, and a world in which there is nothing.
    select g.scope, case when g.country is null then 1 else 0 end, g.country, 1, null, null, null, null, 0, 0, 0, 0
    from geo_range g
    left join (select distinct scope, country, no_country from cells) c
        on c.scope = g.scope and c.country is not distinct from g.country
    left join left_out o on o.country = g.country
    where c.scope is null and (g.scope = 'all' or o.country is null)
)
select
    n.scope, n.country, n.manufacturer, n.brand, n.product_type, n.model,
    cast(n.no_country as bigint) as no_country,
    cast(case when n.level in (2, 6, 7, 8) then 0 else 1 end as bigint) as no_manufacturer,
    cast(case when n.level in (3, 6) then 0 else 1 end as bigint) as no_brand,
    cast(case when n.level in (4, 7) then 0 else 1 end as bigint) as no_product_type,
    cast(case when n.level in (5, 8) then 0 else 1 end as bigint) as no_model,
    cast(n.n_banners as bigint) as n_banners, cast(n.n_hosts as bigint) as n_hosts,
    cast(n.n_devices as bigint) as n_devices, cast(n.n_prefixes as bigint) as n_prefixes,
    g.n_hosts_geo_min, g.n_hosts_geo_max, g.n_hosts_geo_asked
from named n
left join geo_range g on n.level = 1 and g.scope = n.scope and g.country is not distinct from n.country
order by
    scope nulls last, no_country desc, no_manufacturer desc, no_brand desc, no_product_type desc, no_model desc,
    country nulls last, manufacturer nulls last, brand nulls last, product_type nulls last, model nulls last
