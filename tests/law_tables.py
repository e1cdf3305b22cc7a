"""Reads the law tables when it is imported, for what is forked afterwards: each process would take a tenth of a second."""

from avow.policy.law import tables

tables()
