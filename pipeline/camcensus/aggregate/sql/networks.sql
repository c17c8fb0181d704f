-- Grain: a kind of network, in the world or a country, in either scope.
-- Columns: as in the table `networks`.
-- Why: a host has one kind and one country, and a device those of its latest host, so all that is counted here adds up.
with host_counts as (
    select
        country_id, network_kind_rank as network_kind, cast(sum(n_banners) as bigint) as n_banners,
        cast(count(*) as bigint) as n_hosts
    from host_labels
    where is_headline and is_only_label
    group by country_id, network_kind_rank
    union all
    select country_id, network_kind_rank, cast(sum(n_banners) as bigint), cast(count(distinct host_id) as bigint)
    from host_labels
    where is_headline and not is_only_label
    group by country_id, network_kind_rank
),
parts as (
    select country_id, network_kind, n_banners, n_hosts, 0 as n_devices from host_counts
    union all
    select country_id, network_kind_rank, 0, 0, cast(sum(n_devices) as bigint)
    from device_counts
    where is_headline
    group by country_id, network_kind_rank
),
scoped as (
    select s.scope, s.country, p.network_kind, p.n_banners, p.n_hosts, p.n_devices
    from parts p join scopes s on s.country_id = p.country_id
),
cells as (
    select scope, 'country' as level, country, network_kind, n_banners, n_hosts, n_devices from scoped
    union all
    select scope, 'world', null, network_kind, n_banners, n_hosts, n_devices from scoped
)
select
    scope, level, country,
    case network_kind when 3 then 'hosting' when 2 then 'mobile' when 1 then 'fixed' else 'unknown' end
        as network_kind,
    cast(sum(n_banners) as bigint) as n_banners, cast(sum(n_hosts) as bigint) as n_hosts,
    cast(sum(n_devices) as bigint) as n_devices
from cells
group by scope, level, country, network_kind
order by scope nulls last, level desc nulls last, country nulls last, network_kind nulls last
