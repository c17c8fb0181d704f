-- Grain: an IPv6 host.
-- Columns: `host_id` and `prefix_id`, above those of IPv4, which are the address as a number and that without its last
--   byte.
-- Why: numbers are joined and grouped in a fraction of the time of texts.
create table ipv6_ids as
select
    host, 4294967296 + row_number() over (order by host nulls last) as host_id,
    16777216 + dense_rank() over (order by prefix nulls last) as prefix_id
from (select host, max(prefix) as prefix from identified where address is null group by host) hosts;

-- Grain: a combination of country, IP version and second opinion on the country.
-- Columns: `location_id`, of which within a country and IP version the largest has the largest second opinion;
--   `country_id`.
-- Why: a host's location is one number, and the largest of its banners is the same in any order.
create table locations as
select
    cast(row_number() over (
        order by country nulls last, ip_version nulls last, country_second nulls first
    ) as bigint) as location_id,
    cast(dense_rank() over (order by country nulls last) as bigint) as country_id, ip_version, country, country_second
from (select distinct country, ip_version, country_second from identified) combinations;

-- Grain: a combination of what banners were found to be.
-- Columns: `banner_labels_id`; numbers and texts of maker (the manufacturer where the evidence is sure enough), kind
--   (the product type where it says which), brand, model, firmware (null: not known), and any_maker (the manufacturer
--   however sure); `level`, 2 for those that say most to 9 for those that say nothing.
-- Why: two banners of one level know the same things, so on one host they contradict each other where they differ.
create table banner_labels as
with combinations as (
    select distinct
        manufacturer, manufacturer_confidence, brand, model, product_type, type_confidence, firmware
    from identified
),
meanings as (
    select
        *,
        case when manufacturer_confidence in ('medium', 'high') then manufacturer end as maker_text,
        case when product_type <> 'video' then product_type end as kind_text
    from combinations
),
numbered as (
    select
        *,
        case when manufacturer is not null then dense_rank() over (order by manufacturer nulls last) end as any_maker,
        case when maker_text is not null then dense_rank() over (order by maker_text nulls last) end as maker,
        case when brand is not null then dense_rank() over (order by brand nulls last) end as brand_number,
        case when model is not null then dense_rank() over (order by model nulls last) end as model_number,
        case when kind_text is not null then dense_rank() over (order by kind_text nulls last) end as kind,
        case when firmware is not null then dense_rank() over (order by firmware nulls last) end as firmware_number
    from meanings
)
select
    row_number() over (
        order by
            manufacturer nulls last, manufacturer_confidence nulls last, brand nulls last, model nulls last,
            product_type nulls last, type_confidence nulls last, firmware nulls last
    ) as banner_labels_id,
    manufacturer, manufacturer_confidence, product_type, type_confidence, maker_text, kind_text, brand as brand_text,
    model as model_text, firmware as firmware_text,
    any_maker, maker, brand_number as brand, model_number as model, kind, firmware_number as firmware,
    cast(case type_confidence when 'high' then 2 else 1 end as bigint) as type_rank,
    cast(case manufacturer_confidence when 'high' then 3 when 'medium' then 2 when 'low' then 1 else 0 end as bigint)
        as maker_rank,
    cast(case
        when model is not null and maker is not null and kind is not null then 2
        when model is not null and maker is not null then 3
        when model is not null and kind is not null then 4
        when model is not null then 5
        when maker is not null and kind is not null then 6
        when maker is not null then 7
        when kind is not null then 8
        else 9
    end as bigint) as level
from numbered;

-- Grain: a banner of any kind in the window, or a counted banner outside it.
-- Columns: ids of banner, file, host, endpoint (port and transport), labels and location; `status`: 0 kept, 1
--   superseded (a later banner of the same endpoint is kept), 2 out of the window, 3 not counted; `network_kind_rank`:
--   0 not known, 1 fixed, 2 mobile, 3 hosting.
-- Why: every later step joins and groups these numbers instead of texts.
create table banners_encoded as
with numbered as (
    select
        f.file_id, f.lines_before + i.line as banner_id, coalesce(i.address, x.host_id) as host_id,
        i.port * 2 + case when i.transport = 'udp' then 1 else 0 end as endpoint_id, i.seen_at, n.banner_labels_id,
        p.location_id,
        i.is_counted, i.asn, i.identity, i.certificate,
        case i.network_kind when 'hosting' then 3 when 'mobile' then 2 when 'fixed' then 1 else 0 end
            as network_kind_rank,
        case when i.seen_at between s.window_start and s.window_end then true else false end as is_in_window,
        -- In one second the last by file and line is the latest (there are less than 2^32 lines).
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
),
endpoints as (
    -- Read again: numbers alone, where rows kept for a second use would hold texts.
    select
        coalesce(i.address, x.host_id) as host_id,
        i.port * 2 + case when i.transport = 'udp' then 1 else 0 end as endpoint_id,
        (i.seen_at - s.window_start) * 4294967296 + f.lines_before + i.line as moment
    from identified i
    cross join settings s
    join files f on f.file = i.file
    left join ipv6_ids x on i.address is null and x.host = i.host
    where i.is_counted and i.seen_at between s.window_start and s.window_end
),
latest as (
    -- Endpoints with several counted banners in the window.
    select host_id, endpoint_id, max(moment) as moment
    from endpoints
    group by host_id, endpoint_id
    having count(*) > 1
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
where b.is_counted or b.is_in_window;
