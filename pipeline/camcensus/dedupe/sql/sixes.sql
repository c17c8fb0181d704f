-- Numbers for hosts and networks of IPv6, above those of IPv4, which are their own (`address`, and without its last
-- byte): numbers are joined and grouped in a fraction of the time of texts.
select
    host as host_text, 4294967296 + row_number() over (order by host) as host,
    16777216 + dense_rank() over (order by prefix) as network
from (select host, max(prefix) as prefix from identified where address is null group by host) told
