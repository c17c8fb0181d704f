-- The columns of `observations` as SQL takes them from the same lines: bounded, but neither checked nor free of what is
-- personal. The benchmark puts in the paths of the files, which fields of the JSON are read, and the registry of MACs.
--
-- Left out: `line`, for reading in parallel numbers no lines; `http_assets` and `is_assets_cut`, which the benchmark
-- counts on a line of their own. `mac_organisation` is a join with the same registry (of package `netaddr`).
with registry as (
    select replace(record[:8], '-', '') as oui, any_value(trim(record[18:], E' \t\r')) as organisation
    from (
        select unnest(regexp_extract_all(content, '(?m)^[0-9A-F-]{8}   [(]hex[)].*$')) as record
        from read_text('$registry')
    )
    group by oui
),

banners as (
    select *, ltrim(data, E'\r\n ') as answer
    from read_json($files, format = 'newline_delimited', columns = $columns, ignore_errors = true, filename = true)
),

-- The cheapest tests first, so that a row pays for its own protocol alone.
known as (
    select *, case
        when answer[:5] = 'HTTP/' then 'http'
        when answer[:5] = 'RTSP/' then 'rtsp'
        when answer[:5] = 'SIP/2' then 'sip'
        when answer[:5] in ('NOTIF', 'M-SEA') then 'ssdp'
        when contains(answer[:64], 'DHIP') then 'dhip'
        when contains(answer, 'onvif://') or contains(answer, 'ProbeMatch') then 'onvif'
        when contains(answer, 'urn:schemas-upnp-org:device') then 'upnp'
        when regexp_matches(answer, '^[A-Z]{3,9} sips?:') then 'sip'
        when regexp_matches(answer, '(?i)^\s*<(?:!doctype\s+html|html|head|body|meta|title)\b') then 'http'
        when regexp_matches(answer, '3[.]6[.]1[.]2[.]1[.]1[.]1[.]0|(?i:sysdescr)') then 'snmp'
        when regexp_matches(answer[:512], '(?m)^220[ -]') and not regexp_matches(answer[:512], '(?i)\bE?SMTP\b')
            and (port = 21 or regexp_matches(answer[:512], '(?i)\b\w*ftp\w*\b')) then 'ftp'
        when regexp_matches(answer[:16], '^\s*(?:\x{ff}[\x{fb}-\x{fe}]|\\xff\\xf[b-e]|\x{fffd}\x{fffd})')
            or regexp_matches(
                right(answer, 64), '(?i)(?:^|[\s(])(?:login|user ?name|user|password|account|passwd)[ \t]?[:>]\s*$'
            ) then 'telnet'
        when _shodan.module like 'http%' then 'http'
        when _shodan.module like 'ftp%' then 'ftp'
        when _shodan.module like 'telnet%' then 'telnet'
        when _shodan.module like 'snmp%' then 'snmp'
        when _shodan.module like 'sip%' then 'sip'
    end as protocol
    from banners
),

parted as (
    select *,
        case when protocol in ('http', 'rtsp', 'sip', 'ssdp') and answer[:1] <> '<'
            then split_part(answer, E'\r\n\r\n', 1)[:16384] end as head,
        case when protocol = 'http' then if(answer[:1] = '<', answer, split_part(answer, E'\r\n\r\n', 2))
            when protocol = 'upnp' then answer end as body
    from known
),

headed as (
    select *,
        nullif(regexp_extract(head, '(?im)^server[ \t]*:[ \t]*([^\r\n]+)', 1), '') as server,
        case when protocol in ('http', 'rtsp') and contains(lower(head), 'www-authenticate')
            then regexp_extract_all(head, '(?im)^www-authenticate[ \t]*:[ \t]*([^\r\n]+)', 1) end as challenges,
        case when protocol in ('http', 'ssdp')
            then nullif(regexp_extract(head, '(?im)^location[ \t]*:[ \t]*([^\r\n]+)', 1), '') end as location_header,
        case when protocol in ('http', 'ssdp') and contains(lower(head), E'\nusn:')
            then regexp_extract(head, '(?im)^usn[ \t]*:[ \t]*([^\r\n]+)', 1) end as usn,
        coalesce(nullif(http.html, ''), nullif(html, ''), nullif(body, '')) as page
    from parted
),

found as (
    select *,
        if(protocol = 'http' and usn is not null, 'ssdp', protocol) as kind,
        trim(regexp_extract(
            array_to_string(challenges, E'\n'), '(?i)realm[ \t]*=[ \t]*("[^"]*"|[^,"\r\n]*)', 1
        ), '"') as realm,
        array_to_string(list_transform(challenges, lambda c: split_part(c, ' ', 1)), ' ') as schemes,
        contains(page, 'urn:schemas-upnp-org:device') as is_description,
        coalesce(
            nullif(http.title, ''), nullif(title, ''),
            nullif(regexp_extract(page, '(?i)<title[^>]*>([^<]*)', 1), '')
        ) as page_title
    from headed
),

