"""Benchmarks: each a ratio to a peer or to a limit, taken in one run. `make bench`; results in RESULTS.md."""
