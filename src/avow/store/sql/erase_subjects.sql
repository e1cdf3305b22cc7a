-- Rewrites only the parts that hold a row of the subjects in `erasing`.
ALTER TABLE {{events}} DELETE WHERE subject IN (SELECT subject FROM erasing) SETTINGS mutations_sync = 2
