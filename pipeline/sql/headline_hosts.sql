-- Hosts behind the headline, without the countries left out, each with its networks.
select
    i.host, max(i.asn) as asn, max(i.prefix) as prefix
from links l
join identified i on i.file = l.file and i.line = l.line
join headline_devices d on d.device = l.device
left join left_out o on o.country = i.country
where l.fate = 'kept' and i.ip_version = 4 and coalesce(l.decoy, 'none') <> 'certain' and o.country is null
group by i.host
