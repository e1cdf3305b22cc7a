"""Forms and the files that come with them (walk 4)."""
