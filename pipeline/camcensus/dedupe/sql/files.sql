-- Raw files, each with a number and the lines in the files before it: `lines_before` plus its line numbers every banner
-- in the order of file and line.
select
    file, row_number() over (order by file) as part,
    cast(sum(lines) over (order by file) - lines as bigint) as lines_before
from (select file, max(line) as lines from identified group by file) lengths
