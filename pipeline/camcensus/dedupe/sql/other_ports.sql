-- Grain: one row.
-- Columns: `are_collected`: at least one host in twenty shows a port that is no camera's.
-- Why: queries for cameras bring a few other ports too, and from these nothing follows for the hosts that show none.
with shown as (
    select distinct b.host_id from banners_encoded b join hosts h on h.host_id = b.host_id where b.status = 3
),
numbers as (
    select (select count(*) from shown) as n_shown, (select count(*) from hosts) as n_hosts
)
select case when n_shown > 0 and 20 * n_shown >= n_hosts then true else false end as are_collected from numbers
