-- Devices sure enough of their type to be in the headline; `counts`: it is, which a device is by its own address.
select
    d.device, d.firmware,
    case
        when d.ip_version = 4 and coalesce(d.decoy, 'none') <> 'certain' and o.country is null then true
        else false
    end as counts
from devices d
cross join headline h
left join left_out o on o.country = d.country
where h.min_confidence = 'medium' or d.type_confidence = 'high'
