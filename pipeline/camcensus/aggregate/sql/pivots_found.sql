-- Grain: a text of the column `pivotal`.
-- Columns: `pivotal`.
-- Why: few texts, which are taken apart outside SQL.
select distinct pivotal
from identified
where pivotal is not null
order by pivotal nulls last
