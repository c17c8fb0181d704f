-- Grain: a combination of what devices are found to be.
-- Columns: as in the table `device_labels`.
-- Why: `device_hosts` names each combination by its number.
select distinct
    labels_id, manufacturer_text as manufacturer, manufacturer_confidence, brand_text as brand, product_type,
    type_confidence, model_text as model, firmware_text as firmware
from label_claims
order by labels_id
