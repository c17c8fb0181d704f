-- The facts behind the headline, of every country.
select host, network, land, spot, label, banners, alone
from facts
where headline and ip_version = 4 and grade <= 2
