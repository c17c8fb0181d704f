-- Every counted banner with its fate. A banner is a distinct (host, port, transport): its latest sight in the window is
-- kept, older ones are the same banner again. `maker` is the manufacturer where the evidence names one well enough.
select
    i.file, i.line, i.host, i.ip_version, i.prefix, i.port, i.transport, i.seen, i.country, i.country_second,
    i.identity, i.identity_kind, i.certificate,
    i.brand, i.model, i.product_type, i.type_confidence, i.firmware, i.manufacturer_confidence,
    case when i.manufacturer_confidence in ('medium', 'high') then i.manufacturer end as maker,
    case when i.product_type <> 'video' then i.product_type end as kind,
    case
        when i.seen < s.window_start or i.seen > s.window_end then 'outside'
        when row_number() over (
            partition by i.host, i.port, i.transport, i.seen between s.window_start and s.window_end
            order by i.seen desc, i.file desc, i.line desc
        ) = 1 then 'kept'
        else 'again'
    end as fate
from identified i cross join settings s
where i.counted
