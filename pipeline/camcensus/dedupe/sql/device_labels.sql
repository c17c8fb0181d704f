-- What devices are found to be: each combination once.
select distinct
    labels_id, manufacturer, manufacturer_confidence, brand, product_type, type_confidence, model, firmware
from says
order by labels_id
