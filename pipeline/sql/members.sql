-- Kept banners with their device, and the decoy grade of their host.
select
    b.file, b.line, b.host, b.ip_version, b.prefix, b.port, b.transport, b.seen, b.country, b.country_second,
    b.maker, b.brand, b.model, b.kind, b.product_type, b.firmware, b.identity,
    coalesce(a.device, b.own_device) as device,
    coalesce(a.rule, case when b.identity is not null then 'identity' else 'alone' end) as rule,
    case b.type_confidence when 'high' then 2 else 1 end as type_rank,
    case b.manufacturer_confidence when 'high' then 3 when 'medium' then 2 when 'low' then 1 else 0 end as maker_rank,
    coalesce(g.grade, 0) as host_decoy
from kept b
left join decoys g on g.host = b.host
left join attached a
    on a.host = b.host and a.identity is not distinct from b.identity and a.maker is not distinct from b.maker
    and a.model is not distinct from b.model and a.kind is not distinct from b.kind
    and a.place = b.place
