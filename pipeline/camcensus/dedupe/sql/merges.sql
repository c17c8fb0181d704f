-- How many rows each rule put with another one: older sights with the kept banner; on one host, banners of one
-- identity; on one host, banners that do not contradict a device; devices of one host with the same identity on
-- another. Rows in the window are devices plus all of these.
with disputes as (
    select
        count(*) as banners, sum(case when identity is not null then 1 else 0 end) as named
    from members
    group by host, device
),
marks as (
    select host, count(*) as named from marked group by host
),
here as (
    select banners, named from disputes
    union all
    select d.n_banners, coalesce(m.named, 0)
    from devices d left join marks m on d.named and m.host = d.host
    where d.level is not null
),
sums as (
    select
        sum(case when named > 1 then named - 1 else 0 end) as by_identity,
        sum(case when named > 1 then banners - named else banners - 1 end) as by_host,
        count(*) as places
    from here
)
select
    cast((select count(*) from sights where fate = 1) as bigint) as same_banner,
    cast(coalesce(by_identity, 0) as bigint) as identity,
    cast(coalesce(by_host, 0) as bigint) as same_host,
    cast(places - (select count(*) from devices) as bigint) as churn
from sums
