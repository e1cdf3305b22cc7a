"""The Rulebook and what code asks of it alone: permits, schemas, periods, what a tag may send and a browser load."""
