-- How many whole days before the window's end the kept banners, and the hosts at their latest, were seen.
with latest as (
    select 'banners' as unit, seen from sights where fate = 0
    union all
    select 'hosts', last_seen from hosts
),
aged as (
    select
        l.unit,
        case
            when s.window_end - l.seen < 86400 then '0'
            when s.window_end - l.seen < 3 * 86400 then '1-2'
            when s.window_end - l.seen < 7 * 86400 then '3-6'
            when s.window_end - l.seen < 14 * 86400 then '7-13'
            when s.window_end - l.seen < 30 * 86400 then '14-29'
            else '30+'
        end as age
    from latest l cross join settings s
)
select unit, age, cast(count(*) as bigint) as n from aged group by unit, age order by unit nulls last, age nulls last
