-- Kept banners with their device. A host takes the worst decoy grade of all it showed in the window, counted or not.
with known as (select distinct identity from attached where identity is not null),
graded as (
    select
        i.host,
        max(case i.decoy when 'certain' then 3 when 'likely' then 2 when 'possible' then 1 else 0 end) as host_decoy
    from identified i cross join settings s
    where i.decoy is not null and i.seen between s.window_start and s.window_end
    group by i.host
)
select
    b.*, a.device, a.rule,
    case b.type_confidence when 'high' then 2 else 1 end as type_rank,
    case b.manufacturer_confidence when 'high' then 3 when 'medium' then 2 when 'low' then 1 else 0 end as maker_rank,
    coalesce(g.host_decoy, 0) as host_decoy
from banners b
left join known k on k.identity = b.identity
left join graded g on g.host = b.host
join attached a
    on a.host = b.host and a.identity is not distinct from k.identity and a.maker is not distinct from b.maker
    and a.model is not distinct from b.model and a.kind is not distinct from b.kind
where b.fate = 'kept'
