-- Grain: a combination of a device's labels and, on other than conflicting hosts, of what its banner that says most
--   claims.
-- Columns: `claim_id`; `labels_id` of the labels alone; both in numbers (0: not known) and as text (null: not known;
--   the product type is video where the evidence does not say which); `claim`, which gives a device without an identity
--   its id.
-- Why: a device is one number until it is written, and each text is made once.
create table label_claims as
with combinations as (
    select
        coalesce(maker, 0) as maker, case when maker is null then 0 else maker_rank end as maker_rank,
        coalesce(brand, 0) as brand, coalesce(model, 0) as model, coalesce(kind, 0) as kind, type_rank,
        coalesce(firmware, 0) as firmware, level, coalesce(kind, 0) as claimed_kind
    from banner_labels
    union
    select maker, maker_rank, brand, model, kind, type_rank, firmware, level, claimed_kind
    from multi_label_hosts
    where not is_conflicting
    union
    select maker, maker_rank, brand, model, kind, type_rank, firmware, 0, 0 from conflict_devices
),
makers as (select maker, max(maker_text) as text from banner_labels group by maker),
brands as (select brand, max(brand_text) as text from banner_labels group by brand),
models as (select model, max(model_text) as text from banner_labels group by model),
kinds as (select kind, max(kind_text) as text from banner_labels group by kind),
firmwares as (select firmware, max(firmware_text) as text from banner_labels group by firmware)
select
    row_number() over (
        order by
            n.maker nulls last, n.maker_rank, n.brand nulls last, n.model nulls last, n.kind nulls last, n.type_rank,
            n.firmware nulls last, n.level nulls last, n.claimed_kind nulls last
    ) as claim_id,
    cast(dense_rank() over (
        order by
            n.maker nulls last, n.maker_rank, n.brand nulls last, n.model nulls last, n.kind nulls last, n.type_rank,
            n.firmware nulls last
    ) as bigint) as labels_id,
    n.maker, n.maker_rank, n.brand, n.model, n.kind, n.type_rank, n.firmware, n.level, n.claimed_kind,
    a.text as manufacturer_text,
    case n.maker_rank when 3 then 'high' when 2 then 'medium' when 1 then 'low' end as manufacturer_confidence,
    b.text as brand_text, coalesce(k.text, 'video') as product_type,
    case n.type_rank when 2 then 'high' else 'medium' end as type_confidence, m.text as model_text,
    f.text as firmware_text,
    concat(
        '|', case when n.level in (2, 3, 6, 7) then coalesce(a.text, '') else '' end,
        '|', case when n.level <= 5 then coalesce(m.text, '') else '' end,
        '|', case when n.level in (2, 4, 6, 8) then coalesce(c.text, '') else '' end
    ) as claim
from combinations n
left join makers a on a.maker = n.maker
left join brands b on b.brand = n.brand
left join models m on m.model = n.model
left join kinds k on k.kind = n.kind
left join kinds c on c.kind = n.claimed_kind
left join firmwares f on f.firmware = n.firmware;

-- Grain: a combination of what devices are found to be.
-- Columns: as in the table `device_labels`.
-- Why: `device_hosts` names each combination by its number.
select distinct
    labels_id, manufacturer_text as manufacturer, manufacturer_confidence, brand_text as brand, product_type,
    type_confidence, model_text as model, firmware_text as firmware
from label_claims
order by labels_id
