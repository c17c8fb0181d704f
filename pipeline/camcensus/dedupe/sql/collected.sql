-- The collections of a snapshot that have counted banners in the window, the earliest first (by their newest banner).
select
    c.collection, cast(count(*) as bigint) as n_banners, cast(min(i.seen_at) as bigint) as first_seen,
    cast(max(i.seen_at) as bigint) as last_seen
from identified i
join collections c on c.file = i.file
cross join settings s
where i.is_counted and i.seen_at between s.window_start and s.window_end
group by c.collection
order by last_seen, first_seen, collection nulls last
