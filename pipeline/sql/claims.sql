-- What the kept banners of a host claim to be, each distinct claim once. `tier` is what a claim says: 1 an identity,
-- 2 a model, 3 maker and kind, 4 maker, 5 kind, 6 nothing. `level` orders claims from those that say most: claims of
-- one level know the same things, so two of them on a host contradict each other. `alone`: no claim of its tier on the
-- host contradicts another. An identity on more hosts than the study allows is none (shared keys, copied serials).
with shared as (
    select identity
    from banners cross join settings
    where fate = 'kept' and identity is not null
    group by identity
    having count(distinct host) > max(max_identity_hosts)
),
claimed as (
    select distinct
        b.host,
        case when s.identity is null then b.identity end as identity,
        b.maker, b.model, b.kind
    from banners b left join shared s on b.identity = s.identity
    where b.fate = 'kept'
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
    host, identity, maker, model, kind, cast(level as bigint) as level,
    case
        when min(model) over (partition by host, tier) < max(model) over (partition by host, tier)
            or min(maker) over (partition by host, tier) < max(maker) over (partition by host, tier)
            or min(kind) over (partition by host, tier) < max(kind) over (partition by host, tier)
            then false
        else true
    end as alone,
    case
        when identity is not null then md5(concat('identity|', identity))
        else md5(concat(host, '|', coalesce(maker, ''), '|', coalesce(model, ''), '|', coalesce(kind, '')))
    end as own_device
from levelled
