-- Kept banners, with what identifies the device of each, best first: a serial number or MAC address, the one that owns
-- the banner's certificate, or the certificate itself. The last only on hosts where no better identity is seen: there
-- it would make a second device of a port that merely tells less.
with settled as (
    select distinct b.host from banners b join serials k on k.good and k.identity = b.identity where b.fate = 'kept'
),
named as (
    select
        b.file, b.line, b.host, b.ip_version, b.prefix, b.port, b.transport, b.seen, b.country, b.country_second,
        b.maker, b.brand, b.model, b.kind, b.product_type, b.type_confidence, b.firmware, b.manufacturer_confidence,
        coalesce(k.identity, c.owner, case when h.host is null then c.certificate end) as identity,
        case
            when k.identity is not null then b.identity_kind
            when c.owner is not null or (c.certificate is not null and h.host is null) then 'certificate'
        end as identity_kind,
        case
            when s.use_same_host or k.identity is not null or c.owner is not null then ''
            when c.certificate is not null and h.host is null then ''
            else concat(cast(b.port as string), '/', b.transport)
        end as place
    from banners b
    cross join settings s
    left join serials k on k.good and k.identity = b.identity
    left join certificates c on c.good and c.certificate = b.certificate
    left join settled h on c.certificate is not null and h.host = b.host
    where b.fate = 'kept'
)
select
    n.*,
    md5(case
        when n.identity is not null and s.use_churn then concat('identity|', n.identity)
        when n.identity is not null then concat('identity|', n.identity, '|', n.host)
        else concat(
            n.host, '|', coalesce(n.maker, ''), '|', coalesce(n.model, ''), '|', coalesce(n.kind, ''),
            case when n.place = '' then '' else concat('|', n.place) end
        )
    end) as own_device
from named n cross join settings s
