-- The oldest and the newest banner of any kind, between which a window without days or date lies.
select cast(min(seen) as bigint) as oldest, cast(max(seen) as bigint) as newest from identified
