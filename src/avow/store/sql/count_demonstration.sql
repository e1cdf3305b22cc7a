SELECT count() AS events FROM events WHERE demonstration = 1
