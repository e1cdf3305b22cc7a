-- The one table of the event store; what panels ask is worked out from the rest (store/asked.py). Rule of the settings: bytes of erased rows leave the disk within seconds
-- (old parts live 1 s, once what replaced them was read: store/embedded/parts.py), an acknowledged insert survives a power cut (fsync), no statistics keep values of their own.
CREATE TABLE IF NOT EXISTS {{events}}
(
    record_id     UUID,
    time          DateTime64(3, 'UTC'),
    site          LowCardinality(String),
    point         LowCardinality(String),
    rulebook_id   LowCardinality(String),
    name          LowCardinality(String),
    page          LowCardinality(String),
    referrer      LowCardinality(String),
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
    {{asked}},
    INDEX by_subject subject TYPE bloom_filter(0.01) GRANULARITY 1
)
ENGINE = MergeTree
PARTITION BY toYYYYMM(time)
ORDER BY (site, point, robot, time, record_id)
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
