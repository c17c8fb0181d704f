-- Grain: a device.
-- Columns: the host and location of its latest banner, its labels and claim, its worst decoy grade; `level` of the
--   banner that says most, null on conflicting hosts; `has_identity`: one of its banners shows one (not conflicting
--   hosts).
-- Why: on a host without a conflict all banners are one device, found without a look at each.
create table devices as
with host_identity as (
    select host_id, min(identity) as identity from host_identities group by host_id
),
decoys as (
    select distinct host_id, decoy_rank from honeypot_signals
),
known as (
    select n.banner_labels_id, y.claim_id
    from banner_labels n
    join label_claims y
        on y.maker = coalesce(n.maker, 0) and y.maker_rank = case when n.maker is null then 0 else n.maker_rank end
        and y.brand = coalesce(n.brand, 0) and y.model = coalesce(n.model, 0) and y.kind = coalesce(n.kind, 0)
        and y.type_rank = n.type_rank and y.firmware = coalesce(n.firmware, 0) and y.level = n.level
        and y.claimed_kind = coalesce(n.kind, 0)
),
agreed as (
    select h.host_id, y.claim_id
    from multi_label_hosts h
    join label_claims y
        on y.maker = h.maker and y.maker_rank = h.maker_rank and y.brand = h.brand and y.model = h.model
        and y.kind = h.kind and y.type_rank = h.type_rank and y.firmware = h.firmware and y.level = h.level
        and y.claimed_kind = h.claimed_kind
    where not h.is_conflicting
),
settled as (
    select
        h.host_id, h.location_id, coalesce(a.claim_id, k.claim_id) as claim_id, i.identity,
        coalesce(d.decoy_rank, 0) as decoy_rank, h.n_banners, h.network_kind_rank, h.asn, h.first_seen_at,
        h.last_seen_at,
        coalesce(x.host, concat(
            cast(h.host_id >> 24 as string), '.', cast((h.host_id >> 16) & 255 as string), '.',
            cast((h.host_id >> 8) & 255 as string), '.', cast(h.host_id & 255 as string)
        )) as host
    from hosts h
    join known k on k.banner_labels_id = h.banner_labels_id
    left join agreed a on a.host_id = h.host_id
    left join host_identity i on i.host_id = h.host_id
    left join conflicting_hosts c on c.host_id = h.host_id
    left join decoys d on d.host_id = h.host_id
    left join ipv6_ids x on x.host_id = h.host_id
    where c.host_id is null
)
select
    md5(case
        when t.identity is null then concat(t.host, y.claim)
        when s.use_churn then concat('identity|', t.identity)
        else concat('identity|', t.identity, '|', t.host)
    end) as device,
    t.host_id, t.host, t.location_id, t.claim_id, t.decoy_rank, t.n_banners, cast(1 as bigint) as n_hosts,
    t.first_seen_at, t.last_seen_at, t.network_kind_rank, t.asn, y.level,
    case when t.identity is null then false else true end as has_identity
from settled t
join label_claims y on y.claim_id = t.claim_id
cross join settings s
union all
select
    c.device, c.host_id,
    coalesce(x.host, concat(
        cast(c.host_id >> 24 as string), '.', cast((c.host_id >> 16) & 255 as string), '.',
        cast((c.host_id >> 8) & 255 as string), '.', cast(c.host_id & 255 as string)
    )),
    c.location_id, y.claim_id, c.decoy_rank, c.n_banners, c.n_hosts, c.first_seen_at, c.last_seen_at,
    h.network_kind_rank, h.asn, null, false
from conflict_devices c
join hosts h on h.host_id = c.host_id
join label_claims y
    on y.maker = c.maker and y.maker_rank = c.maker_rank and y.brand = c.brand and y.model = c.model
    and y.kind = c.kind and y.type_rank = c.type_rank and y.firmware = c.firmware and y.level = 0
    and y.claimed_kind = 0
left join ipv6_ids x on x.host_id = c.host_id;

-- Grain: a device.
-- Columns: as in the table `devices`, with `claim_id` and `location_id` in place of their texts.
-- Why: in order of country, so that a reader of one country reads little of the file.
select
    d.device, d.host, d.claim_id, d.location_id,
    case d.decoy_rank when 3 then 'certain' when 2 then 'likely' when 1 then 'possible' end as decoy,
    d.n_banners, d.n_hosts, d.first_seen_at, d.last_seen_at
from devices d join locations p on p.location_id = d.location_id
order by p.country_id, d.device nulls last
