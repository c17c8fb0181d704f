-- Every counted banner with its device, in the order of file and line.
select f.file, p.sight - f.lines_before as line, p.fate, p.device, p.rule, p.decoy
from placed p
join files f on f.part = p.part
order by p.sight
