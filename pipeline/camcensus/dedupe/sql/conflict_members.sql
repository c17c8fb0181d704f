-- Grain: a kept banner of a conflicting host.
-- Columns: its `device`, the rule that put it there, and the decoy grade of its host.
-- Why: what is known of these devices, and where they are, is taken from their banners.
with decoys as (
    select distinct host_id, decoy_rank from honeypot_signals
)
select
    b.banner_id, b.host_id, b.endpoint_id, b.seen_at, b.location_id, b.maker, b.brand, b.model, b.kind, b.firmware,
    b.type_rank, b.maker_rank, b.identity, coalesce(a.device, b.own_device) as device,
    coalesce(a.rule, case when b.identity is not null then 'identity' else 'alone' end) as rule,
    coalesce(d.decoy_rank, 0) as decoy_rank
from conflict_banners b
left join decoys d on d.host_id = b.host_id
left join attached a
    on a.host_id = b.host_id and a.identity is not distinct from b.identity and a.maker is not distinct from b.maker
    and a.model is not distinct from b.model and a.kind is not distinct from b.kind
    and a.place = b.place
