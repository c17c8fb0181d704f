-- Grain: a serial number or MAC address (kind serial), or a certificate, of kept banners.
-- Columns: `is_used`: it identifies a device; `owner`: the serial number that was in one banner with a certificate,
--   whose name that is.
-- Why: what is on more hosts than the study allows, or (a certificate) with two serial numbers, is shared or copied.
with serial_hosts as (
    select identity, count(*) as n_hosts
    from (select distinct identity, host_id from banners_encoded where status = 0 and identity is not null) hosts
    group by identity
),
serials as (
    select h.identity, case when h.n_hosts <= s.max_identity_hosts then true else false end as is_used
    from serial_hosts h cross join settings s
),
certificate_hosts as (
    -- Counted over all that was seen in the window: banners that are not counted show copies too.
    select certificate, count(*) as n_hosts
    from (select distinct certificate, host_id from banners_encoded where status <> 2 and certificate is not null) hosts
    group by certificate
),
owners as (
    select b.certificate, min(k.identity) as owner, max(k.identity) as other
    from banners_encoded b left join serials k on k.is_used and k.identity = b.identity
    where b.status = 0 and b.certificate is not null
    group by b.certificate
)
select 'serial' as kind, k.identity, cast(null as string) as owner, k.is_used
from serials k cross join settings s
where s.use_identity
union all
select
    'certificate', o.certificate, o.owner,
    case when h.n_hosts <= s.max_certificate_hosts and coalesce(o.owner = o.other, true) then true else false end
from owners o
join certificate_hosts h on h.certificate = o.certificate
cross join settings s
where s.use_identity
