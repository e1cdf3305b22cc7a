-- Whose events these are (avow.store.identity).
CREATE TABLE IF NOT EXISTS installation (id String) ENGINE = MergeTree ORDER BY id
