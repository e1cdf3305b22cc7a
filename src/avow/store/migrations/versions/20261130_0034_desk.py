"""What the walk last found of each consumer request, so that the desk puts in order what is at risk (decision 0084)."""

import sqlalchemy as sa
from alembic import op

revision = "20261130_0034"
down_revision = "20261130_0031"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns; every open request is looked at again at once, which fills them."""
    op.add_column("consumer_requests", sa.Column("state", sa.Text(), nullable=False, server_default=""))
    op.add_column("consumer_requests", sa.Column("due_ms", sa.BigInteger(), nullable=False, server_default="0"))
    op.add_column("consumer_requests", sa.Column("is_for_staff", sa.Boolean(), nullable=False, server_default=sa.false()))
    op.create_index("consumer_requests_due", "consumer_requests", ["is_open", "due_ms", "id"])
    approved = sa.text("what = 'approved'")
    op.create_index("request_events_approved", "request_events", ["what"], sqlite_where=approved, postgresql_where=approved)
    op.execute("UPDATE consumer_requests SET next_ms = 0 WHERE is_open")
