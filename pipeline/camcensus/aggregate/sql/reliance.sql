-- Grain: a signature or a field that some host's being counted rests on.
-- Columns: as in the table `reliance`.
-- Why: a host is lost without it if all its counted banners are, and none of the others is then counted; another host
--   is gained if one of its banners then is. Decoys and countries are left out as in coverage.
with answers as (
    select i.address, i.country, i.pivotal, i.decoy, case when i.is_counted then 1 else 0 end as is_counted
    from identified i cross join counted_window w
    where i.address is not null and i.seen_at between w.window_start and w.window_end
),
decoys as (
    select distinct address from answers where decoy = 'certain'
),
kept as (
    select a.address, a.pivotal, a.is_counted
    from answers a
    left join decoys d on d.address = a.address
    left join left_out o on o.country = a.country
    where d.address is null and o.country is null
),
hosts as (
    select address, sum(is_counted) as n_counted from kept group by address
),
changed as (
    select
        k.address, p.kind, p.name, sum(k.is_counted) as n_lost, sum(1 - k.is_counted) as n_gained
    from kept k join pivots p on p.pivotal = k.pivotal
    group by k.address, p.kind, p.name
),
effects as (
    select
        c.kind, c.name,
        sum(case when h.n_counted > 0 and c.n_lost = h.n_counted and c.n_gained = 0 then 1 else 0 end) as n_only,
        sum(case when h.n_counted = 0 and c.n_gained > 0 then 1 else 0 end) as n_more
    from changed c join hosts h on h.address = c.address
    group by c.kind, c.name
),
total as (
    select count(*) as n_hosts from hosts where n_counted > 0
)
select
    e.kind, e.name, cast(e.n_only as bigint) as n_hosts_only,
    cast(t.n_hosts - e.n_only + e.n_more as bigint) as n_hosts_without
from effects e cross join total t
order by e.kind nulls last, n_hosts_only desc, e.name nulls last
