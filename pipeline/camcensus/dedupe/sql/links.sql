-- Grain: a counted banner.
-- Columns: as in the table `links`.
-- Why: in the order of file and line.
select f.file, b.banner_id - f.lines_before as line, b.status, b.device, b.rule, b.decoy
from banner_devices b
join files f on f.file_id = b.file_id
order by b.banner_id
