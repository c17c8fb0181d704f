-- Grain: one row.
-- Columns: answers of any kind in the window; those of a banner with another answer; IPv6 banners,
--   and IPv4 banners of certain decoys or in a country left out.
-- Why: where the answers are that no cell of the headline has. They are counted from `identified` alone.
with answers as (
    select i.host, i.address, i.port, i.transport
    from identified i cross join counted_window w
    where i.seen_at between w.window_start and w.window_end
),
ipv6 as (
    select count(*) as n_answers from answers where address is null group by host, port, transport
),
ipv4 as (
    select
        coalesce(sum(b.n_answers - 1), 0) as n_more_answers,
        coalesce(sum(case when b.is_decoy then 1 else 0 end), 0) as n_decoys,
        coalesce(sum(case when not b.is_decoy and o.country is not null then 1 else 0 end), 0) as n_left_out
    from window_banners b left join left_out o on o.country = b.country
)
select
    cast((select count(*) from answers) as bigint) as n_answers,
    cast(n_more_answers + (select coalesce(sum(n_answers - 1), 0) from ipv6) as bigint) as n_more_answers,
    cast((select count(*) from ipv6) as bigint) as n_ipv6, cast(n_decoys as bigint) as n_decoys,
    cast(n_left_out as bigint) as n_left_out
from ipv4
order by n_answers
