-- The grade of each host under suspicion: the worst of its reasons, and at least likely (2) for two different ones.
select
    host,
    cast(case when count(*) > 1 and max(grade) < 2 then 2 else max(grade) end as bigint) as grade
from suspects
group by host
