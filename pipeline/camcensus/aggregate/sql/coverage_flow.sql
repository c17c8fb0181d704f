-- Grain: one row.
-- Columns: answers of any kind in the window; those of a banner with another answer; IPv6 banners,
--   and IPv4 banners of certain decoys or in a country left out.
-- Why: where the answers are that no cell of the headline has. They are counted from `identified` alone.
with answers as (
    select count(*) as n_answers
    from identified i cross join counted_window w
    where i.seen_at between w.window_start and w.window_end
),
ipv6_banners as (
    select count(*) as n_answers
    from identified i cross join counted_window w
    where i.address is null and i.seen_at between w.window_start and w.window_end
    group by i.host, i.port, i.transport
),
ipv6 as (
    select count(*) as n_banners, coalesce(sum(n_answers - 1), 0) as n_more_answers from ipv6_banners
),
ipv4 as (
    select
        coalesce(sum(n_answers - n_banners), 0) as n_more_answers,
        coalesce(sum(case when is_decoy then n_banners else 0 end), 0) as n_decoys,
        coalesce(sum(case when is_decoy or is_in_study then 0 else n_banners end), 0) as n_left_out
    from window_ports
)
select
    cast(a.n_answers as bigint) as n_answers, cast(b.n_more_answers + c.n_more_answers as bigint) as n_more_answers,
    cast(c.n_banners as bigint) as n_ipv6, cast(b.n_decoys as bigint) as n_decoys,
    cast(b.n_left_out as bigint) as n_left_out
from answers a cross join ipv4 b cross join ipv6 c
order by n_answers
