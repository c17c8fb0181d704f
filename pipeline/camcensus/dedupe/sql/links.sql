-- Grain: a counted banner.
-- Columns: its status, and in the window its device, the rule that put it there and the host's decoy grade.
-- Why: kept before it is sorted (`links`): joins and a sort at once need more memory than DuckDB is allowed.
create table banner_devices as
select
    b.file_id, b.banner_id,
    case b.status when 0 then 'kept' when 1 then 'superseded' else 'out_of_window' end as status,
    case when b.status < 2 then coalesce(m.device, d.device) end as device,
    case
        when b.status = 1 then 'same-banner'
        when b.status = 2 then null
        when m.rule is not null then m.rule
        when i.banner_id is not null then 'identity'
        when d.has_identity or n.level > d.level then 'same-host'
        else 'alone'
    end as rule,
    case
        when b.status = 2 then null
        else case coalesce(m.decoy_rank, d.decoy_rank)
            when 3 then 'certain' when 2 then 'likely' when 1 then 'possible'
        end
    end as decoy
from banners_encoded b
join banner_labels n on n.banner_labels_id = b.banner_labels_id
left join devices d on d.level is not null and d.host_id = b.host_id
left join conflict_members m on m.host_id = b.host_id and m.endpoint_id = b.endpoint_id
left join host_identities i on i.banner_id = b.banner_id
where b.status <= 2;

-- Grain: a counted banner.
-- Columns: as in the table `links`, with `file_id` in place of the file.
-- Why: in the order of file and line.
select b.file_id, b.banner_id - f.lines_before as line, b.status, b.device, b.rule, b.decoy
from banner_devices b
join files f on f.file_id = b.file_id
order by b.banner_id