texts as (
    select
        parse_filename(filename) as file, ip_str as host, if(contains(ip_str, ':'), 6, 4) as ip_version, port,
        coalesce(transport, 'tcp') as transport, epoch("timestamp")::bigint as seen_at,
        upper(location.country_code) as engine_country, try_cast(ltrim(asn, 'AS') as bigint) as asn,
        coalesce(nullif(org, ''), isp)[:256] as network, location.region_code[:256] as region,
        location.city[:256] as city, array_to_string(list_sort(map_keys(vulns))[:512], ' ') as vulns,
        "version"[:256] as firmware, http.status as http_status, hash as banner_hash, http.html_hash as html_hash,
        lower(replace(ssl.cert.fingerprint.sha256, ':', '')) as cert_sha256,
        coalesce(_camcensus.synthetic, false) as is_synthetic,
        _shodan.module[:256] as module, product[:256] as product, devicetype[:256] as devicetype,
        array_to_string(coalesce(cpe23, cpe), ' ')[:512] as cpe, array_to_string(tags, ' ')[:256] as tags,
        nullif(concat_ws(
            ' ', if(hikvision is not null, 'hikvision', null), if(dahua is not null, 'dahua', null),
            if(dahua_dvr_web is not null, 'dahua_dvr_web', null), if(ip_camera is not null, 'ip_camera', null),
            if(upnp is not null, 'upnp', null)
        ), '') as block,
        if(kind = 'http' or kind is null, coalesce(server, nullif(http.server, '')), http.server)[:256] as http_server,
        page_title[:256] as http_title,
        case when kind = 'http' then nullif(realm, '')[:256] end as http_realm,
        case when kind = 'http' then nullif(schemes, '')[:256] end as http_auth,
        if(is_description, null, page[:2048]) as http_html,
        http.favicon.hash::varchar as http_favicon,
        nullif(nullif(regexp_extract(
            coalesce(location_header, http.redirects[1].location, http.location),
            '^(?:(?:https?:)?//[^/?#]*)?([\w./+,!~@=%-]+)(?:[?#;]|$)', 1
        ), '/'), '')[:256] as http_location,
        case when kind = 'rtsp' then server[:256] end as rtsp_server,
        case when kind = 'rtsp' then nullif(realm, '')[:256] end as rtsp_realm,
        case when kind = 'rtsp' then nullif(schemes, '')[:256] end as rtsp_auth,
        case when kind = 'ftp' then trim(answer[:512]) end as ftp_banner,
        case when kind = 'telnet' then trim(regexp_replace(
            answer[:4096], '\x{ff}[\x{fb}-\x{fe}].|\\xff\\xf[b-e](?:\\x[0-9a-f]{2}|\\[tnr]|[ -~])|\x{fffd}\x{fffd}.', '',
            'gs'
        ), E' \r\n')[:512] end as telnet_banner,
        coalesce(
            case when kind = 'snmp' then coalesce(nullif(trim(regexp_extract(
                answer, '(?im)sysDescr[.0]*[ \t]*[:=][ \t]*(?:STRING:[ \t]*)?([^\r\n]*)', 1
            ), ' "'), ''), answer) end,
            snmp.description
        )[:512] as snmp_description,
        case when kind = 'sip' then coalesce(
            nullif(regexp_extract(head, '(?im)^user-agent[ \t]*:[ \t]*([^\r\n]+)', 1), ''), server
        )[:256] end as sip_user_agent,
        case when kind = 'ssdp' then server[:256] end as ssdp_server,
        case when kind = 'onvif' then nullif(array_to_string(list_distinct(regexp_extract_all(
            regexp_extract(answer, '(?i)<(?:[\w-]+:)?Types\b[^>]*>([^<]+)<', 1),
            '\b(NetworkVideo(?:Transmitter|Display|Storage|Analytics)|Device|Computer|PrintDeviceType|ScanDeviceType)\b'
        )), ' '), '') end as onvif_types,
        case when kind = 'onvif' then nullif(array_to_string(regexp_extract_all(
            answer[:16384], '(?i)onvif://www[.]onvif[.]org/(?:type|hardware|profile|manufacturer|mfr|name)/[^\s<>"'']+'
        ), ' '), '')[:1024] end as onvif_scopes,
        case when kind = 'dhip' then array_to_string(regexp_extract_all(
            answer[:2048], '"(?:Vendor|DeviceClass|DeviceType|Version|SerialNo|mac)"\s*:\s*"[^"]*"'
        ), ',')[:512] end as dhip_reply,
        nullif(concat_ws(
            ',', 'CN=' || ssl.cert.subject.CN, 'OU=' || ssl.cert.subject.OU, 'O=' || ssl.cert.subject.O,
            'L=' || ssl.cert.subject.L, 'ST=' || ssl.cert.subject.ST, 'C=' || ssl.cert.subject.C
        ), '')[:512] as cert_subject,
        nullif(concat_ws(
            ',', 'CN=' || ssl.cert.issuer.CN, 'OU=' || ssl.cert.issuer.OU, 'O=' || ssl.cert.issuer.O,
            'L=' || ssl.cert.issuer.L, 'ST=' || ssl.cert.issuer.ST, 'C=' || ssl.cert.issuer.C
        ), '')[:512] as cert_issuer,
        hikvision.device_model[:256] as hikvision_device_model,
        hikvision.device_version[:256] as hikvision_device_version,
        hikvision.web_version[:256] as hikvision_web_version, dahua.serial_number[:256] as dahua_serial_number,
        dahua_dvr_web.web_version[:256] as dahua_dvr_web_web_version, ip_camera.brand[:256] as ip_camera_brand,
        ip_camera.model[:256] as ip_camera_model, ip_camera.software_version[:256] as ip_camera_software_version,
        ip_camera.mac_address[:256] as ip_camera_mac_address, ip_camera.id[:256] as ip_camera_id,
        case when kind = 'http' and body <> '' and body[:1] <> '<' then nullif(
            regexp_extract(body, '^\s*([A-Za-z][\w .&+-]*(?:DVR|NVR|XVR|Camera|Recorder|Encoder):)[ \t]*\r?\n', 1)
            || ' ' || array_to_string(regexp_extract_all(
                body, '(?m)^[ \t]+((?:(?:Web|Device|Plugin|Software|System|Hardware|App|Client|Server|Firmware) )?'
                || '(?:Version(?: 2)?|Model)|Brand|Build|Product): +([^\r\n]+)', 0
            ), '; '), ' '
        )[:512] end as block_text,
        case when is_description then regexp_extract(
            page[:16384], '<manufacturer>([^<]+)</', 1
        ) else upnp.manufacturer end[:256] as upnp_manufacturer,
        case when is_description then regexp_extract(page[:16384], '<modelName>([^<]+)</', 1)
            else upnp.model_name end[:256] as upnp_model_name,
        case when is_description then regexp_extract(page[:16384], '<modelNumber>([^<]+)</', 1)
            else upnp.model_number end[:256] as upnp_model_number,
        case when is_description then regexp_extract(page[:16384], '<serialNumber>([^<]+)</', 1)
            else upnp.serial_number end[:256] as upnp_serial_number,
        case when is_description then regexp_extract(page[:16384], '<UDN>([^<]+)</', 1)
            when kind = 'ssdp' then split_part(usn, '::', 1)
            else upnp.udn end[:256] as upnp_udn,
        coalesce(
            list_min(map_keys(mac)),
            case when kind = 'onvif' then nullif(regexp_extract(
                answer[:16384],
                '(?i)onvif://www[.]onvif[.]org/mac/[0-9a-f:-]{12,17}|<(?:[\w-]+:)?Address\b[^>]*>\s*urn:[^<\s]+'
            ), '') end
        ) as own_mac
    from found
),

-- A MAC address of block mac, or the first in texts that may hold one.
with_mac as (
    select *, regexp_extract(coalesce(
        own_mac,
        concat_ws(
            ' ', ip_camera_mac_address, dhip_reply, upnp_serial_number, upnp_udn, ip_camera_id, rtsp_realm, http_realm,
            split_part(cert_subject, ',', 1), http_title
        )
    ), '(?i)(?:^|[^0-9a-z])([0-9a-f]{2}(?:[:-][0-9a-f]{2}){5}|[0-9a-f]{12})(?:$|[^0-9a-z])', 1) as mac_text
    from texts
)

select with_mac.* exclude (own_mac, mac_text),
    case when mac_text like '%:%' or mac_text like '%-%' then replace(upper(mac_text), '-', ':')
        -- Twelve digits are one only if they are registered.
        when organisation is not null and not regexp_matches(mac_text, '^[0-9]*$')
            then regexp_replace(upper(mac_text), '(..)(..)(..)(..)(..)(..)', '\1:\2:\3:\4:\5:\6') end as mac,
    case when mac is not null then organisation end as mac_organisation
from with_mac left join registry on registry.oui = upper(replace(replace(mac_text, ':', ''), '-', ''))[:6]
