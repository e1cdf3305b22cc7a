"""The table of events as versions before decision 0092 made it, for tests of installations that have it."""

BEFORE = """
CREATE TABLE events
(
    record_id     UUID,
    time          DateTime64(3, 'UTC'),
    site          LowCardinality(String),
    point         LowCardinality(String),
    rulebook_id   LowCardinality(String),
    name          LowCardinality(String),
    page          String,
    referrer      String,
    campaign      LowCardinality(String),
    browser       LowCardinality(String),
    system        LowCardinality(String),
    device        LowCardinality(String),
    language      LowCardinality(String),
    status        UInt16,
    bytes         UInt64,
    method        LowCardinality(String),
    props         Map(LowCardinality(String), String),
    subject       UUID,
    visit         UInt64,
    sealed        String CODEC(ZSTD(1)),
    robot         UInt8,
    demonstration UInt8,
    delete_on     Date32,
    then          LowCardinality(String),
    INDEX by_subject subject TYPE bloom_filter(0.01) GRANULARITY 1
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(time)
ORDER BY (site, time, record_id)
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
"""
