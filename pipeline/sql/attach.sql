-- One level of claims. A claim joins the best device that stands on its host already and does not contradict it;
-- otherwise it is a device of its own. A claim that knows more than a device joins it only if no other claim of its
-- level could: two models are never one device.
with fitting as (
    select
        c.host, c.identity, c.maker, c.model, c.kind, a.device,
        row_number() over (
            partition by c.host, c.identity, c.maker, c.model, c.kind
            order by
                case when a.model = c.model then 0 else 1 end,
                case when a.kind = c.kind then 0 else 1 end,
                case when a.maker = c.maker then 0 else 1 end,
                a.level, a.device
        ) as place
    from claims c
    join attached a on a.host = c.host
    cross join step t
    where c.level = t.level and t.level > 1
        and (c.maker is null or a.maker = c.maker or (a.maker is null and c.alone))
        and (c.model is null or a.model = c.model or (a.model is null and c.alone))
        and (c.kind is null or a.kind = c.kind or (a.kind is null and c.alone))
)
select
    c.host, c.identity, c.maker, c.model, c.kind, c.level,
    coalesce(f.device, c.own_device) as device,
    case when c.level = 1 then 'identity' when f.device is not null then 'same-host' else 'alone' end as rule
from claims c
cross join step t
left join fitting f
    on f.place = 1 and f.host = c.host and f.maker is not distinct from c.maker
    and f.model is not distinct from c.model and f.kind is not distinct from c.kind
    and f.identity is not distinct from c.identity
where c.level = t.level
