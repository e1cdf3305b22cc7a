"""Avow: a platform for a company's websites whose published privacy policy is its program."""

__version__ = "0.1.0"
