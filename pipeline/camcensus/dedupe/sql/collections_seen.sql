-- Grain: a collection of the snapshot with counted banners in the window.
-- Columns: its banners, and when the first and the last was seen.
-- Why: churn compares each collection with the next, the earliest first (by its newest banner).
select
    c.collection, cast(count(*) as bigint) as n_banners, cast(min(i.seen_at) as bigint) as first_seen,
    cast(max(i.seen_at) as bigint) as last_seen
from identified i
join collections c on c.file = i.file
cross join settings s
where i.is_counted and i.seen_at between s.window_start and s.window_end
group by c.collection
order by last_seen nulls last, first_seen nulls last, collection nulls last
