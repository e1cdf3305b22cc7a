"""The checks: what must hold between declarations, prose and law before there is a Rulebook, one module for each subject."""
