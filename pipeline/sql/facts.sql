-- What is counted: a row for each kept banner (with its own country, its device's maker, brand, type and model) and a
-- row for each device (with the country of its latest sight).
select
    'banner' as unit, m.host, m.prefix, m.ip_version, m.country, m.country_second,
    d.manufacturer, d.manufacturer_confidence, d.brand, d.product_type, d.model, d.type_confidence,
    m.host_decoy as decoy_rank
from members m join devices d on d.device = m.device
union all
select
    'device', d.host, null, d.ip_version, d.country, null,
    d.manufacturer, d.manufacturer_confidence, d.brand, d.product_type, d.model, d.type_confidence,
    case d.decoy when 'certain' then 3 when 'likely' then 2 when 'possible' then 1 else 0 end
from devices d
