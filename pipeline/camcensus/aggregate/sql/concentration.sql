-- Grain: so many of the largest networks (`tops`) of a type, or all of them (without a `top`).
-- Columns: as in the table `concentration`.
-- Why: how few networks hold most hosts. Hosts of unknown network are in none.
with hosts as (
    select distinct h.host_id, h.asn, h.prefix_id
    from device_hosts h
    join count_labels c on c.labels_id = h.labels_id
    join locations l on l.location_id = h.location_id
    join countries k on k.country_id = l.country_id
    where c.is_enough and l.ip_version = 4 and h.decoy_rank <= 2 and k.is_in_study
),
sized as (
    select 'asn' as network_type, asn as network, cast(count(*) as bigint) as n_hosts
    from hosts
    where asn is not null
    group by asn
    union all
    select 'prefix', prefix_id, cast(count(*) as bigint)
    from hosts
    group by prefix_id
),
ranked as (
    select
        network_type, n_hosts,
        row_number() over (partition by network_type order by n_hosts desc nulls last, network nulls last) as ranking
    from sized
),
network_types as (
    select 'asn' as network_type
    union all
    select 'prefix'
)
select
    k.network_type, t.top, cast(count(r.ranking) as bigint) as n_networks,
    cast(coalesce(sum(r.n_hosts), 0) as bigint) as n_hosts
from network_types k
cross join tops t
left join ranked r on r.network_type = k.network_type and (t.top is null or r.ranking <= t.top)
group by k.network_type, t.top
order by k.network_type nulls last, t.top nulls last
