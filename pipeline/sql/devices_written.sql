-- Devices as they are written.
select * from devices order by device
