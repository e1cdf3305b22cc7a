"""Findings: what the compiler says about a policy, and how it is printed for people, programs and code scanning."""
