-- Grain: a prefix behind the headline.
-- Columns: `has_one_label`: all its hosts are called the same, in one country; `is_in_several_countries`.
-- Why: a prefix with one label counts one in every level; others are counted apart for each.
select
    prefix_id, min(country_id) as country_id, min(label_id) as label_id,
    case when min(country_id) = max(country_id) and min(label_id) = max(label_id) then true else false end
        as has_one_label,
    case when min(country_id) < max(country_id) then true else false end as is_in_several_countries
from host_labels
where is_headline
group by prefix_id
