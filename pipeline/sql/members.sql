-- Kept banners with their device.
with known as (select distinct identity from attached where identity is not null)
select
    b.*, a.device, a.rule,
    case b.type_confidence when 'high' then 2 else 1 end as type_rank,
    case b.manufacturer_confidence when 'high' then 3 when 'medium' then 2 when 'low' then 1 else 0 end as maker_rank,
    max(b.decoy_rank) over (partition by b.host) as host_decoy
from banners b
left join known k on k.identity = b.identity
join attached a
    on a.host = b.host and a.identity is not distinct from k.identity and a.maker is not distinct from b.maker
    and a.model is not distinct from b.model and a.kind is not distinct from b.kind
where b.fate = 'kept'
