"""Whose a request is, whether it is open, and which of its days were kept; so that nothing has to read all of them."""

import sqlalchemy as sa
from alembic import op

revision = "20261129_0014"
down_revision = "20261129_0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add table, columns and indexes. The people of earlier requests are named at the next start, their days judged then."""
    op.create_table(
        "request_people",
        sa.Column("mark", sa.Text(), nullable=False),
        sa.Column("request_id", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("mark", "request_id"),
    )
    op.create_index("request_people_request", "request_people", ["request_id"])
    op.add_column("consumer_requests", sa.Column("is_open", sa.Boolean(), nullable=False, server_default=sa.true()))
    op.add_column("consumer_requests", sa.Column("days_kept", sa.Text(), nullable=False, server_default=""))
    op.execute(
        "UPDATE consumer_requests SET next_ms = 0, is_open = (NOT EXISTS (SELECT 1 FROM request_events AS one "
        "WHERE one.request_id = consumer_requests.id AND one.what = 'responded'))"
    )
    op.create_index("consumer_requests_open", "consumer_requests", ["is_open", "received_ms", "id"])
    op.create_index("consumer_requests_days", "consumer_requests", ["days_kept", "demonstration", "kind"])
