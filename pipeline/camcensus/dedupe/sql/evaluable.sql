-- What the window has for rules across banners: other ports of its hosts, identities, hashes of answers.
select
    cast((select case when collected then 1 else 0 end from others) as bigint) as other_ports,
    cast(count(i.identity) as bigint) as identities,
    cast(count(i.banner_hash) + count(i.html_hash) as bigint) as hashes
from identified i cross join settings s
where i.seen_at between s.window_start and s.window_end
