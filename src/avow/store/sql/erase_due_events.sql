ALTER TABLE {{events}} DELETE WHERE delete_on <= {today:Date32} AND then != 'deidentify' SETTINGS mutations_sync = 2
