-- Grain: a combination of `label_claims`, in order of `claim_id`.
-- Columns: the texts that its devices have in the table `devices`.
-- Why: devices are put in order as numbers, in a third of the time, and get their texts after it.
select
    manufacturer_text as manufacturer, manufacturer_confidence, brand_text as brand, product_type, type_confidence,
    model_text as model, firmware_text as firmware
from label_claims
order by claim_id
