-- How identities fared: serial numbers and MAC addresses, and certificates, each used or refused for being seen on too
-- many hosts (or, certificates, with two serial numbers); certificates that only name a serial number again; banners
-- that only a certificate identifies.
select
    cast(coalesce((select sum(case when good then 1 else 0 end) from serials), 0) as bigint) as serials_used,
    cast(coalesce((select sum(case when good then 0 else 1 end) from serials), 0) as bigint) as serials_refused,
    cast(coalesce((select sum(case when good then 1 else 0 end) from certificates), 0) as bigint)
        as certificates_used,
    cast(coalesce((select sum(case when good then 0 else 1 end) from certificates), 0) as bigint)
        as certificates_refused,
    cast(coalesce((select sum(case when good and owner is not null then 1 else 0 end) from certificates), 0) as bigint)
        as certificates_of_a_serial,
    cast(coalesce((select sum(case when by_certificate then 1 else 0 end) from marked), 0) as bigint)
        as banners_by_certificate
