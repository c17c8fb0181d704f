-- Kept banners with what identifies their device, best first: a serial number or MAC address, the one that owns the
-- banner's certificate, or the certificate itself. The last only on hosts where no better identity is seen: there it
-- would make a second device of a port that merely tells less.
with settled as (
    select distinct t.host from sights t join serials k on k.good and k.identity = t.identity where t.fate = 0
),
named as (
    select
        t.sight, t.host,
        coalesce(k.identity, c.owner, case when h.host is null then c.certificate end) as identity,
        case when k.identity is null then true else false end as by_certificate
    from sights t
    left join serials k on k.good and k.identity = t.identity
    left join certificates c on c.good and c.certificate = t.certificate
    left join settled h on h.host = t.host
    where t.fate = 0 and (t.identity is not null or t.certificate is not null)
)
select sight, host, identity, by_certificate from named where identity is not null
