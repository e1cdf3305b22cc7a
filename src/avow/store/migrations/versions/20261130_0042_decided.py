"""Submissions are found by what was decided on them, and the keys of days by their last day, by an index."""

import sqlalchemy as sa
from alembic import op

revision = "20261130_0042"
down_revision = "20261130_0041"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add two indexes, of the few rows that have a decision, or a key of a day; nothing of what is here changes."""
    for name, columns, where in (
        ("submissions_decided", ["decision", "collected_ms", "record_id"], sa.text("decision != ''")),
        ("submissions_day_keys", ["day_key", "delete_on"], sa.text("day_key != ''")),
    ):
        op.create_index(name, "submissions", columns, sqlite_where=where, postgresql_where=where)
