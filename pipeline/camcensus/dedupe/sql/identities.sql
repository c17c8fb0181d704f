-- Grain: a serial number or MAC address (kind serial), or a certificate, of kept banners.
-- Columns: `is_used`: it identifies a device; `owner`: the serial number that was in one banner with a certificate,
--   whose name that is.
-- Why: what is on more hosts than the study allows, or (a certificate) with two serial numbers, is shared or copied.
create table identities as
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
where s.use_identity;

-- Grain: a kept banner that shows what identifies its device.
-- Columns: `identity`: a serial number or MAC address, else the owner of the banner's certificate, else the
--   certificate.
-- Why: a certificate alone counts only on hosts without a better identity; there it would make a second device of a
--   port that merely says less.
create table host_identities as
with serials as (
    select identity from identities where kind = 'serial' and is_used
),
hosts_with_serial as (
    select distinct b.host_id from banners_encoded b join serials k on k.identity = b.identity where b.status = 0
),
best as (
    select
        b.banner_id, b.host_id,
        coalesce(k.identity, c.owner, case when h.host_id is null then c.identity end) as identity,
        case when k.identity is null then true else false end as is_by_certificate
    from banners_encoded b
    left join serials k on k.identity = b.identity
    left join identities c on c.kind = 'certificate' and c.is_used and c.identity = b.certificate
    left join hosts_with_serial h on h.host_id = b.host_id
    where b.status = 0 and (b.identity is not null or b.certificate is not null)
)
select banner_id, host_id, identity, is_by_certificate from best where identity is not null;
