-- Kept banners of disputed hosts with their device, and the decoy grade of their host.
select
    t.sight, t.host, t.door, t.seen, t.spot, t.maker, t.brand, t.model, t.kind, t.firmware, t.type_rank, t.maker_rank,
    t.identity, coalesce(a.device, t.own_device) as device,
    coalesce(a.rule, case when t.identity is not null then 'identity' else 'alone' end) as rule,
    coalesce(g.grade, 0) as grade
from told t
left join decoys g on g.host = t.host
left join attached a
    on a.host = t.host and a.identity is not distinct from t.identity and a.maker is not distinct from t.maker
    and a.model is not distinct from t.model and a.kind is not distinct from t.kind
    and a.place = t.place
