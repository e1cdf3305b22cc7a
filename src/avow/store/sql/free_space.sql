-- Bytes that the engine's disks have left, in all.
SELECT sum(unreserved_space) AS bytes FROM system.disks
