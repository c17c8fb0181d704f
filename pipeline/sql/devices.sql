-- One row a device. Type, maker, brand and model come from the strongest evidence, then the most specific; country,
-- host and firmware from the latest sight; the decoy grade is the worst of its hosts. Every order is total.
-- Banners of one identity may name two makers: those of the other maker say nothing of brand, model and firmware.
with made as (
    select
        *,
        first_value(maker) over (
            partition by device
            order by case when maker is null then 1 else 0 end, maker_rank desc, seen desc, file, line
            rows between unbounded preceding and unbounded following
        ) as manufacturer
    from members
),
own as (
    select
        device, file, line, seen, host, ip_version, country, manufacturer, maker, product_type, kind, host_decoy,
        case when maker <> manufacturer then null else model end as model,
        case when maker <> manufacturer then null else brand end as brand,
        case when maker <> manufacturer then null else firmware end as firmware,
        type_rank, maker_rank
    from made
),
best as (
    select
        device, manufacturer, host, ip_version, country,
        first_value(product_type) over (
            partition by device
            order by type_rank desc, case when kind is null then 1 else 0 end, seen desc, file, line
            rows between unbounded preceding and unbounded following
        ) as product_type,
        first_value(model) over (
            partition by device
            order by case when model is null then 1 else 0 end, maker_rank desc, seen desc, file, line
            rows between unbounded preceding and unbounded following
        ) as model,
        first_value(brand) over (
            partition by device
            order by case when brand is null then 1 else 0 end, maker_rank desc, seen desc, file, line
            rows between unbounded preceding and unbounded following
        ) as brand,
        first_value(firmware) over (
            partition by device
            order by case when firmware is null then 1 else 0 end, seen desc, file, line
            rows between unbounded preceding and unbounded following
        ) as firmware,
        row_number() over (partition by device order by seen desc, file, line) as age,
        max(type_rank) over (partition by device) as type_rank,
        max(case when maker is null then 0 else maker_rank end) over (partition by device) as maker_rank,
        max(host_decoy) over (partition by device) as decoy_rank
    from own
),
sums as (
    select
        device,
        cast(count(*) as bigint) as n_banners,
        cast(count(distinct host) as bigint) as n_hosts,
        cast(min(seen) as bigint) as first_seen,
        cast(max(seen) as bigint) as last_seen
    from members
    group by device
)
select
    b.device, b.host, b.ip_version, b.country, b.manufacturer,
    case b.maker_rank when 3 then 'high' when 2 then 'medium' when 1 then 'low' end as manufacturer_confidence,
    b.brand, b.product_type,
    case b.type_rank when 2 then 'high' else 'medium' end as type_confidence,
    b.model, b.firmware,
    case b.decoy_rank when 3 then 'certain' when 2 then 'likely' when 1 then 'possible' end as decoy,
    s.n_banners, s.n_hosts, s.first_seen, s.last_seen
from best b join sums s on s.device = b.device
where b.age = 1
order by b.device
