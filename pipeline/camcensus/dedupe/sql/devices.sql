-- One row a device. `level` is null but on undisputed hosts, whose banners are all one device; there `named` says that
-- one of them shows an identity.
with identified_hosts as (
    select host, min(identity) as identity from marked group by host
),
known as (
    select n.name, y.says
    from names n
    join says y
        on y.maker_no = coalesce(n.maker, 0) and y.maker_rank = case when n.maker is null then 0 else n.maker_rank end
        and y.brand_no = coalesce(n.brand, 0) and y.model_no = coalesce(n.model, 0) and y.kind_no = coalesce(n.kind, 0)
        and y.type_rank = n.type_rank and y.firmware_no = coalesce(n.firmware, 0) and y.level = n.level
        and y.claimed_no = coalesce(n.kind, 0)
),
agreed as (
    select x.host, y.says
    from mixed x
    join says y
        on y.maker_no = x.maker_no and y.maker_rank = x.maker_rank and y.brand_no = x.brand_no
        and y.model_no = x.model_no and y.kind_no = x.kind_no and y.type_rank = x.type_rank
        and y.firmware_no = x.firmware_no and y.level = x.level and y.claimed_no = x.claimed_no
    where not x.disputed
),
settled as (
    select
        h.host, h.spot, coalesce(a.says, k.says) as says, i.identity, coalesce(g.grade, 0) as grade, h.n_banners,
        h.network_kind, h.asn, h.first_seen, h.last_seen,
        coalesce(x.host_text, concat(
            cast(h.host >> 24 as string), '.', cast((h.host >> 16) & 255 as string), '.',
            cast((h.host >> 8) & 255 as string), '.', cast(h.host & 255 as string)
        )) as host_text
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
        when t.identity is null then concat(t.host_text, y.claim)
        when s.use_churn then concat('identity|', t.identity)
        else concat('identity|', t.identity, '|', t.host_text)
    end) as device,
    t.host, t.host_text, t.spot, t.says, t.grade, t.n_banners, cast(1 as bigint) as n_hosts, t.first_seen, t.last_seen,
    t.network_kind, t.asn, y.level, case when t.identity is null then false else true end as named
from settled t
join says y on y.says = t.says
cross join settings s
union all
select
    r.device, r.host,
    coalesce(x.host_text, concat(
        cast(r.host >> 24 as string), '.', cast((r.host >> 16) & 255 as string), '.',
        cast((r.host >> 8) & 255 as string), '.', cast(r.host & 255 as string)
    )),
    r.spot, y.says, r.grade, r.n_banners, r.n_hosts, r.first_seen, r.last_seen, h.network_kind, h.asn, null,
    false
from resolved r
join hosts h on h.host = r.host
join says y
    on y.maker_no = r.maker_no and y.maker_rank = r.maker_rank and y.brand_no = r.brand_no and y.model_no = r.model_no
    and y.kind_no = r.kind_no and y.type_rank = r.type_rank and y.firmware_no = r.firmware_no and y.level = 0
    and y.claimed_no = 0
left join sixes x on x.host = r.host
