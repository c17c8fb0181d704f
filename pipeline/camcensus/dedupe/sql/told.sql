-- Kept banners of disputed hosts. `place`: the port and transport, in one number, when ports are not joined, so that
-- each claims for itself; otherwise 0. `own_device`: the device that a banner makes if it joins none.
with addressed as (
    select
        d.host,
        coalesce(x.host_text, concat(
            cast(d.host >> 24 as string), '.', cast((d.host >> 16) & 255 as string), '.',
            cast((d.host >> 8) & 255 as string), '.', cast(d.host & 255 as string)
        )) as host_text
    from disputed d left join sixes x on x.host = d.host
)
select
    t.sight, t.host, t.door, t.seen, t.spot, n.maker, n.brand, n.model, n.kind, n.firmware, n.type_rank, n.maker_rank,
    m.identity,
    case when m.identity is not null then 1 else n.level end as level,
    case when s.use_same_host or m.identity is not null then 0 else t.door + 1 end as place,
    md5(case
        when m.identity is not null and s.use_churn then concat('identity|', m.identity)
        when m.identity is not null then concat('identity|', m.identity, '|', a.host_text)
        else concat(
            a.host_text, '|', coalesce(n.maker_text, ''), '|', coalesce(n.model_text, ''),
            '|', coalesce(n.kind_text, ''),
            case
                when s.use_same_host then ''
                when t.door & 1 = 0 then concat('|', cast(t.door >> 1 as string), '/tcp')
                else concat('|', cast(t.door >> 1 as string), '/udp')
            end
        )
    end) as own_device
from sights t
join addressed a on a.host = t.host
join names n on n.name = t.name
left join marked m on m.sight = t.sight
cross join settings s
where t.fate = 0
