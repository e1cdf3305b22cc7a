-- Integers by site, day, dimension, key and the points that saw it, of the days that are tallied; no state of a sketch, nothing
-- that could be asked whether somebody is in it. `points` is all the points by which a visit saw the key: for any of them, visits
-- are the sum of `visits` of the lines that have one, and views the sum of their own. `loose` are views of no visit.
CREATE TABLE IF NOT EXISTS daily
(
    dimension LowCardinality(String),
    site      LowCardinality(String),
    day       Date,
    key       String,
    points    Array(LowCardinality(String)),
    visits    UInt64,
    views     Array(UInt64),
    loose     Array(UInt64),
    invented  Array(UInt64),
    seconds   Array(UInt64),
    depth     Array(UInt64)
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(day)
ORDER BY (dimension, site, day, key)
SETTINGS
    old_parts_lifetime = 1,
    cleanup_delay_period = 1,
    max_cleanup_delay_period = 1,
    cleanup_delay_period_random_add = 0,
    merge_tree_clear_old_temporary_directories_interval_seconds = 1,
    finished_mutations_to_keep = 1,
    fsync_after_insert = 1,
    fsync_part_directory = 1,
    auto_statistics_types = ''
