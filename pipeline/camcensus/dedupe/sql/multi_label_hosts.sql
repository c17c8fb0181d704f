-- Grain: a host whose kept banners have different labels.
-- Columns: the labels they have together (0: not known; as of any device, the kind is by the surest banners); `level`
--   of the banner that says most, `claimed_kind` that any says; whether they contradict each other (`is_conflicting`)
--   or name several makers.
-- Why: banners that do not contradict each other are one device with the labels of all.
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
group by b.host_id
