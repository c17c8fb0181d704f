-- Grain: a distinct claim of a conflicting host's kept banners: an identity, and what the device is.
-- Columns: `level`: 1 with an identity, then as in `banner_labels`; `is_undisputed`: no claim of the host that says the
--   same kind of thing (a model; a maker and a kind; a maker; a kind) contradicts another.
-- Why: claims join devices level by level (`attached`). A host with one banner without an identity has nothing to
--   settle, and makes none.
with crowded as (
    select host_id from conflict_banners group by host_id having count(*) > 1
),
claimed as (
    select distinct
        b.host_id, b.identity, b.maker, b.model, b.kind, b.place, b.level, b.own_device,
        case when b.level between 2 and 5 then 2 else b.level end as tier
    from conflict_banners b left join crowded c on c.host_id = b.host_id
    where c.host_id is not null or b.identity is not null
)
select
    host_id, identity, maker, model, kind, place, level,
    case
        when min(model) over (partition by host_id, tier) < max(model) over (partition by host_id, tier)
            or min(maker) over (partition by host_id, tier) < max(maker) over (partition by host_id, tier)
            or min(kind) over (partition by host_id, tier) < max(kind) over (partition by host_id, tier)
            then false
        else true
    end as is_undisputed,
    own_device
from claimed
