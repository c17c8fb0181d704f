-- Whether the ports of hosts that are no cameras' were collected: at least one host in twenty shows one. Queries for
-- cameras bring a few too, and from these nothing follows for the hosts that show none.
with shown as (
    select distinct t.host from sights t join hosts h on h.host = t.host where t.fate = 3
),
numbers as (
    select (select count(*) from shown) as shown, (select count(*) from hosts) as hosts
)
select case when shown > 0 and 20 * shown >= hosts then true else false end as collected from numbers
