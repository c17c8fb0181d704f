-- Certificates of kept banners, each once, counted over all that was seen in the window, counted or not. `good`: on no
-- more hosts than the study allows, and never in one banner with two serial numbers. `owner`: the serial number or MAC
-- address that stood in one banner with it, whose name it then is.
with spread as (
    select i.certificate, count(distinct i.host) as hosts
    from identified i cross join settings s
    where i.certificate is not null and i.seen between s.window_start and s.window_end and s.use_identity
    group by i.certificate
),
owned as (
    select b.certificate, min(k.identity) as owner, max(k.identity) as other
    from banners b left join serials k on k.good and k.identity = b.identity
    where b.fate = 'kept' and b.certificate is not null
    group by b.certificate
)
select
    o.certificate, o.owner,
    case when p.hosts <= s.max_certificate_hosts and coalesce(o.owner = o.other, true) then true else false end as good
from owned o
join spread p on p.certificate = o.certificate
cross join settings s
