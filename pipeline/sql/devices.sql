-- One row a device. Type, maker, brand and model come from the strongest evidence, then the most specific; country,
-- host and firmware from the latest sight; the decoy grade is the worst of its hosts. Every order is total.
-- Banners of one identity may name two makers: those of the other maker say nothing of brand, model and firmware.
-- A device of one banner is that banner, and where all banners agree there is nothing to put in order.
with sums as (
    select
        device,
        cast(count(*) as bigint) as n_banners,
        cast(count(distinct host) as bigint) as n_hosts,
        cast(min(seen) as bigint) as first_seen,
        cast(max(seen) as bigint) as last_seen,
        case
            when min(maker) < max(maker) or min(model) < max(model) or min(brand) < max(brand)
                or min(firmware) < max(firmware) or min(host) < max(host) or min(country) < max(country)
                or min(kind) < max(kind) or min(type_rank) < max(type_rank)
                then true
            else false
        end as disputed,
        max(host) as host, max(ip_version) as ip_version, max(country) as country, max(maker) as manufacturer,
        max(case when maker is null then 0 else maker_rank end) as maker_rank, max(brand) as brand,
        coalesce(max(kind), 'video') as product_type, max(type_rank) as type_rank, max(model) as model,
        max(firmware) as firmware, max(host_decoy) as decoy_rank
    from members
    group by device
    having count(*) > 1
),
told as (
    select
        m.*,
        row_number() over (
            partition by m.device
            order by case when m.maker is null then 1 else 0 end, m.maker_rank desc, m.seen desc, m.file, m.line
        ) as maker_place
    from members m join sums u on u.device = m.device
    where u.disputed
),
makers as (
    select device, maker as manufacturer from told where maker_place = 1
),
own as (
    select
        t.device, t.file, t.line, t.seen, t.host, t.ip_version, t.country, k.manufacturer, t.maker, t.product_type,
        t.kind,
        t.host_decoy,
        case when t.maker <> k.manufacturer then null else t.model end as model,
        case when t.maker <> k.manufacturer then null else t.brand end as brand,
        case when t.maker <> k.manufacturer then null else t.firmware end as firmware,
        t.type_rank, t.maker_rank
    from told t join makers k on k.device = t.device
),
placed as (
    select
        *,
        row_number() over (
            partition by device
            order by type_rank desc, case when kind is null then 1 else 0 end, seen desc, file, line
        ) as type_place,
        row_number() over (
            partition by device
            order by case when model is null then 1 else 0 end, maker_rank desc, seen desc, file, line
        ) as model_place,
        row_number() over (
            partition by device
            order by case when brand is null then 1 else 0 end, maker_rank desc, seen desc, file, line
        ) as brand_place,
        row_number() over (
            partition by device order by case when firmware is null then 1 else 0 end, seen desc, file, line
        ) as firmware_place,
        row_number() over (partition by device order by seen desc, file, line) as age
    from own
),
best as (
    select
        device,
        max(case when age = 1 then host end) as host,
        max(case when age = 1 then ip_version end) as ip_version,
        max(case when age = 1 then country end) as country,
        max(manufacturer) as manufacturer,
        max(case when type_place = 1 then product_type end) as product_type,
        max(case when model_place = 1 then model end) as model,
        max(case when brand_place = 1 then brand end) as brand,
        max(case when firmware_place = 1 then firmware end) as firmware,
        max(type_rank) as type_rank,
        max(case when maker is null then 0 else maker_rank end) as maker_rank,
        max(host_decoy) as decoy_rank
    from placed
    group by device
),
found as (
    select
        b.device, b.host, b.ip_version, b.country, b.manufacturer, b.maker_rank, b.brand, b.product_type, b.type_rank,
        b.model, b.firmware, b.decoy_rank, s.n_banners, s.n_hosts, s.first_seen, s.last_seen
    from best b join sums s on s.device = b.device
    union all
    select
        device, host, ip_version, country, manufacturer, maker_rank, brand, product_type, type_rank, model, firmware,
        decoy_rank, n_banners, n_hosts, first_seen, last_seen
    from sums
    where not disputed
    union all
    select
        m.device, m.host, m.ip_version, m.country, m.maker, case when m.maker is null then 0 else m.maker_rank end,
        m.brand, m.product_type, m.type_rank, m.model, m.firmware, m.host_decoy, 1, 1, m.seen, m.seen
    from members m left join sums s on s.device = m.device
    where s.device is null
)
select
    device, host, ip_version, country, manufacturer,
    case maker_rank when 3 then 'high' when 2 then 'medium' when 1 then 'low' end as manufacturer_confidence,
    brand, product_type,
    case type_rank when 2 then 'high' else 'medium' end as type_confidence,
    model, firmware,
    case decoy_rank when 3 then 'certain' when 2 then 'likely' when 1 then 'possible' end as decoy,
    cast(n_banners as bigint) as n_banners, cast(n_hosts as bigint) as n_hosts,
    cast(first_seen as bigint) as first_seen, cast(last_seen as bigint) as last_seen
from found
