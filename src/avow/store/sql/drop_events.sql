-- With its bytes, at once.
DROP TABLE IF EXISTS {{events}} SYNC
