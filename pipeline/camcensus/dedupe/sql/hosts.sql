-- Grain: a host with a kept banner.
-- Columns: least and largest of its banners' labels and locations; `network_kind_rank`: hosting where any says so, else
--   mobile, else fixed; `asn`: the largest that any says.
-- Why: a host whose banners all have the same labels, as those with one banner have, needs no closer look.
create table hosts as
select
    host_id, cast(count(*) as bigint) as n_banners, min(banner_labels_id) as least_banner_labels_id,
    max(banner_labels_id) as banner_labels_id,
    min(location_id) as least_location_id, max(location_id) as location_id, min(seen_at) as first_seen_at,
    max(seen_at) as last_seen_at, max(network_kind_rank) as network_kind_rank, max(asn) as asn
from banners_encoded
where status = 0
group by host_id;

-- Grain: a host whose kept banners have different labels.
-- Columns: the labels they have together (0: not known; as of any device, the kind is by the surest banners); `level`
--   of the banner that says most, `claimed_kind` that any says; whether they contradict each other (`is_conflicting`)
--   or name several makers.
-- Why: banners that do not contradict each other are one device with the labels of all.
create table multi_label_hosts as
select
    b.host_id, coalesce(max(n.maker), 0) as maker,
    max(case when n.maker is null then 0 else n.maker_rank end) as maker_rank,
    coalesce(max(n.brand), 0) as brand, coalesce(max(n.model), 0) as model,
    coalesce(case when max(n.type_rank) = 2 then max(case when n.type_rank = 2 then n.kind end) else max(n.kind) end, 0)
        as kind,
    max(n.type_rank) as type_rank, coalesce(max(n.firmware), 0) as firmware, min(n.level) as level,
    coalesce(max(n.kind), 0) as claimed_kind,
    case
        when min(n.maker) < max(n.maker) or min(n.model) < max(n.model) or min(n.kind) < max(n.kind)
            or min(n.brand) < max(n.brand) or min(n.firmware) < max(n.firmware)
            then true
        else false
    end as is_conflicting,
    case when min(n.any_maker) < max(n.any_maker) then true else false end as has_several_makers
from banners_encoded b
join hosts h on h.host_id = b.host_id
join banner_labels n on n.banner_labels_id = b.banner_labels_id
where b.status = 0 and h.least_banner_labels_id < h.banner_labels_id
group by b.host_id;

-- Grain: a host on which it must be decided banner by banner what is one device.
-- Columns: `host_id`.
-- Why: its banners contradict each other, are in two countries, or show two identities or one that is on another host
--   too; or the study does not join ports.
create table conflicting_hosts as
select host_id from multi_label_hosts where is_conflicting
union
select h.host_id
from hosts h
join locations a on a.location_id = h.least_location_id
join locations b on b.location_id = h.location_id
where h.least_location_id < h.location_id and a.country_id < b.country_id
union
select host_id from host_identities group by host_id having min(identity) < max(identity)
union
select i.host_id
from host_identities i
join (select identity from host_identities group by identity having min(host_id) < max(host_id)) several
    on several.identity = i.identity
union
select h.host_id from hosts h join settings s on not s.use_same_host;
