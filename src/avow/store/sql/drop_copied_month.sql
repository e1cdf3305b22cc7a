-- A month that was copied and differs, to be copied again.
ALTER TABLE events_next DROP PARTITION {month:UInt32}
