-- One row a visit and recognised person, of the days that are tallied; made of `events` and again when they change (store/tallies.py).
-- `points` are the collection points that saw it, in order, commas between, with `views` and those that were `invented` of each.
-- Settings as of `events`: it holds persons, so that what is erased leaves the disk within seconds.
CREATE TABLE IF NOT EXISTS visits
(
    site     LowCardinality(String),
    day      Date,
    visit    UInt64,
    subject  UUID,
    visitor  UInt64,
    robot    UInt8,
    started  DateTime64(3, 'UTC'),
    ended    DateTime64(3, 'UTC'),
    entry    LowCardinality(String),
    exit     LowCardinality(String),
    referrer LowCardinality(String),
    campaign LowCardinality(String),
    browser  LowCardinality(String),
    system   LowCardinality(String),
    device   LowCardinality(String),
    language LowCardinality(String),
    country  LowCardinality(String),
    points   LowCardinality(String),
    views    Array(UInt64),
    invented Array(UInt64),
    seconds  UInt64,
    INDEX by_subject subject TYPE bloom_filter(0.01) GRANULARITY 1
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(day)
ORDER BY (site, robot, day, visit, subject)
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
