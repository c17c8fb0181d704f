-- Grain: a maker that an IPv4 banner in the window names with medium or high confidence.
-- Columns: as in the table `maker_kinds`.
-- Why: a maker's range may say what its hosts are where nothing else does; how many these are, and how often the hosts
--   that show their kind are something else, says how far to trust that. Decoys and countries are left out as in the
--   table `coverage`.
with answers as (
    select
        i.address, i.manufacturer, i.manufacturer_confidence, i.country, i.decoy,
        case when i.is_counted and (h.min_confidence = 'medium' or i.type_confidence = 'high') then 1 else 0 end
            as is_counted,
        case when concat(i.signatures, ' ') like '%.range %' then 1 else 0 end as is_by_range,
        case
            when i.product_type is null or coalesce(i.type_confidence, 'low') = 'low' then 'unknown'
            when i.product_type in ('camera', 'recorder', 'encoder', 'video') then 'surveillance'
            else 'other'
        end as kind
    from identified i
    cross join headline h
    cross join counted_window w
    where i.address is not null and i.seen_at between w.window_start and w.window_end
),
decoys as (
    select distinct address from answers where decoy = 'certain'
),
hosts as (
    select
        a.manufacturer, a.address, max(a.is_counted) as is_counted,
        max(case when a.is_counted = 1 and a.is_by_range = 0 then 1 else 0 end) as is_counted_otherwise,
        max(case when a.kind = 'surveillance' and a.is_by_range = 0 then 1 else 0 end) as is_surveillance,
        max(case when a.kind = 'other' then 1 else 0 end) as is_other
    from answers a
    left join decoys d on d.address = a.address
    left join left_out o on o.country = a.country
    where a.manufacturer_confidence in ('medium', 'high') and d.address is null and o.country is null
    group by a.manufacturer, a.address
)
select
    manufacturer, cast(sum(is_counted) as bigint) as n_hosts,
    cast(sum(is_counted * (1 - is_counted_otherwise)) as bigint) as n_hosts_by_range,
    cast(sum(case when is_surveillance + is_other > 0 then 1 else 0 end) as bigint) as n_hosts_with_kind,
    cast(sum(is_other * (1 - is_surveillance)) as bigint) as n_hosts_other
from hosts
group by manufacturer
order by manufacturer nulls last
