-- Countries by number, and whether the study leaves them in.
select
    p.land, p.country, max(case when o.country is null then true else false end) as inside
from spots p left join left_out o on o.country = p.country
group by p.land, p.country
