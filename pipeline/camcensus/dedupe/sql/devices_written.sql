-- Devices as they are written: by country, so that whoever asks for one country reads little of the file.
select
    d.device, d.host_text as host, p.ip_version, p.country, y.manufacturer, y.manufacturer_confidence, y.brand,
    y.product_type, y.type_confidence, y.model, y.firmware,
    case d.grade when 3 then 'certain' when 2 then 'likely' when 1 then 'possible' end as decoy,
    d.n_banners, d.n_hosts, d.first_seen, d.last_seen
from devices d
join says y on y.says = d.says
join spots p on p.spot = d.spot
order by p.country nulls last, d.device
