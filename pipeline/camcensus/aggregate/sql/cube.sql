-- The full cube of the headline, in both scopes. Banners, devices and hosts add up across countries, since each has
-- one; networks do unless they lie `across` several. Nothing adds up across makers, brands, types and models but
-- banners and devices, so hosts and networks that hold several are counted apart for each level.
with added as (
    select s.land, v.value, s.banners, s.hosts, s.devices, s.prefixes, s.prefixes as prefixes_inside
    from sums s join levels v on v.label = s.label
    union all
    select land, value, 0, hosts, 0, prefixes, prefixes_inside from apart where scope = ''
),
countries as (
    select
        land, value, cast(sum(banners) as bigint) as banners, cast(sum(hosts) as bigint) as hosts,
        cast(sum(devices) as bigint) as devices, cast(sum(prefixes) as bigint) as prefixes,
        cast(sum(prefixes_inside) as bigint) as prefixes_inside
    from added
    group by land, value
),
scopes as (
    select 'all' as scope
    union all
    select 'study'
),
scoped as (
    select s.scope, l.country, c.value, c.banners, c.hosts, c.devices, c.prefixes, c.prefixes_inside
    from countries c
    join lands l on l.land = c.land
    cross join scopes s
    where s.scope = 'all' or l.inside
),
worlds as (
    select scope, value, banners, hosts, devices, prefixes_inside as prefixes from scoped
    union all
    select scope, value, 0, 0, 0, prefixes from apart where scope <> ''
),
meant as (
    select distinct level, value, manufacturer, brand, product_type, model from levels
),
cells as (
    select scope, 0 as no_country, country, value, banners, hosts, devices, prefixes from scoped
    union all
    select
        scope, 1, null, value, cast(sum(banners) as bigint), cast(sum(hosts) as bigint), cast(sum(devices) as bigint),
        cast(sum(prefixes) as bigint)
    from worlds
    group by scope, value
),
named as (
    select
        c.scope, c.no_country, c.country, m.level, m.manufacturer, m.brand, m.product_type, m.model, c.banners,
        c.hosts, c.devices, c.prefixes
    from cells c join meant m on m.value = c.value
    where c.no_country = 1 or m.level in (1, 2, 3, 4, 7, 8)
    union all
    -- A country that only the second source names, and a world in which there is nothing.
    select g.scope, case when g.country is null then 1 else 0 end, g.country, 1, null, null, null, null, 0, 0, 0, 0
    from ranges g
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
    cast(n.banners as bigint) as n_banners, cast(n.hosts as bigint) as n_hosts,
    cast(n.devices as bigint) as n_devices, cast(n.prefixes as bigint) as n_prefixes,
    g.n_hosts_geo_min, g.n_hosts_geo_max, g.n_hosts_geo_asked
from named n
left join ranges g on n.level = 1 and g.scope = n.scope and g.country is not distinct from n.country
order by
    scope nulls last, no_country desc, no_manufacturer desc, no_brand desc, no_product_type desc, no_model desc,
    country nulls last, manufacturer nulls last, brand nulls last, product_type nulls last, model nulls last
