-- What is counted of banners: hosts with what their devices are called, each combination once. Country, network and
-- grade are the host's.
select
    m.host, c.label, m.country, m.ip_version, max(m.prefix) as prefix, max(m.country_second) as second,
    max(m.host_decoy) as grade, count(*) as banners,
    max(case when c.type_confidence = 'high' then true else false end) as high, max(c.headline) as headline
from members m join called c on c.device = m.device
group by m.host, c.label, m.country, m.ip_version
