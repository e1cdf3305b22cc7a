"""The durable queue on disk between "accepted" and "stored": `spool` writes it, `segments` is its format. Knows no store.

Format: docs/specs/spool.md.
"""
