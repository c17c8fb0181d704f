-- What the kept banners of a disputed host claim to be, each distinct claim once. `level` orders claims: first those
-- with an identity, then from those that say most (`names`). `alone`: no claim on the host that says the same kind of
-- thing (a model; a maker and a kind; a maker; a kind) contradicts another.
-- A host with one banner without an identity has nothing to settle, and makes no claim here.
with crowded as (
    select host from told group by host having count(*) > 1
),
claimed as (
    select distinct
        t.host, t.identity, t.maker, t.model, t.kind, t.place, t.level, t.own_device,
        case when t.level between 2 and 5 then 2 else t.level end as tier
    from told t left join crowded c on c.host = t.host
    where c.host is not null or t.identity is not null
)
select
    host, identity, maker, model, kind, place, level,
    case
        when min(model) over (partition by host, tier) < max(model) over (partition by host, tier)
            or min(maker) over (partition by host, tier) < max(maker) over (partition by host, tier)
            or min(kind) over (partition by host, tier) < max(kind) over (partition by host, tier)
            then false
        else true
    end as alone,
    own_device
from claimed
