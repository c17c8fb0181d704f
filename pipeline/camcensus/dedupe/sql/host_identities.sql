-- Grain: a kept banner that shows what identifies its device.
-- Columns: `identity`: a serial number or MAC address, else the owner of the banner's certificate, else the
--   certificate.
-- Why: a certificate alone counts only on hosts without a better identity; there it would make a second device of a
--   port that merely says less.
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
select banner_id, host_id, identity, is_by_certificate from best where identity is not null
