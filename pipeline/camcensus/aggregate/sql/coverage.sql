-- Grain: an IPv4 banner (host, port and transport) in the window.
-- Columns: `address` of the host, country, port; `outcome_rank`, of the strongest of its answers: 1 counted,
--   2 candidate, 3 unsure, 4 other, 5 nothing; `n_answers` that the engine got; `is_decoy`: an answer of its host is of
--   a certain decoy.
-- Why: a banner is in one outcome, whatever it answered at other times.
create table window_banners as
with answers as (
    select
        i.address, i.country, i.port, i.transport,
        case
            when i.is_counted and (h.min_confidence = 'medium' or i.type_confidence = 'high') then 1
            when i.candidate is not null then 2
            when i.product_type in ('camera', 'recorder', 'encoder', 'video') then 3
            when i.product_type is not null then 4
            else 5
        end as outcome_rank,
        case when i.decoy = 'certain' then 1 else 0 end as decoy_answers
    from identified i
    cross join headline h
    cross join counted_window w
    where i.address is not null and i.seen_at between w.window_start and w.window_end
),
decoys as (
    select distinct address from answers where decoy_answers = 1
)
select
    a.address, a.country, a.port, cast(min(a.outcome_rank) as bigint) as outcome_rank,
    cast(count(*) as bigint) as n_answers,
    case when max(d.address) is null then false else true end as is_decoy
from answers a
left join decoys d on d.address = a.address
group by a.address, a.country, a.port, a.transport;

-- Grain: an outcome at one level (world, country, port, country+port) in one scope.
-- Columns: as in the table `coverage`.
-- Why: a host is in the strongest outcome that its banners have within a cell, so each level counts hosts by itself. A
--   host has one country, so hosts add up across countries; across ports they do not.
with headline_banners as (
    select address, country, port, outcome_rank from window_banners where not is_decoy
),
hosts_by_port as (
    select address, country, port, min(outcome_rank) as outcome_rank
    from headline_banners
    group by address, country, port
),
hosts_by_country as (
    select address, country, min(outcome_rank) as outcome_rank from hosts_by_port group by address, country
),
parts as (
    select country, port, outcome_rank, count(*) as n_banners, 0 as n_hosts_of_port, 0 as n_hosts_of_country
    from headline_banners
    group by country, port, outcome_rank
    union all
    select country, port, outcome_rank, 0, count(*), 0 from hosts_by_port group by country, port, outcome_rank
    union all
    select country, null, outcome_rank, 0, 0, count(*) from hosts_by_country group by country, outcome_rank
),
scoped as (
    select 'all' as scope, country, port, outcome_rank, n_banners, n_hosts_of_port, n_hosts_of_country from parts
    union all
    select 'study', p.country, p.port, p.outcome_rank, p.n_banners, p.n_hosts_of_port, p.n_hosts_of_country
    from parts p left join left_out o on o.country = p.country
    where o.country is null
),
cells as (
    select
        scope, 'country+port' as level, country, port, outcome_rank, n_banners, n_hosts_of_port as n_hosts
    from scoped
    where port is not null
    union all
    select scope, 'port', null, port, outcome_rank, n_banners, n_hosts_of_port from scoped where port is not null
    union all
    select scope, 'country', country, null, outcome_rank, n_banners, n_hosts_of_country from scoped
    union all
    select scope, 'world', null, null, outcome_rank, n_banners, n_hosts_of_country from scoped
    union all
    -- The world has a row of each outcome, where nothing was found too.
    select scope, 'world', null, null, outcome_rank, 0, 0 from outcomes
)
select
    c.scope, c.level, c.country, c.port, o.outcome, cast(sum(c.n_banners) as bigint) as n_banners,
    cast(sum(c.n_hosts) as bigint) as n_hosts
from cells c
join outcomes o on o.scope = c.scope and o.outcome_rank = c.outcome_rank
group by c.scope, c.level, c.country, c.port, o.outcome, c.outcome_rank
order by c.scope nulls last, c.level desc nulls last, c.country nulls last, c.port nulls last, c.outcome_rank
