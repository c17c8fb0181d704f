-- One level of claims. A claim joins the best device that stands on its host already and does not contradict it;
-- otherwise it is a device of its own. What counts is all that is known of a device, on whatever host. A claim that
-- knows more than a device joins it only if no other claim could add something else: two models are never one device.
with compared as (
    select
        c.host, c.identity, c.maker, c.model, c.kind, c.alone, s.device, min(a.level) as level,
        count(a.maker) as makers, max(case when a.maker = c.maker then 1 else 0 end) as same_maker,
        count(a.model) as models, max(case when a.model = c.model then 1 else 0 end) as same_model,
        count(a.kind) as kinds, max(case when a.kind = c.kind then 1 else 0 end) as same_kind
    from claims c
    join step t on t.level = c.level
    join settings x on x.use_same_host
    join attached s on s.host = c.host
    join attached a on a.device = s.device
    where t.level > 1
    group by c.host, c.identity, c.maker, c.model, c.kind, c.alone, s.device
),
fitting as (
    select
        *,
        row_number() over (
            partition by host, identity, maker, model, kind
            order by same_model desc, same_kind desc, same_maker desc, level, device
        ) as place
    from compared
    where (maker is null or same_maker = 1 or (makers = 0 and alone))
        and (model is null or same_model = 1 or (models = 0 and alone))
        and (kind is null or same_kind = 1 or (kinds = 0 and alone))
),
chosen as (
    -- A device with an identity may stand on several hosts, and be told different things there at the same time.
    select
        host, identity, maker, model, kind, device,
        case
            when maker is not null and makers = 0
                and min(maker) over (partition by device) < max(maker) over (partition by device) then true
            when model is not null and models = 0
                and min(model) over (partition by device) < max(model) over (partition by device) then true
            when kind is not null and kinds = 0
                and min(kind) over (partition by device) < max(kind) over (partition by device) then true
            else false
        end as disputed
    from fitting
    where place = 1
)
select
    c.host, c.identity, c.maker, c.model, c.kind, c.place, c.level,
    coalesce(f.device, c.own_device) as device,
    case when c.level = 1 then 'identity' when f.device is not null then 'same-host' else 'alone' end as rule
from claims c
join step t on t.level = c.level
left join chosen f
    on not f.disputed and f.host = c.host and f.maker is not distinct from c.maker
    and f.model is not distinct from c.model and f.kind is not distinct from c.kind
    and f.identity is not distinct from c.identity
