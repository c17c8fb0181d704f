-- Serial numbers and MAC addresses of kept banners, each once. `good`: on no more hosts than the study allows; others
-- are shared keys or copied serials, and identify nothing.
select
    identity,
    case when count(distinct host) <= max(max_identity_hosts) then true else false end as good
from banners cross join settings
where fate = 'kept' and identity is not null and use_identity
group by identity
