-- Grain: a country of answers of any kind.
-- Columns: `country_id` and `country`; `is_in_study`: the study does not leave it out.
-- Why: answers are grouped by the number.
create table answer_countries as
with found as (
    select distinct country from identified
)
select
    row_number() over (order by f.country nulls last) as country_id, f.country,
    case when o.country is null then true else false end as is_in_study
from found f left join left_out o on o.country = f.country;

-- Grain: an answer of an IPv4 host in the window.
-- Columns: `country_id` and `is_in_study`, as in `answer_countries`; `outcome_rank`: 1 counted, 2 candidate, 3 unsure,
--   4 other, 5 nothing; `is_decoy`: of a certain decoy; `manufacturer` where the evidence is sure enough; `kind_rank`
--   that is shown so: 1 surveillance, 2 other, 0 unknown; `is_by_range`: the maker's range says so; `pivotal`, as in
--   `identified`.
-- Why: `coverage`, `maker_kinds` and `reliance` all count these, and read the long table once for it.
create table window_answers as
with shown as (
    select
        i.address, i.country, i.port, i.transport, i.pivotal, i.manufacturer, i.manufacturer_confidence,
        case
            when i.product_type is null then 0
            when i.product_type in ('camera', 'recorder', 'encoder', 'video') then 1
            else 2
        end as product_rank,
        case i.type_confidence when 'high' then 3 when 'medium' then 2 else 1 end as type_rank,
        i.is_counted, case when i.candidate is null then false else true end as is_candidate,
        case when i.decoy = 'certain' then true else false end as is_decoy,
        case when i.signatures like '%.range %' or i.signatures like '%.range' then 1 else 0 end as is_by_range
    from identified i
    cross join counted_window w
    where i.address is not null and i.seen_at between w.window_start and w.window_end
)
select
    s.address, k.country_id, k.is_in_study, s.port, s.transport, s.pivotal, s.is_decoy, s.is_by_range,
    case when s.manufacturer_confidence in ('medium', 'high') then s.manufacturer end as manufacturer,
    case
        when s.is_counted and (h.min_confidence = 'medium' or s.type_rank = 3) then 1
        when s.is_candidate then 2
        when s.product_rank = 1 then 3
        when s.product_rank = 2 then 4
        else 5
    end as outcome_rank,
    case when s.type_rank = 1 then 0 else s.product_rank end as kind_rank
from shown s
join answer_countries k on k.country = s.country
cross join headline h;

-- Grain: an IPv4 host with an answer of a certain decoy in the window.
-- Columns: `address`.
-- Why: all that it answers is left out, as it is of the headline.
create table decoy_addresses as
select distinct address from window_answers where is_decoy;

-- Grain: a port of an IPv4 host in one country in the window.
-- Columns: `outcome_rank` of the strongest answer, and `tcp_rank` and `udp_rank` by transport (null: none);
--   `n_banners`: transports that answered; `n_answers` that the engine got, and `n_counted` of them; `is_decoy`: an
--   answer of its host is of a certain decoy.
-- Why: a banner (host, port and transport) is in one outcome, whatever it answered at other times.
create table window_ports as
with ports as (
    select
        address, country_id, port, min(outcome_rank) as outcome_rank,
        min(case when transport <> 'udp' then outcome_rank end) as tcp_rank,
        min(case when transport = 'udp' then outcome_rank end) as udp_rank, count(*) as n_answers,
        count(case when outcome_rank = 1 then 1 end) as n_counted
    from window_answers
    group by address, country_id, port
)
select
    p.address, p.country_id, k.is_in_study, p.port, p.outcome_rank, p.tcp_rank, p.udp_rank,
    case when p.tcp_rank is null or p.udp_rank is null then 1 else 2 end as n_banners, p.n_answers, p.n_counted,
    case when d.address is null then false else true end as is_decoy
from ports p
join answer_countries k on k.country_id = p.country_id
left join decoy_addresses d on d.address = p.address;

-- Grain: an IPv4 host in the window that is no certain decoy.
-- Columns: least and largest of its answers' countries; `outcome_rank` of the strongest answer; answers in countries of
--   the study, and how many of them are counted.
-- Why: a host in one country, as nearly all are, is in one outcome there.
create table window_hosts as
select
    address, min(country_id) as least_country_id, max(country_id) as country_id, min(outcome_rank) as outcome_rank,
    sum(case when is_in_study then n_answers else 0 end) as n_answers,
    sum(case when is_in_study then n_counted else 0 end) as n_counted
from window_ports
where not is_decoy
group by address;

-- Grain: an outcome at one level (world, country, port, country+port) in one scope.
-- Columns: as in the table `coverage`.
-- Why: a host is in the strongest outcome that its banners have within a cell, so each level counts hosts by itself. A
--   host has one country, so hosts add up across countries; across ports they do not.
with by_port as (
    select country_id, port, outcome_rank, tcp_rank, udp_rank, count(*) as n
    from window_ports
    where not is_decoy
    group by country_id, port, outcome_rank, tcp_rank, udp_rank
),
moved as (
    select p.address, p.country_id, min(p.outcome_rank) as outcome_rank
    from window_ports p join window_hosts h on h.address = p.address
    where h.least_country_id < h.country_id
    group by p.address, p.country_id
),
counted as (
    select country_id, tcp_rank as outcome_rank, port, n as n_banners, 0 as n_hosts_of_port, 0 as n_hosts_of_country
    from by_port
    where tcp_rank is not null
    union all
    select country_id, udp_rank, port, n, 0, 0 from by_port where udp_rank is not null
    union all
    select country_id, outcome_rank, port, 0, n, 0 from by_port
    union all
    select country_id, outcome_rank, null, 0, 0, count(*)
    from window_hosts
    where least_country_id = country_id
    group by country_id, outcome_rank
    union all
    select country_id, outcome_rank, null, 0, 0, count(*) from moved group by country_id, outcome_rank
),
parts as (
    select
        c.port, c.outcome_rank, c.n_banners, c.n_hosts_of_port, c.n_hosts_of_country, k.country, k.is_in_study
    from counted c join answer_countries k on k.country_id = c.country_id
),
scoped as (
    select 'all' as scope, country, port, outcome_rank, n_banners, n_hosts_of_port, n_hosts_of_country from parts
    union all
    select 'study', country, port, outcome_rank, n_banners, n_hosts_of_port, n_hosts_of_country
    from parts
    where is_in_study
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
