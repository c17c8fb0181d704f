-- Grain: a value of a level in a country, or (with a `scope`) in the world.
-- Columns: hosts and prefixes behind the headline that have several labels; `n_prefixes_inside`: those in one country.
-- Why: each counts once for each value. A prefix in several countries counts once in each, and once in the world.
with several as (
    select p.prefix_id as id, false as is_host, h.country_id, h.label_id, p.is_in_several_countries
    from host_labels h join headline_prefixes p on p.prefix_id = h.prefix_id
    where h.is_headline and not p.has_one_label
    union all
    select host_id, true, country_id, label_id, false from host_labels where is_headline and not is_only_label
),
valued as (
    select distinct s.id, s.is_host, s.country_id, s.is_in_several_countries, v.value_id
    from several s
    join levels v on v.label_id = s.label_id
    join current_level t on t.level = v.level
),
worldwide as (
    select distinct v.id, v.value_id, s.scope
    from valued v join scopes s on s.country_id = v.country_id
    where v.is_in_several_countries
)
select
    value_id, '' as scope, country_id, cast(sum(case when is_host then 1 else 0 end) as bigint) as n_hosts,
    cast(sum(case when is_host then 0 else 1 end) as bigint) as n_prefixes,
    cast(sum(case when is_host or is_in_several_countries then 0 else 1 end) as bigint) as n_prefixes_inside
from valued
group by value_id, country_id
union all
select value_id, scope, 0, 0, cast(count(*) as bigint), 0 from worldwide group by value_id, scope
