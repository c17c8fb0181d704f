-- Hosts in the largest networks: so many (`tops`), and all (without a `top`). Hosts of unknown network are in none.
with hosts as (
    select distinct h.host_id, h.asn, h.prefix_id
    from device_hosts h
    join called c on c.labels_id = h.labels_id
    join places p on p.location_id = h.location_id
    where c.headline and p.ip_version = 4 and h.decoy_rank <= 2 and p.inside
),
sized as (
    select 'asn' as network_type, asn as network, cast(count(*) as bigint) as hosts
    from hosts
    where asn is not null
    group by asn
    union all
    select 'prefix', prefix_id, cast(count(*) as bigint)
    from hosts
    group by prefix_id
),
placed as (
    select
        network_type, hosts,
        row_number() over (partition by network_type order by hosts desc nulls last, network nulls last) as place
    from sized
),
network_types as (
    select 'asn' as network_type
    union all
    select 'prefix'
)
select
    k.network_type, t.top, cast(count(p.place) as bigint) as n_networks,
    cast(coalesce(sum(p.hosts), 0) as bigint) as n_hosts
from network_types k
cross join tops t
left join placed p on p.network_type = k.network_type and (t.top is null or p.place <= t.top)
group by k.network_type, t.top
order by k.network_type nulls last, t.top nulls last
