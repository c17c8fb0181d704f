-- Grain: a banner of any kind in the window, or a counted banner outside it.
-- Columns: ids of banner, file, host, endpoint (port and transport), labels and location; `status`: 0 kept, 1
--   superseded (a later banner of the same endpoint is kept), 2 out of the window, 3 not counted; `network_kind_rank`:
--   0 not known, 1 fixed, 2 mobile, 3 hosting.
-- Why: every later step joins and groups these numbers instead of texts.
with latest as (
    -- Endpoints with several counted banners in the window. In one second the last by file and line is the latest
    -- (there are less than 2^32 lines).
    select
        coalesce(i.address, x.host_id) as host_id,
        i.port * 2 + case when i.transport = 'udp' then 1 else 0 end as endpoint_id,
        max((i.seen_at - s.window_start) * 4294967296 + f.lines_before + i.line) as moment
    from identified i
    cross join settings s
    join files f on f.file = i.file
    left join ipv6_ids x on x.host = i.host
    where i.is_counted and i.seen_at between s.window_start and s.window_end
    group by coalesce(i.address, x.host_id), i.port * 2 + case when i.transport = 'udp' then 1 else 0 end
    having count(*) > 1
),
numbered as (
    select
        f.file_id, f.lines_before + i.line as banner_id, coalesce(i.address, x.host_id) as host_id,
        i.port * 2 + case when i.transport = 'udp' then 1 else 0 end as endpoint_id, i.seen_at, n.banner_labels_id,
        p.location_id,
        i.is_counted, i.asn, i.identity, i.certificate,
        case i.network_kind when 'hosting' then 3 when 'mobile' then 2 when 'fixed' then 1 else 0 end
            as network_kind_rank,
        case when i.seen_at between s.window_start and s.window_end then true else false end as is_in_window,
        (i.seen_at - s.window_start) * 4294967296 + f.lines_before + i.line as moment
    from identified i
    cross join settings s
    join files f on f.file = i.file
    join locations p
        on p.country = i.country and p.ip_version = i.ip_version
        and p.country_second is not distinct from i.country_second
    join banner_labels n
        on n.manufacturer is not distinct from i.manufacturer
        and n.manufacturer_confidence is not distinct from i.manufacturer_confidence
        and n.brand_text is not distinct from i.brand and n.model_text is not distinct from i.model
        and n.product_type is not distinct from i.product_type
        and n.type_confidence is not distinct from i.type_confidence
        and n.firmware_text is not distinct from i.firmware
    left join ipv6_ids x on x.host = i.host
)
select
    b.file_id, b.banner_id, b.host_id, b.endpoint_id, b.seen_at, b.banner_labels_id, b.location_id, b.asn, b.identity,
    b.certificate, cast(b.network_kind_rank as bigint) as network_kind_rank,
    cast(case
        when not b.is_counted then 3
        when not b.is_in_window then 2
        when b.moment < l.moment then 1
        else 0
    end as bigint) as status
from numbered b
left join latest l on l.host_id = b.host_id and l.endpoint_id = b.endpoint_id
where b.is_counted or b.is_in_window
