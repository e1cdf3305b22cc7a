"""Decisions about parts of requests are counted by an index, as approvals are (decision 0088)."""

import sqlalchemy as sa
from alembic import op

revision = "20261130_0037"
down_revision = "20261130_0035"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the index; the code of before may go on while it runs."""
    decided = sa.text("what = 'part-decided'")
    op.create_index("request_events_parts", "request_events", ["what"], sqlite_where=decided, postgresql_where=decided)
