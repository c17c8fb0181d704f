-- Every counted banner with its fate and, if it is in the window, its device. Kept before it is sorted: joins and a
-- sort at once need more memory than DuckDB is allowed.
select
    t.part, t.sight,
    case t.fate when 0 then 'kept' when 1 then 'again' else 'outside' end as fate,
    case when t.fate < 2 then coalesce(m.device, d.device) end as device,
    case
        when t.fate = 1 then 'same-banner'
        when t.fate = 2 then null
        when m.rule is not null then m.rule
        when i.sight is not null then 'identity'
        when d.named or n.level > d.level then 'same-host'
        else 'alone'
    end as rule,
    case
        when t.fate = 2 then null
        else case coalesce(m.grade, d.grade) when 3 then 'certain' when 2 then 'likely' when 1 then 'possible' end
    end as decoy
from sights t
join names n on n.name = t.name
left join devices d on d.level is not null and d.host = t.host
left join members m on m.host = t.host and m.door = t.door
left join marked i on i.sight = t.sight
where t.fate <= 2
