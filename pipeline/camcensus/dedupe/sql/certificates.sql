-- Certificates of kept banners, each once, counted over all that was seen in the window, counted or not. `good`: on no
-- more hosts than the study allows, and never in one banner with two serial numbers. `owner`: the serial number or MAC
-- address that stood in one banner with it, whose name it then is.
with spread as (
    select certificate, count(*) as hosts
    from (select distinct certificate, host from sights where fate <> 2 and certificate is not null) places
    group by certificate
),
owned as (
    select t.certificate, min(k.identity) as owner, max(k.identity) as other
    from sights t left join serials k on k.good and k.identity = t.identity
    where t.fate = 0 and t.certificate is not null
    group by t.certificate
)
select
    o.certificate, o.owner,
    case when p.hosts <= s.max_certificate_hosts and coalesce(o.owner = o.other, true) then true else false end as good
from owned o
join spread p on p.certificate = o.certificate
cross join settings s
where s.use_identity
