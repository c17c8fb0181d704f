-- What is counted of banners: hosts with what their devices are called, each combination once. Country, network and
-- grade are the host's. `alone`: the host has no other fact. `picked`: it is behind the headline.
with apart as (
    select
        m.host, c.label, c.high, c.headline, p.land, p.ip_version, max(m.spot) as spot, max(m.grade) as grade,
        count(*) as banners
    from members m
    join devices d on d.device = m.device
    join called c on c.says = d.says
    join spots p on p.spot = m.spot
    group by m.host, c.label, c.high, c.headline, p.land, p.ip_version
),
told as (
    select
        d.host, p.land, p.ip_version, d.spot, c.label, c.high, c.headline, d.grade, d.n_banners as banners,
        d.network_kind, true as alone
    from devices d
    join called c on c.says = d.says
    join spots p on p.spot = d.spot
    where d.level is not null
    union all
    select
        a.host, a.land, a.ip_version, a.spot, a.label, a.high, a.headline, a.grade, a.banners, h.network_kind, false
    from apart a join hosts h on h.host = a.host
)
select
    t.host, coalesce(x.network, t.host >> 8) as network, t.land, t.ip_version, t.spot, t.label, t.high, t.grade,
    cast(t.banners as bigint) as banners, t.network_kind, t.alone,
    case when t.headline and t.ip_version = 4 and t.grade <= 2 then true else false end as picked
from told t
left join sixes x on x.host = t.host
