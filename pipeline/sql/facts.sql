-- What is counted of banners: hosts with what their devices are called, each combination once. Country, network and
-- grade are the host's. `alone`: the host has no other fact.
with apart as (
    select
        m.host, c.label, c.high, c.headline, p.land, p.ip_version, max(m.spot) as spot, max(m.grade) as grade,
        count(*) as banners
    from members m
    join devices d on d.device = m.device
    join called c on c.says = d.says
    join spots p on p.spot = m.spot
    group by m.host, c.label, c.high, c.headline, p.land, p.ip_version
)
select
    d.host, coalesce(x.network, d.host >> 8) as network, p.land, p.ip_version, d.spot, c.label, c.high, c.headline,
    d.grade, d.n_banners as banners, true as alone
from devices d
join called c on c.says = d.says
join spots p on p.spot = d.spot
left join sixes x on x.host = d.host
where d.level is not null
union all
select
    a.host, coalesce(x.network, a.host >> 8), a.land, a.ip_version, a.spot, a.label, a.high, a.headline, a.grade,
    a.banners, false
from apart a
left join sixes x on x.host = a.host
