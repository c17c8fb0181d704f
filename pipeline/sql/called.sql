-- Each device with the number of what it is called, its country and its decoy grade.
select
    d.device, l.label, d.country, d.ip_version, d.type_confidence, l.headline,
    cast(case d.decoy when 'certain' then 3 when 'likely' then 2 when 'possible' then 1 else 0 end as bigint) as grade
from devices d
join labels l
    on l.product_type = d.product_type and l.type_confidence = d.type_confidence
    and l.manufacturer is not distinct from d.manufacturer
    and l.manufacturer_confidence is not distinct from d.manufacturer_confidence
    and l.named_brand is not distinct from d.brand and l.named_model is not distinct from d.model
