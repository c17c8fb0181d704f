-- Grain: a kept banner of a conflicting host.
-- Columns: its labels and identity; `place`: the endpoint where ports are not joined, so that each claims for itself,
--   else 0; `own_device`: the device that it makes if it joins none.
-- Why: these alone have to be put in order to say what is one device.
with addressed as (
    select
        c.host_id,
        coalesce(x.host, concat(
            cast(c.host_id >> 24 as string), '.', cast((c.host_id >> 16) & 255 as string), '.',
            cast((c.host_id >> 8) & 255 as string), '.', cast(c.host_id & 255 as string)
        )) as host
    from conflicting_hosts c left join ipv6_ids x on x.host_id = c.host_id
)
select
    b.banner_id, b.host_id, b.endpoint_id, b.seen_at, b.location_id, n.maker, n.brand, n.model, n.kind, n.firmware,
    n.type_rank, n.maker_rank, i.identity,
    case when i.identity is not null then 1 else n.level end as level,
    case when s.use_same_host or i.identity is not null then 0 else b.endpoint_id + 1 end as place,
    md5(case
        when i.identity is not null and s.use_churn then concat('identity|', i.identity)
        when i.identity is not null then concat('identity|', i.identity, '|', a.host)
        else concat(
            a.host, '|', coalesce(n.maker_text, ''), '|', coalesce(n.model_text, ''),
            '|', coalesce(n.kind_text, ''),
            case
                when s.use_same_host then ''
                when b.endpoint_id & 1 = 0 then concat('|', cast(b.endpoint_id >> 1 as string), '/tcp')
                else concat('|', cast(b.endpoint_id >> 1 as string), '/udp')
            end
        )
    end) as own_device
from banners_encoded b
join addressed a on a.host_id = b.host_id
join banner_labels n on n.banner_labels_id = b.banner_labels_id
left join host_identities i on i.banner_id = b.banner_id
cross join settings s
where b.status = 0
