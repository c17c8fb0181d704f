-- Grain: a device.
-- Columns: as in the table `devices`.
-- Why: in order of country, so that a reader of one country reads little of the file.
select
    d.device, d.host, p.ip_version, p.country, y.manufacturer_text as manufacturer, y.manufacturer_confidence,
    y.brand_text as brand, y.product_type, y.type_confidence, y.model_text as model, y.firmware_text as firmware,
    case d.decoy_rank when 3 then 'certain' when 2 then 'likely' when 1 then 'possible' end as decoy,
    d.n_banners, d.n_hosts, d.first_seen_at, d.last_seen_at
from devices d
join label_claims y on y.claim_id = d.claim_id
join locations p on p.location_id = d.location_id
order by p.country nulls last, d.device nulls last
