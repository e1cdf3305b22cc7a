"""Proof that practice is policy: what an installation can be shown to hold, and to hold no more."""
