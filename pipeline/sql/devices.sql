-- One row a device. `level` is null but on undisputed hosts, whose banners are all one device; there `named` says that
-- one of them shows an identity.
with identified_hosts as (
    select host, min(identity) as identity from marked group by host
),
known as (
    select n.name, y.says
    from names n
    join says y
        on y.maker = coalesce(n.maker, 0) and y.maker_rank = case when n.maker is null then 0 else n.maker_rank end
        and y.brand = coalesce(n.brand, 0) and y.model = coalesce(n.model, 0) and y.kind = coalesce(n.kind, 0)
        and y.type_rank = n.type_rank and y.firmware = coalesce(n.firmware, 0) and y.level = n.level
        and y.claimed_kind = coalesce(n.kind, 0)
),
agreed as (
    select x.host, y.says
    from mixed x
    join says y
        on y.maker = x.maker and y.maker_rank = x.maker_rank and y.brand = x.brand and y.model = x.model
        and y.kind = x.kind and y.type_rank = x.type_rank and y.firmware = x.firmware and y.level = x.level
        and y.claimed_kind = x.claimed_kind
    where not x.disputed
),
settled as (
    select
        h.host, h.spot, coalesce(a.says, k.says) as says, i.identity, coalesce(g.grade, 0) as grade, h.n_banners,
        h.first_seen, h.last_seen,
        coalesce(x.text, concat(
            cast(h.host >> 24 as string), '.', cast((h.host >> 16) & 255 as string), '.',
            cast((h.host >> 8) & 255 as string), '.', cast(h.host & 255 as string)
        )) as text
    from hosts h
    join known k on k.name = h.name
    left join agreed a on a.host = h.host
    left join identified_hosts i on i.host = h.host
    left join disputed d on d.host = h.host
    left join decoys g on g.host = h.host
    left join sixes x on x.host = h.host
    where d.host is null
)
select
    md5(case
        when t.identity is null then concat(t.text, y.claim)
        when s.use_churn then concat('identity|', t.identity)
        else concat('identity|', t.identity, '|', t.text)
    end) as device,
    t.host, t.text, t.spot, t.says, t.grade, t.n_banners, cast(1 as bigint) as n_hosts, t.first_seen, t.last_seen,
    y.level, case when t.identity is null then false else true end as named
from settled t
join says y on y.says = t.says
cross join settings s
union all
select
    r.device, r.host,
    coalesce(x.text, concat(
        cast(r.host >> 24 as string), '.', cast((r.host >> 16) & 255 as string), '.',
        cast((r.host >> 8) & 255 as string), '.', cast(r.host & 255 as string)
    )),
    r.spot, y.says, r.grade, r.n_banners, r.n_hosts, r.first_seen, r.last_seen, null, false
from resolved r
join says y
    on y.maker = r.maker and y.maker_rank = r.maker_rank and y.brand = r.brand and y.model = r.model
    and y.kind = r.kind and y.type_rank = r.type_rank and y.firmware = r.firmware and y.level = 0
    and y.claimed_kind = 0
left join sixes x on x.host = r.host
