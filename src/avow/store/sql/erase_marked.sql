-- What these pairs of subject and collection point left, each until a moment of its own, and nothing else of theirs.
ALTER TABLE {{events}} DELETE
WHERE subject IN {subjects:Array(UUID)} AND {{marked}}
SETTINGS mutations_sync = 2
