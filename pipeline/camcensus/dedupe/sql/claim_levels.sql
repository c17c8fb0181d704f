-- Grain: a level of `claims`.
-- Columns: the level, as in `claims`.
-- Why: a level that no claim has adds nothing to `attached`, and need not be computed.
select distinct level from claims order by level nulls last
