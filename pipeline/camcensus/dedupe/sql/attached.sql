-- Grain: a claim of the current level.
-- Columns: `device` that it joins: the best on its host that it does not contradict, by all that is known of it on
--   whatever host, else a device of its own; `rule` by which.
-- Why: a claim that knows more than a device joins it only if no other claim could add something else: two models are
--   never one device.
with compared as (
    select
        c.host_id, c.identity, c.maker, c.model, c.kind, c.is_undisputed, h.device, min(a.level) as level,
        count(a.maker) as n_makers, max(case when a.maker = c.maker then 1 else 0 end) as same_maker,
        count(a.model) as n_models, max(case when a.model = c.model then 1 else 0 end) as same_model,
        count(a.kind) as n_kinds, max(case when a.kind = c.kind then 1 else 0 end) as same_kind
    from claims c
    join current_level t on t.level = c.level
    join settings s on s.use_same_host
    join attached h on h.host_id = c.host_id
    join attached a on a.device = h.device
    where t.level > 1
    group by c.host_id, c.identity, c.maker, c.model, c.kind, c.is_undisputed, h.device
),
fitting as (
    select
        *,
        row_number() over (
            partition by host_id, identity, maker, model, kind
            order by same_model desc, same_kind desc, same_maker desc, level nulls last, device nulls last
        ) as choice
    from compared
    where (maker is null or same_maker = 1 or (n_makers = 0 and is_undisputed))
        and (model is null or same_model = 1 or (n_models = 0 and is_undisputed))
        and (kind is null or same_kind = 1 or (n_kinds = 0 and is_undisputed))
),
chosen as (
    -- A device with an identity may be on several hosts, whose claims differ at the same level.
    select
        host_id, identity, maker, model, kind, device,
        case
            when maker is not null and n_makers = 0
                and min(maker) over (partition by device) < max(maker) over (partition by device) then true
            when model is not null and n_models = 0
                and min(model) over (partition by device) < max(model) over (partition by device) then true
            when kind is not null and n_kinds = 0
                and min(kind) over (partition by device) < max(kind) over (partition by device) then true
            else false
        end as is_disputed
    from fitting
    where choice = 1
)
select
    c.host_id, c.identity, c.maker, c.model, c.kind, c.place, c.level,
    coalesce(f.device, c.own_device) as device,
    case when c.level = 1 then 'identity' when f.device is not null then 'same-host' else 'alone' end as rule
from claims c
join current_level t on t.level = c.level
left join chosen f
    on not f.is_disputed and f.host_id = c.host_id and f.maker is not distinct from c.maker
    and f.model is not distinct from c.model and f.kind is not distinct from c.kind
    and f.identity is not distinct from c.identity
