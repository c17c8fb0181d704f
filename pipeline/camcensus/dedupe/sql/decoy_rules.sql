-- For each reason the hosts that it graded; the row two-reasons: hosts that only two reasons together made likely.
select reason, cast(count(*) as bigint) as hosts from suspects group by reason
union all
select 'two-reasons', cast(count(*) as bigint)
from (select host from suspects group by host having count(*) > 1 and max(grade) < 2) raised
order by reason nulls last
