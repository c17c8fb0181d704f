-- All that was seen in the window, and counted banners outside it, in numbers. `sight` numbers them in the order of
-- file and line; `fate`: 0 kept, 1 an older sight of a banner that was kept, 2 outside the window, 3 not counted.
-- `network_kind`: 0 not known, 1 fixed, 2 mobile, 3 hosting.
with seen as (
    select
        f.part, f.lines_before + i.line as sight, coalesce(i.address, x.host) as host,
        i.port * 2 + case when i.transport = 'udp' then 1 else 0 end as door, i.seen_at as seen, n.name, p.spot,
        i.is_counted as counted, i.asn, i.identity, i.certificate,
        case i.network_kind when 'hosting' then 3 when 'mobile' then 2 when 'fixed' then 1 else 0 end as network_kind,
        case when i.seen_at between s.window_start and s.window_end then true else false end as inside,
        (i.seen_at - s.window_start) * 4294967296 + f.lines_before + i.line as moment
    from identified i
    cross join settings s
    join files f on f.file = i.file
    join spots p
        on p.country = i.country and p.ip_version = i.ip_version
        and p.country_second is not distinct from i.country_second
    join names n
        on n.manufacturer is not distinct from i.manufacturer
        and n.manufacturer_confidence is not distinct from i.manufacturer_confidence
        and n.brand_text is not distinct from i.brand and n.model_text is not distinct from i.model
        and n.product_type is not distinct from i.product_type
        and n.type_confidence is not distinct from i.type_confidence
        and n.firmware_text is not distinct from i.firmware
    left join sixes x on x.host_text = i.host
)
select
    t.part, t.sight, t.host, t.door, t.seen, t.name, t.spot, t.asn, t.identity, t.certificate,
    cast(t.network_kind as bigint) as network_kind,
    cast(case
        when not t.counted then 3
        when not t.inside then 2
        when t.moment < r.latest then 1
        else 0
    end as bigint) as fate
from seen t
left join repeated r on r.host = t.host and r.door = t.door
where t.counted or t.inside
