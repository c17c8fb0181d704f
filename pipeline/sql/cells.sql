-- What the counts of all variants are sums of. `grade_medium` and `grade_high` say with which decoy grade a row counts
-- at either confidence; null: not at all. Hosts have one country, so they, banners and devices add up to the world;
-- networks do not, so those of the world (`place` all or study, the scope) stand beside those of countries.
with hosts as (
    select
        host, country, ip_version, max(grade) as grade, sum(banners) as banners,
        sum(case when high then banners else 0 end) as banners_high,
        max(case when high then grade end) as grade_high
    from facts
    group by host, country, ip_version
),
networks as (
    select
        f.prefix, f.country, f.ip_version, max(case when o.country is null then 1 else 0 end) as inside,
        min(f.grade) as grade, min(case when f.high then f.grade end) as grade_high
    from facts f left join left_out o on o.country = f.country
    group by f.prefix, f.country, f.ip_version
),
worlds as (
    select
        prefix, ip_version, min(grade) as grade, min(grade_high) as grade_high,
        min(case when inside = 1 then grade end) as study_grade,
        min(case when inside = 1 then grade_high end) as study_grade_high
    from networks
    group by prefix, ip_version
)
select
    'both' as place, country, ip_version, grade as grade_medium, grade_high, sum(banners) as banners,
    sum(banners_high) as banners_high, count(*) as hosts, 0 as devices, 0 as prefixes
from hosts
group by country, ip_version, grade, grade_high
union all
select
    'both', country, ip_version, grade, case when type_confidence = 'high' then grade end, 0, 0, 0, count(*), 0
from called
group by country, ip_version, grade, case when type_confidence = 'high' then grade end
union all
select 'country', country, ip_version, grade, grade_high, 0, 0, 0, 0, count(*)
from networks
group by country, ip_version, grade, grade_high
union all
select 'all', null, ip_version, grade, grade_high, 0, 0, 0, 0, count(*)
from worlds
group by ip_version, grade, grade_high
union all
select 'study', null, ip_version, study_grade, study_grade_high, 0, 0, 0, 0, count(*)
from worlds
where study_grade is not null
group by ip_version, study_grade, study_grade_high
