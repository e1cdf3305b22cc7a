"""Authorized agents, what they said with a request and are told of it, and the messages that they signed (decision 0086)."""

import sqlalchemy as sa
from alembic import op

revision = "20261130_0035"
down_revision = "20261130_0034"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the tables: new ones, so that the code of before may go on while it runs."""
    op.create_table(
        "agents",
        sa.Column("id", sa.Text(), primary_key=True),
        sa.Column("drp_id", sa.Text()),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("contact", sa.Text(), nullable=False),
        sa.Column("web_url", sa.Text(), nullable=False),
        sa.Column("verify_key", sa.Text(), nullable=False),
        sa.Column("offered_key", sa.Text(), nullable=False),
        sa.Column("token_hash", sa.LargeBinary()),
        sa.Column("token_ms", sa.BigInteger()),
        sa.Column("terms_ms", sa.BigInteger()),
        sa.Column("ended_ms", sa.BigInteger()),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("added_ms", sa.BigInteger(), nullable=False),
    )
    op.create_index("agents_drp", "agents", ["drp_id"], unique=True)
    op.create_index("agents_token", "agents", ["token_hash"], unique=True)
    op.create_index("agents_contact", "agents", ["contact"])
    op.create_table(
        "agent_requests",
        sa.Column("request_id", sa.Text(), primary_key=True),
        sa.Column("agent", sa.Text(), nullable=False),
        sa.Column("drp_request", sa.Text()),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("permission_until", sa.Date()),
        sa.Column("wakes_ms", sa.BigInteger()),
        sa.Column("told", sa.Text(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
    )
    op.create_index("agent_requests_drp", "agent_requests", ["drp_request"], unique=True)
    op.create_index("agent_requests_wakes", "agent_requests", ["wakes_ms"])
    op.create_index("agent_requests_until", "agent_requests", ["permission_until"])
    op.create_table(
        "agent_messages",
        sa.Column("hash", sa.Text(), primary_key=True),
        sa.Column("agent", sa.Text(), nullable=False),
        sa.Column("drp_request", sa.Text(), nullable=False),
        sa.Column("until_ms", sa.BigInteger(), nullable=False),
    )
    op.create_index("agent_messages_until", "agent_messages", ["until_ms"])
