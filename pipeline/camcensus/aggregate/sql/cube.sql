-- Grain: a scope and country; without a country, the world.
-- Columns: hosts behind the headline that both location sources put there, that either does, and that the first does
--   with a second opinion; for the world, hosts on whose country both agree, all hosts, and hosts with a second
--   opinion.
-- Why: how far a country's number depends on the location source. A scope leaves out hosts by their own country,
--   wherever the second source puts them.
create table geo_range as
with hosts as (
    select max(location_id) as location_id
    from host_labels
    where is_headline and not is_only_label
    group by host_id, country_id
    union all
    select location_id from host_labels where is_headline and is_only_label
),
by_location as (
    select location_id, cast(count(*) as bigint) as n_hosts from hosts group by location_id
),
claims as (
    select
        p.country as country, p.country as claimed,
        case when p.country_second = p.country then h.n_hosts else 0 end as n_both,
        h.n_hosts as n_first, h.n_hosts as n_either,
        case when p.country_second is null then 0 else h.n_hosts end as n_second
    from by_location h join locations p on p.location_id = h.location_id
    union all
    select p.country, p.country_second, 0, 0, h.n_hosts, 0
    from by_location h join locations p on p.location_id = h.location_id
    where p.country_second is not null and p.country_second <> p.country
),
scoped as (
    select s.scope, c.claimed, c.n_both, c.n_first, c.n_either, c.n_second
    from claims c join scopes s on s.country = c.country
),
sides as (
    select scope, claimed as country, n_both, n_either, n_second from scoped
    union all
    select scope, null, n_both, n_first, n_second from scoped
    union all
    select distinct scope, null, 0, 0, 0 from variants
)
select
    scope, country,
    cast(sum(n_both) as bigint) as n_hosts_geo_min,
    cast(sum(n_either) as bigint) as n_hosts_geo_max,
    cast(sum(n_second) as bigint) as n_hosts_geo_asked
from sides
group by scope, country;

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
scoped as (
    select
        s.scope, s.country, c.value_id, c.n_banners, c.n_hosts, c.n_devices, c.n_prefixes, c.n_prefixes_inside
    from by_country c join scopes s on s.country_id = c.country_id
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
