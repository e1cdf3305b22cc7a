"""Dated, forward-only migrations of the control store, run at start by `Control`; safe while the old code is up."""
