-- Changes nothing: the engine keeps the text of its last mutation on the disk, and this one names nobody.
ALTER TABLE {{events}} DELETE WHERE 0 SETTINGS mutations_sync = 2
