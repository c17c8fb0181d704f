-- Grain: a maker that an IPv4 banner in the window names with medium or high confidence.
-- Columns: as in the table `maker_kinds`.
-- Why: a maker's range may say what its hosts are where nothing else does; how many these are, and how often the hosts
--   that show their kind are something else, says how far to trust that. Decoys and countries are left out as in the
--   table `coverage`.
with hosts as (
    select
        a.manufacturer, a.address, max(case when a.outcome_rank = 1 then 1 else 0 end) as is_counted,
        max(case when a.outcome_rank = 1 and a.is_by_range = 0 then 1 else 0 end) as is_counted_otherwise,
        max(case when a.kind_rank = 1 and a.is_by_range = 0 then 1 else 0 end) as is_surveillance,
        max(case when a.kind_rank = 2 then 1 else 0 end) as is_other
    from window_answers a
    left join decoy_addresses d on d.address = a.address
    where a.manufacturer is not null and a.is_in_study and d.address is null
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
