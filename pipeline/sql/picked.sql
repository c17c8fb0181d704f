-- The facts behind the headline, of every country.
select host, label, country, prefix, second, banners
from facts
where headline and ip_version = 4 and grade <= 2
