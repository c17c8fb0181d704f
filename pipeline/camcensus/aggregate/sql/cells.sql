-- What the counts of all variants are sums of. `grade_medium` and `grade_high` say with which decoy grade a row counts
-- at either confidence; null: not at all. Hosts have one country, so they, banners and devices add up to the world;
-- networks do not, so those of the world (`place` all or study, the scope) stand beside those of countries.
with several as (
    select
        host, land, ip_version, max(grade) as grade, sum(banners) as banners,
        sum(case when high then banners else 0 end) as banners_high, max(case when high then grade end) as grade_high
    from facts
    where not alone
    group by host, land, ip_version
),
hosts as (
    select
        land, ip_version, grade, case when high then grade end as grade_high, sum(banners) as banners,
        sum(case when high then banners else 0 end) as banners_high, count(*) as hosts
    from facts
    where alone
    group by land, ip_version, grade, case when high then grade end
    union all
    select land, ip_version, grade, grade_high, sum(banners), sum(banners_high), count(*)
    from several
    group by land, ip_version, grade, grade_high
),
networks as (
    select network, land, ip_version, min(grade) as grade, min(case when high then grade end) as grade_high
    from facts
    group by network, land, ip_version
),
worlds as (
    select
        n.network, n.ip_version, min(n.grade) as grade, min(n.grade_high) as grade_high,
        min(case when l.inside then n.grade end) as study_grade,
        min(case when l.inside then n.grade_high end) as study_grade_high
    from networks n join lands l on l.land = n.land
    group by n.network, n.ip_version
),
found as (
    select
        'both' as place, land, ip_version, grade as grade_medium, grade_high, banners, banners_high, hosts,
        0 as devices, 0 as prefixes
    from hosts
    union all
    select
        'both', land, ip_version, grade, case when high then grade end, 0, 0, 0, sum(devices), 0
    from counted_devices
    group by land, ip_version, grade, case when high then grade end
    union all
    select 'country', land, ip_version, grade, grade_high, 0, 0, 0, 0, count(*)
    from networks
    group by land, ip_version, grade, grade_high
    union all
    select 'all', null, ip_version, grade, grade_high, 0, 0, 0, 0, count(*)
    from worlds
    group by ip_version, grade, grade_high
    union all
    select 'study', null, ip_version, study_grade, study_grade_high, 0, 0, 0, 0, count(*)
    from worlds
    where study_grade is not null
    group by ip_version, study_grade, study_grade_high
)
select
    f.place, l.country, f.ip_version, f.grade_medium, f.grade_high, f.banners, f.banners_high, f.hosts, f.devices,
    f.prefixes
from found f left join lands l on l.land = f.land
