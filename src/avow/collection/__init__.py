"""Taking data in: parse by the compiled schema, ask the permit, keep only what it names, append durably, drain."""
