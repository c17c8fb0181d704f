-- What the kept banners of a host claim to be, each distinct claim once. `tier` is what a claim says: 1 an identity,
-- 2 a model, 3 maker and kind, 4 maker, 5 kind, 6 nothing. `level` orders claims from those that say most: claims of
-- one level know the same things, so two of them on a host contradict each other. `alone`: no claim of its tier on the
-- host contradicts another. `place`: port and transport when ports are not joined, so that each claims for itself.
-- A host with one banner without an identity has nothing to settle, and makes no claim here.
with crowded as (
    select host from kept group by host having count(*) > 1
),
claimed as (
    select distinct k.host, k.identity, k.maker, k.model, k.kind, k.place, k.own_device
    from kept k left join crowded c on c.host = k.host
    where c.host is not null or k.identity is not null
),
levelled as (
    select
        *,
        case
            when identity is not null then 1
            when model is not null then 2
            when maker is not null and kind is not null then 3
            when maker is not null then 4
            when kind is not null then 5
            else 6
        end as tier,
        case
            when identity is not null then 1
            when model is not null and maker is not null and kind is not null then 2
            when model is not null and maker is not null then 3
            when model is not null and kind is not null then 4
            when model is not null then 5
            when maker is not null and kind is not null then 6
            when maker is not null then 7
            when kind is not null then 8
            else 9
        end as level
    from claimed
)
select
    l.host, l.identity, l.maker, l.model, l.kind, l.place, cast(l.level as bigint) as level,
    case
        when min(model) over (partition by host, tier) < max(model) over (partition by host, tier)
            or min(maker) over (partition by host, tier) < max(maker) over (partition by host, tier)
            or min(kind) over (partition by host, tier) < max(kind) over (partition by host, tier)
            then false
        else true
    end as alone,
    own_device
from levelled l
