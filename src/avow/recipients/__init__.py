"""Everybody else who gets personal information: sent through here only, each time written into the disclosure log."""
