-- Serial numbers and MAC addresses of kept banners, each once. `good`: on no more hosts than the study allows; others
-- are shared keys or copied serials, and identify nothing.
select
    p.identity,
    case when count(*) <= max(s.max_identity_hosts) then true else false end as good
from (select distinct identity, host from sights where fate = 0 and identity is not null) p
cross join settings s
where s.use_identity
group by p.identity
