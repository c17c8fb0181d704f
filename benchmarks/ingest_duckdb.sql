-- The columns of `observations` as SQL takes them from the same lines: bounded, but neither checked nor free of what is
-- personal. The benchmark puts in the paths of the files, and which fields of the JSON are read.
select
    filename as file, ip_str as host, case when ip_str like '%:%' then 6 else 4 end as ip_version, port, transport,
    epoch("timestamp"::timestamp)::bigint as seen_at, location.country_code as engine_country,
    try_cast(asn[3:] as bigint) as asn, coalesce(org, isp)[:256] as network, version[:256] as firmware,
    http.status as http_status, hash as banner_hash, http.html_hash as html_hash,
    ssl.cert.fingerprint.sha256 as cert_sha256, coalesce(_camcensus.synthetic, false) as is_synthetic,
    _shodan.module[:256] as module, product[:256] as product, devicetype[:256] as devicetype,
    array_to_string(coalesce(cpe23, cpe), ' ')[:512] as cpe, array_to_string(tags, ' ')[:256] as tags,
    concat_ws(
        ' ', case when hikvision is not null then 'hikvision' end, case when dahua is not null then 'dahua' end,
        case when dahua_dvr_web is not null then 'dahua_dvr_web' end,
        case when ip_camera is not null then 'ip_camera' end, case when upnp is not null then 'upnp' end
    ) as block,
    coalesce(
        case when data like 'HTTP/%' then nullif(regexp_extract(head, '(?im)^server[ \t]*:[ \t]*([^\r\n]*)', 1), '') end,
        http.server
    )[:256] as http_server,
    coalesce(http.title, title)[:256] as http_title,
    case when data like 'HTTP/%' then regexp_extract(head, '(?i)realm[ \t]*=[ \t]*"([^"]*)"', 1) end as http_realm,
    case when data like 'HTTP/%' then regexp_extract(head, '(?im)^www-authenticate[ \t]*:[ \t]*(\w+)', 1) end as http_auth,
    coalesce(nullif(http.html, ''), html, split_part(data, E'\r\n\r\n', 2))[:2048] as http_html,
    http.favicon.hash::varchar as http_favicon,
    case when data like 'RTSP/%' then regexp_extract(head, '(?im)^server[ \t]*:[ \t]*([^\r\n]*)', 1) end as rtsp_server,
    case when data like 'RTSP/%' then regexp_extract(head, '(?i)realm[ \t]*=[ \t]*"([^"]*)"', 1) end as rtsp_realm,
    case when data like 'RTSP/%' then regexp_extract(head, '(?im)^www-authenticate[ \t]*:[ \t]*(\w+)', 1) end as rtsp_auth,
    case when _shodan.module like 'ftp%' or (data like '220%' and port = 21) then head[:512] end as ftp_banner,
    case when _shodan.module like 'telnet%' then head[:512] end as telnet_banner,
    case when _shodan.module like 'snmp%' then head[:512] end as snmp_description,
    case when data like 'SIP/%' then regexp_extract(head, '(?im)^(?:user-agent|server)[ \t]*:[ \t]*([^\r\n]*)', 1) end
        as sip_user_agent,
    case when data like '%onvif://%' then head[:512] end as onvif_scopes,
    case when head[:64] like '%DHIP%' then head[:512] end as dhip_reply,
    left(ssl.cert.subject::varchar, 512) as cert_subject, left(ssl.cert.issuer::varchar, 512) as cert_issuer,
    hikvision.device_model as hikvision_device_model, hikvision.device_version as hikvision_device_version,
    hikvision.web_version as hikvision_web_version, dahua.serial_number as dahua_serial_number,
    dahua_dvr_web.web_version as dahua_dvr_web_web_version, ip_camera.brand as ip_camera_brand,
    ip_camera.model as ip_camera_model, ip_camera.software_version as ip_camera_software_version,
    ip_camera.mac_address as ip_camera_mac_address, ip_camera.id as ip_camera_id,
    upnp.manufacturer as upnp_manufacturer, upnp.model_name as upnp_model_name,
    upnp.model_number as upnp_model_number, upnp.serial_number as upnp_serial_number, upnp.udn as upnp_udn,
    left(mac::varchar, 256) as mac
from (
    select *, data[:2048] as head
    from read_json($files, format = 'newline_delimited', columns = $columns, ignore_errors = true, filename = true)
)
