-- The facts of one variant: scope, IP version, least confidence and decoys left out.
select
    f.unit, f.host, f.prefix, f.country, f.country_second, f.product_type,
    case
        when v.min_confidence = 'medium' or f.manufacturer_confidence = 'high' then coalesce(f.manufacturer, 'unknown')
        else 'unknown'
    end as manufacturer,
    coalesce(f.brand, 'unknown') as brand,
    coalesce(f.model, 'unknown') as model
from facts f cross join variant v
where (v.scope = 'all' or not exists (select 1 from left_out o where o.country = f.country))
    and (v.ip_version = 'all' or v.ip_version = cast(f.ip_version as string))
    and (v.min_confidence = 'medium' or f.type_confidence = 'high')
    and f.decoy_rank <= case v.decoys_left_out when 'none' then 3 when 'certain' then 2 else 1 end
