-- How many counted banners met each fate (`sights`).
select fate, cast(count(*) as bigint) as n from sights where fate <= 2 group by fate order by fate
