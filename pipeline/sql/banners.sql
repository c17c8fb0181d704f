-- Every counted banner with its fate. A banner is a distinct (host, port, transport): its latest sight in the window is
-- kept, older ones are the same banner again. `maker` is the manufacturer where the evidence names one well enough.
-- Only what was seen more than once is put in order.
with counted as (
    select i.*, case when i.seen between s.window_start and s.window_end then true else false end as inside
    from identified i cross join settings s
    where i.counted
),
repeated as (
    select host, port, transport from counted where inside group by host, port, transport having count(*) > 1
),
older as (
    select file, line
    from (
        select
            c.file, c.line,
            row_number() over (
                partition by c.host, c.port, c.transport order by c.seen desc, c.file desc, c.line desc
            ) as place
        from counted c
        join repeated r on r.host = c.host and r.port = c.port and r.transport = c.transport
        where c.inside
    ) placed
    where place > 1
)
select
    i.file, i.line, i.host, i.ip_version, i.prefix, i.port, i.transport, i.seen, i.country, i.country_second,
    i.identity, i.identity_kind, i.certificate,
    i.brand, i.model, i.product_type, i.type_confidence, i.firmware, i.manufacturer_confidence,
    case when i.manufacturer_confidence in ('medium', 'high') then i.manufacturer end as maker,
    case when i.product_type <> 'video' then i.product_type end as kind,
    case when not i.inside then 'outside' when o.file is null then 'kept' else 'again' end as fate
from counted i left join older o on o.file = i.file and o.line = i.line
