-- The oldest and the newest banner of any kind, between which a window without days or date lies; banners to count.
select
    cast(min(seen_at) as bigint) as oldest, cast(max(seen_at) as bigint) as newest,
    cast(coalesce(sum(case when is_counted then 1 else 0 end), 0) as bigint) as counted
from identified
