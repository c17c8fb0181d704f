-- What the rules that look at one host find on hosts whose ports were all looked up: hosts by reason; `likely`: hosts
-- that are at least likely decoys by them; `hosts`: all that still have a counted banner.
with reasons as (
    select 'many-makers' as reason
    union all
    select 'unrelated-products'
    union all
    select 'many-ports'
    union all
    select 'hosting'
    union all
    select 'banner'
),
found as (
    select s.host, s.reason, s.grade from suspects s join reasons r on r.reason = s.reason
),
worst as (
    select host from found group by host having max(grade) >= 2 or cast(count(*) as bigint) > 1
)
select r.reason, cast(count(f.host) as bigint) as hosts
from reasons r left join found f on f.reason = r.reason
group by r.reason
union all
select 'likely', cast(count(*) as bigint) from worst
union all
select 'hosts', cast(count(*) as bigint) from hosts
order by reason nulls last
