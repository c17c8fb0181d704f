-- Grain: a host on which it must be decided banner by banner what is one device.
-- Columns: `host_id`.
-- Why: its banners contradict each other, are in two countries, or show two identities or one that is on another host
--   too; or the study does not join ports.
select host_id from multi_label_hosts where is_conflicting
union
select h.host_id
from hosts h
join locations a on a.location_id = h.least_location_id
join locations b on b.location_id = h.location_id
where h.least_location_id < h.location_id and a.country_id < b.country_id
union
select host_id from host_identities group by host_id having min(identity) < max(identity)
union
select i.host_id
from host_identities i
join (select identity from host_identities group by identity having min(host_id) < max(host_id)) several
    on several.identity = i.identity
union
select h.host_id from hosts h join settings s on not s.use_same_host
