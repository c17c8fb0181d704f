-- Grain: a kept banner of a conflicting host.
-- Columns: its labels and identity; `place`: the endpoint where ports are not joined, so that each claims for itself,
--   else 0; `own_device`: the device that it makes if it joins none.
-- Why: these alone have to be put in order to say what is one device.
create table conflict_banners as
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
where b.status = 0;

-- Grain: a distinct claim of a conflicting host's kept banners: an identity, and what the device is.
-- Columns: `level`: 1 with an identity, then as in `banner_labels`; `is_undisputed`: no claim of the host that says the
--   same kind of thing (a model; a maker and a kind; a maker; a kind) contradicts another.
-- Why: claims join devices level by level (`attached`). A host with one banner without an identity has nothing to
--   settle, and makes none.
create table claims as
with crowded as (
    select host_id from conflict_banners group by host_id having count(*) > 1
),
claimed as (
    select distinct
        b.host_id, b.identity, b.maker, b.model, b.kind, b.place, b.level, b.own_device,
        case when b.level between 2 and 5 then 2 else b.level end as tier
    from conflict_banners b left join crowded c on c.host_id = b.host_id
    where c.host_id is not null or b.identity is not null
),
tiers as (
    select
        host_id, tier,
        case
            when min(model) < max(model) or min(maker) < max(maker) or min(kind) < max(kind) then false
            else true
        end as is_undisputed
    from claimed
    group by host_id, tier
)
select
    c.host_id, c.identity, c.maker, c.model, c.kind, c.place, c.level, t.is_undisputed, c.own_device
from claimed c join tiers t on t.host_id = c.host_id and t.tier = c.tier;
