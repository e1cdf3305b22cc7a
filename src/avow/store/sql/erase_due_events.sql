ALTER TABLE events DELETE WHERE delete_on <= {today:Date32} AND then = 'erase' SETTINGS mutations_sync = 2
