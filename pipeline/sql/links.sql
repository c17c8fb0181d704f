-- Every counted banner with its fate and, if it is in the window, its device.
select
    b.file, b.line, b.fate,
    case when b.fate <> 'outside' then m.device end as device,
    case b.fate when 'kept' then m.rule when 'again' then 'same-banner' end as rule
from banners b
left join members m
    on b.fate <> 'outside' and m.host = b.host and m.port = b.port and m.transport = b.transport
order by b.file, b.line
