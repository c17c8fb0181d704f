-- Hosts whose banners were found to be different things, and what these come to if they do not contradict each other
-- (`disputed`: they do). As of any device, the kind is by the surest banners; `level` is of the one that says most, and
-- `claimed_no` is what any says.
select
    t.host, coalesce(max(n.maker), 0) as maker_no,
    max(case when n.maker is null then 0 else n.maker_rank end) as maker_rank,
    coalesce(max(n.brand), 0) as brand_no, coalesce(max(n.model), 0) as model_no,
    coalesce(case when max(n.type_rank) = 2 then max(case when n.type_rank = 2 then n.kind end) else max(n.kind) end, 0)
        as kind_no,
    max(n.type_rank) as type_rank, coalesce(max(n.firmware), 0) as firmware_no, min(n.level) as level,
    coalesce(max(n.kind), 0) as claimed_no,
    case
        when min(n.maker) < max(n.maker) or min(n.model) < max(n.model) or min(n.kind) < max(n.kind)
            or min(n.brand) < max(n.brand) or min(n.firmware) < max(n.firmware)
            then true
        else false
    end as disputed,
    case when min(n.seller) < max(n.seller) then true else false end as several_makers
from sights t
join hosts h on h.host = t.host
join names n on n.name = t.name
where t.fate = 0 and h.lowest_name < h.name
group by t.host
