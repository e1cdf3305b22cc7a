-- The subjects of the erasure that is running. In memory only, so that a mutation's text on disk names nobody.
CREATE TABLE IF NOT EXISTS erasing (subject UUID) ENGINE = Memory
