"""Subscriptions by e-mail that wait for their link, mailings, and which message belongs to which."""

import sqlalchemy as sa
from alembic import op

revision = "20261124_0007"
down_revision = "20261124_0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the tables and the column."""
    op.create_table(
        "pending_subscriptions",
        sa.Column("record_id", sa.Text(), primary_key=True),
        sa.Column("point", sa.Text(), nullable=False),
        sa.Column("subject", sa.LargeBinary(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("mail_id", sa.Text(), nullable=False),
        sa.Column("asked_ms", sa.BigInteger(), nullable=False),
        sa.Column("expires_ms", sa.BigInteger(), nullable=False),
    )
    op.create_index("pending_subscriptions_person", "pending_subscriptions", ["point", "subject"], unique=True)
    op.create_table(
        "mailings",
        sa.Column("id", sa.Text(), primary_key=True),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("point", "measured_by", "rulebook_id", "subject_line")),
        *(sa.Column(name, sa.Text(), nullable=False) for name in ("text", "links")),
        sa.Column("created_ms", sa.BigInteger(), nullable=False),
        sa.Column("looked_at", sa.Text(), nullable=False),
        sa.Column("queued_ms", sa.BigInteger()),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in ("recipients", "refused", "delivered", "measured")),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in ("failed", "unsubscribed")),
    )
    op.add_column("mail", sa.Column("mailing", sa.Text()))
    op.create_index("mail_mailing", "mail", ["mailing", "subject"], unique=True)
