-- Hosts in the largest networks: so many (`tops`), and all (without a `top`). Hosts of unknown network are in none.
with sized as (
    select 'asn' as network_type, asn as network, cast(count(*) as bigint) as hosts
    from headline_hosts
    where asn is not null
    group by asn
    union all
    select 'prefix', prefix, cast(count(*) as bigint)
    from headline_hosts
    group by prefix
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
