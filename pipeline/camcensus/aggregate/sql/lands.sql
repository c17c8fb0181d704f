-- Countries by number, and whether the study leaves them in.
select distinct land, country, inside from places
