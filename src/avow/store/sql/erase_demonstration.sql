ALTER TABLE {{events}} DELETE WHERE demonstration = 1 SETTINGS mutations_sync = 2
