-- Hosts on which banners have to be put in order to say what is one device: they contradict each other, or show two
-- identities, or one that is seen on another host too. All hosts if the study does not join ports.
select host from mixed where disputed
union
select h.host
from hosts h
join spots a on a.spot = h.lowest_spot
join spots b on b.spot = h.spot
where h.lowest_spot < h.spot and a.land < b.land
union
select host from marked group by host having min(identity) < max(identity)
union
select m.host
from marked m
join (select identity from marked group by identity having min(host) < max(host)) w on w.identity = m.identity
union
select h.host from hosts h join settings s on not s.use_same_host
