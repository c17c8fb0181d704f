-- Grain: a total that the manifest reports.
-- Columns: `topic` (statuses, rules, merges, identities, decoys, evaluable, ages of banners, ages of hosts), `name`
--   and `n`.
-- Why: merges are the rows that each rule put with another one: superseded banners; on one host, banners of one
--   identity and banners that do not contradict a device; devices of one host with the same identity on another.
--   Counted banners in the window are devices plus all of these. Identities are used, or refused for being on too many
--   hosts; decoys are hosts by reason, and those that only two reasons made likely; evaluable is what the window has
--   for rules across banners; ages are whole days before the window's end.
with conflict_places as (
    select count(*) as n_banners, sum(case when identity is not null then 1 else 0 end) as n_identified
    from conflict_members
    group by host_id, device
),
identified_banners as (
    select host_id, count(*) as n from host_identities group by host_id
),
device_places as (
    select n_banners, n_identified from conflict_places
    union all
    select d.n_banners, coalesce(i.n, 0)
    from devices d left join identified_banners i on d.has_identity and i.host_id = d.host_id
    where d.level is not null
),
merges as (
    select
        coalesce(sum(case when n_identified > 1 then n_identified - 1 else 0 end), 0) as by_identity,
        coalesce(sum(case when n_identified > 1 then n_banners - n_identified else n_banners - 1 end), 0) as by_host,
        count(*) as n_places
    from device_places
),
decoy_reasons as (
    select reason as name, count(*) as n from honeypot_signals group by reason
    union all
    select 'two-reasons', count(*)
    from (
        select host_id from honeypot_signals group by host_id having count(*) > 1 and max(reason_rank) < 2
    ) raised
),
in_window as (
    select count(i.banner_hash) + count(i.html_hash) as n_hashes
    from identified i cross join settings s
    where i.seen_at between s.window_start and s.window_end
),
latest as (
    select 'ages of banners' as topic, seen_at from banners_encoded where status = 0
    union all
    select 'ages of hosts', last_seen_at from hosts
),
ages as (
    select
        l.topic,
        case
            when s.window_end - l.seen_at < 86400 then '0'
            when s.window_end - l.seen_at < 3 * 86400 then '1-2'
            when s.window_end - l.seen_at < 7 * 86400 then '3-6'
            when s.window_end - l.seen_at < 14 * 86400 then '7-13'
            when s.window_end - l.seen_at < 30 * 86400 then '14-29'
            else '30+'
        end as name
    from latest l cross join settings s
),
totals as (
    select 'statuses' as topic, status as name, count(*) as n from banner_devices group by status
    union all
    select 'rules', rule, count(*) from banner_devices where rule is not null group by rule
    union all
    select 'merges', 'same_banner', (select count(*) from banners_encoded where status = 1)
    union all
    select 'merges', 'identity', by_identity from merges
    union all
    select 'merges', 'same_host', by_host from merges
    union all
    select 'merges', 'churn', n_places - (select count(*) from devices) from merges
    union all
    select
        'identities', concat(kind, case when is_used then 's_used' else 's_refused' end), count(*)
    from identities
    group by kind, is_used
    union all
    select 'identities', 'certificates_of_a_serial', count(*) from identities where is_used and owner is not null
    union all
    select 'identities', 'banners_by_certificate', count(*) from host_identities where is_by_certificate
    union all
    select 'decoys', name, n from decoy_reasons
    union all
    select 'evaluable', 'other_ports', case when are_collected then 1 else 0 end from other_ports
    union all
    select 'evaluable', 'identities', count(identity) from banners_encoded where status <> 2
    union all
    select 'evaluable', 'hashes', n_hashes from in_window
    union all
    select topic, name, count(*) from ages group by topic, name
)
select topic, name, cast(n as bigint) as n from totals order by topic nulls last, name nulls last
