-- Integers by site, day, dimension, key and points, of the days that are tallied; no state of a sketch, nothing that could be
-- asked whether somebody is in it. `points` are all the points by which a visit saw the key, with commas between, in order:
-- `visits` of any choice of points are the sum of those of the lines that name one. All other integers are of one point alone,
-- in lines that name no second one. `loose` are views of no visit. It is small: a part for each year.
CREATE TABLE IF NOT EXISTS daily
(
    dimension LowCardinality(String),
    site      LowCardinality(String),
    day       Date,
    key       LowCardinality(String),
    points    LowCardinality(String),
    visits    UInt64,
    views     UInt64,
    loose     UInt64,
    invented  UInt64,
    seconds   UInt64,
    depth     UInt64
)
ENGINE = MergeTree
PARTITION BY toYear(day)
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
