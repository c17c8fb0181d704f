-- Banners (a host, port and transport: `door`) that were seen more than once in the window, with the latest sight. Of
-- sights in one second it is the last by file and line (there are less than 2^32 lines).
select
    coalesce(i.address, x.host) as host, i.port * 2 + case when i.transport = 'udp' then 1 else 0 end as door,
    max((i.seen_at - s.window_start) * 4294967296 + f.lines_before + i.line) as latest
from identified i
cross join settings s
join files f on f.file = i.file
left join sixes x on x.host_text = i.host
where i.is_counted and i.seen_at between s.window_start and s.window_end
group by coalesce(i.address, x.host), i.port * 2 + case when i.transport = 'udp' then 1 else 0 end
having count(*) > 1
