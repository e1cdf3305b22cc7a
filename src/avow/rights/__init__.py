"""Rights: requests of consumers to know and to delete, their states, clocks, plans, execution and letters."""
