"""Answers to the questions of the dashboard: one module per question, pure functions over a `Query`."""
