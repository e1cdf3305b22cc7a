"""Submissions are found by what was decided on them, the keys of days by their last day, who waits by whom it is, by an index."""

import sqlalchemy as sa
from alembic import op

revision = "20261130_0042"
down_revision = "20261130_0041"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add indexes: of the few rows that have a decision, or a key of a day; of what waits. Nothing of what is here changes."""
    op.create_index("pending_subscriptions_subject", "pending_subscriptions", ["subject"])
    for name, columns, where in (
        ("submissions_decided", ["decision", "collected_ms", "record_id"], sa.text("decision != ''")),
        ("submissions_day_keys", ["day_key", "delete_on"], sa.text("day_key != ''")),
    ):
        op.create_index(name, "submissions", columns, sqlite_where=where, postgresql_where=where)
