-- The headline by kind of network, in the world and each country, in both scopes. A host has one kind and one country,
-- and a device those of its latest host, so all that is counted here adds up.
with hosts_of as (
    select
        land, network_kind_rank as network_kind, cast(sum(banners) as bigint) as banners,
        cast(count(*) as bigint) as hosts
    from facts
    where picked and alone
    group by land, network_kind_rank
    union all
    select land, network_kind_rank, cast(sum(banners) as bigint), cast(count(distinct host) as bigint)
    from facts
    where picked and not alone
    group by land, network_kind_rank
),
parts as (
    select land, network_kind, banners, hosts, 0 as devices from hosts_of
    union all
    select land, network_kind_rank, 0, 0, cast(sum(devices) as bigint)
    from counted_devices
    where picked
    group by land, network_kind_rank
),
scopes as (
    select 'all' as scope
    union all
    select 'study'
),
scoped as (
    select s.scope, l.country, p.network_kind, p.banners, p.hosts, p.devices
    from parts p
    join lands l on l.land = p.land
    cross join scopes s
    where s.scope = 'all' or l.inside
),
cells as (
    select scope, 'country' as level, country, network_kind, banners, hosts, devices from scoped
    union all
    select scope, 'world', null, network_kind, banners, hosts, devices from scoped
)
select
    scope, level, country,
    case network_kind when 3 then 'hosting' when 2 then 'mobile' when 1 then 'fixed' else 'unknown' end
        as network_kind,
    cast(sum(banners) as bigint) as n_banners, cast(sum(hosts) as bigint) as n_hosts,
    cast(sum(devices) as bigint) as n_devices
from cells
group by scope, level, country, network_kind
order by scope nulls last, level desc nulls last, country nulls last, network_kind nulls last
