-- Grain: so many of the largest networks (`tops`) of a type, or all of them (without a `top`).
-- Columns: as in the table `concentration`.
-- Why: how few networks hold most hosts. Hosts of unknown network are in none.
with headline_rows as (
    select h.host_id, h.asn, h.prefix_id, h.is_only_row
    from device_hosts h
    join count_labels c on c.labels_id = h.labels_id
    join locations l on l.location_id = h.location_id
    join countries k on k.country_id = l.country_id
    where c.is_enough and l.ip_version = 4 and h.decoy_rank <= 2 and k.is_in_study
),
hosts as (
    select asn, prefix_id from headline_rows where is_only_row
    union all
    select asn, prefix_id
    from (select distinct host_id, asn, prefix_id from headline_rows where not is_only_row) several
),
sized as (
    select 'asn' as network_type, cast(count(*) as bigint) as n_hosts
    from hosts
    where asn is not null
    group by asn
    union all
    select 'prefix', cast(count(*) as bigint)
    from hosts
    group by prefix_id
),
sizes as (
    select network_type, n_hosts, cast(count(*) as bigint) as n_networks from sized group by network_type, n_hosts
),
ranked as (
    -- Networks of one size have the same effect, so it is enough how many there are, and how many are not smaller.
    select
        network_type, n_hosts, n_networks,
        cast(sum(n_networks) over (partition by network_type order by n_hosts desc nulls last) as bigint) as n_so_far
    from sizes
),
network_types as (
    select 'asn' as network_type
    union all
    select 'prefix'
),
taken as (
    select
        k.network_type, t.top, r.n_hosts,
        case
            when t.top is null or r.n_so_far <= t.top then r.n_networks
            when r.n_so_far - r.n_networks < t.top then t.top - (r.n_so_far - r.n_networks)
            else 0
        end as n_networks
    from network_types k
    cross join tops t
    left join ranked r on r.network_type = k.network_type
)
select
    network_type, top, cast(coalesce(sum(n_networks), 0) as bigint) as n_networks,
    cast(coalesce(sum(n_hosts * n_networks), 0) as bigint) as n_hosts
from taken
group by network_type, top
order by network_type nulls last, top nulls last
