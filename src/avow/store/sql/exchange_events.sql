EXCHANGE TABLES events AND events_next
