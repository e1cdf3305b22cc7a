-- What was made of some days: they name nobody, so that nor does what the engine notes of it.
ALTER TABLE visits DELETE WHERE day IN {days:Array(Date)} SETTINGS mutations_sync = 2
