-- Grain: a raw file.
-- Columns: `file_id`; `lines_before` in the files before it, so that it plus a line number is a banner's id; its oldest
--   and newest banner of any kind, and how many banners are to be counted.
-- Why: banners are numbered in the order of file and line, whatever the parts they come in; the window ends at the
--   newest.
create table files as
with lengths as (
    select
        file, max(line) as lines, min(seen_at) as first_seen_at, max(seen_at) as last_seen_at,
        sum(case when is_counted then 1 else 0 end) as n_counted
    from identified
    group by file
)
select
    file, row_number() over (order by file nulls last) as file_id,
    cast(sum(lines) over (order by file nulls last) - lines as bigint) as lines_before,
    first_seen_at, last_seen_at, cast(n_counted as bigint) as n_counted
from lengths;
