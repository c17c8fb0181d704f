-- Grain: a signature or a field that some host's being counted rests on.
-- Columns: as in the table `reliance`.
-- Why: a host is lost without it if all its counted banners are, and none of the others is then counted; another host
--   is gained if one of its banners then is. Decoys and countries are left out as in coverage.
with shown as (
    -- Hosts with one answer in the study have no address here: of them that answer is all that is lost or gained.
    select
        case when h.n_answers > 1 then a.address end as address, a.pivotal, max(h.n_counted) as n_counted,
        sum(case when a.outcome_rank = 1 then 1 else 0 end) as n_lost,
        sum(case when a.outcome_rank = 1 then 0 else 1 end) as n_gained
    from window_answers a join window_hosts h on h.address = a.address
    where a.pivotal is not null and a.is_in_study
    group by case when h.n_answers > 1 then a.address end, a.pivotal
),
changed as (
    select
        s.address, p.pivot_id, max(s.n_counted) as n_counted, sum(s.n_lost) as n_lost, sum(s.n_gained) as n_gained
    from shown s join pivots p on p.pivotal = s.pivotal
    group by s.address, p.pivot_id
),
effects as (
    select
        pivot_id,
        sum(case
            when address is null then n_lost
            when n_counted > 0 and n_lost = n_counted and n_gained = 0 then 1
            else 0
        end) as n_only,
        sum(case when address is null then n_gained when n_counted = 0 and n_gained > 0 then 1 else 0 end) as n_more
    from changed
    group by pivot_id
),
names as (
    select distinct pivot_id, kind, name from pivots
),
total as (
    select count(*) as n_hosts from window_hosts where n_counted > 0
)
select
    k.kind, k.name, cast(e.n_only as bigint) as n_hosts_only,
    cast(t.n_hosts - e.n_only + e.n_more as bigint) as n_hosts_without
from effects e
join names k on k.pivot_id = e.pivot_id
cross join total t
order by k.kind nulls last, n_hosts_only desc, k.name nulls last
