-- What the window has for rules across banners: ports that are not counted, identities, hashes of answers.
select
    cast(coalesce(sum(case when i.counted then 0 else 1 end), 0) as bigint) as other_ports,
    cast(count(i.identity) as bigint) as identities,
    cast(count(i.banner_hash) + count(i.html_hash) as bigint) as hashes
from identified i cross join settings s
where i.seen between s.window_start and s.window_end
