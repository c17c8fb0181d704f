-- Grain: the world or a country, in one variant (scope, IP version, confidence, decoys left out).
-- Columns: as in the table `counts`; `no_country`: 1 in the world's rows.
-- Why: hosts have one country, so they, banners and devices add up to the world; prefixes do not, so those of the world
--   are counted apart.
with several as (
    select
        host_id, country_id, ip_version, max(decoy_rank) as decoy_rank, sum(n_banners) as n_banners,
        sum(case when is_high then n_banners else 0 end) as n_banners_high,
        max(case when is_high then decoy_rank end) as decoy_rank_high
    from host_labels
    where not is_only_label
    group by host_id, country_id, ip_version
),
hosts as (
    select
        country_id, ip_version, decoy_rank, case when is_high then decoy_rank end as decoy_rank_high,
        sum(n_banners) as n_banners, sum(case when is_high then n_banners else 0 end) as n_banners_high,
        count(*) as n_hosts
    from host_labels
    where is_only_label
    group by country_id, ip_version, decoy_rank, case when is_high then decoy_rank end
    union all
    select country_id, ip_version, decoy_rank, decoy_rank_high, sum(n_banners), sum(n_banners_high), count(*)
    from several
    group by country_id, ip_version, decoy_rank, decoy_rank_high
),
prefixes as (
    select
        prefix_id, country_id, ip_version, min(decoy_rank) as decoy_rank,
        min(case when is_high then decoy_rank end) as decoy_rank_high
    from host_labels
    group by prefix_id, country_id, ip_version
),
prefixes_worldwide as (
    select
        p.ip_version, min(p.decoy_rank) as decoy_rank, min(p.decoy_rank_high) as decoy_rank_high,
        min(case when k.is_in_study then p.decoy_rank end) as study_decoy_rank,
        min(case when k.is_in_study then p.decoy_rank_high end) as study_decoy_rank_high
    from prefixes p join countries k on k.country_id = p.country_id
    group by p.prefix_id, p.ip_version
),
parts as (
    -- `decoy_rank` and `decoy_rank_high`: with which grade a part counts at either confidence; null: not at all.
    select
        'both' as place, country_id, ip_version, decoy_rank, decoy_rank_high, n_banners, n_banners_high, n_hosts,
        0 as n_devices, 0 as n_prefixes
    from hosts
    union all
    select
        'both', country_id, ip_version, decoy_rank, case when is_high then decoy_rank end, 0, 0, 0, sum(n_devices), 0
    from device_counts
    group by country_id, ip_version, decoy_rank, case when is_high then decoy_rank end
    union all
    select 'country', country_id, ip_version, decoy_rank, decoy_rank_high, 0, 0, 0, 0, count(*)
    from prefixes
    group by country_id, ip_version, decoy_rank, decoy_rank_high
    union all
    select 'all', null, ip_version, decoy_rank, decoy_rank_high, 0, 0, 0, 0, count(*)
    from prefixes_worldwide
    group by ip_version, decoy_rank, decoy_rank_high
    union all
    select 'study', null, ip_version, study_decoy_rank, study_decoy_rank_high, 0, 0, 0, 0, count(*)
    from prefixes_worldwide
    where study_decoy_rank is not null
    group by ip_version, study_decoy_rank, study_decoy_rank_high
),
matched as (
    select
        v.scope, v.ip_version, v.min_confidence, v.decoys_left_out, p.place, k.country,
        case when v.min_confidence = 'medium' then p.n_banners else p.n_banners_high end as n_banners,
        p.n_hosts, p.n_devices, p.n_prefixes
    from variants v
    join parts p on v.ip_version = 'all' or v.ip_version = cast(p.ip_version as string)
    left join countries k on k.country_id = p.country_id
    where (v.scope = 'all' or coalesce(k.is_in_study, true))
        and case when v.min_confidence = 'medium' then p.decoy_rank else p.decoy_rank_high end
            <= case v.decoys_left_out when 'none' then 3 when 'certain' then 2 else 1 end
),
cells as (
    select scope, ip_version, min_confidence, decoys_left_out, null as country, 1 as no_country, 0 as n_banners,
        0 as n_hosts, 0 as n_devices, 0 as n_prefixes
    from variants
    union all
    select scope, ip_version, min_confidence, decoys_left_out, null, 1, n_banners, n_hosts, n_devices, n_prefixes
    from matched
    where place in ('both', scope)
    union all
    select scope, ip_version, min_confidence, decoys_left_out, country, 0, n_banners, n_hosts, n_devices, n_prefixes
    from matched
    where place in ('both', 'country')
)
select
    scope, ip_version, min_confidence, decoys_left_out, country, cast(no_country as bigint) as no_country,
    cast(sum(n_banners) as bigint) as n_banners, cast(sum(n_hosts) as bigint) as n_hosts,
    cast(sum(n_devices) as bigint) as n_devices, cast(sum(n_prefixes) as bigint) as n_prefixes
from cells
group by scope, ip_version, min_confidence, decoys_left_out, country, no_country
order by
    scope nulls last, ip_version nulls last, min_confidence nulls last, decoys_left_out nulls last, no_country desc,
    country nulls last
