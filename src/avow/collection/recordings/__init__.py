"""Session recordings: who is recorded where, and what a chunk may hold."""
