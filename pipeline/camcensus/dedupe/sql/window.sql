-- The oldest and the newest banner of any kind, between which a window without days or date lies; banners to count.
select
    cast(min(seen) as bigint) as oldest, cast(max(seen) as bigint) as newest,
    cast(coalesce(sum(case when counted then 1 else 0 end), 0) as bigint) as counted
from identified
