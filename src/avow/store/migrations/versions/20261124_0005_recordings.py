"""Session recordings. New tables, which the code of before does not know and does not miss."""

import sqlalchemy as sa
from alembic import op

revision = "20261124_0005"
down_revision = "20261124_0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the tables."""
    op.create_table(
        "recordings",
        sa.Column("recording_id", sa.Text(), primary_key=True),
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("point", sa.Text(), nullable=False),
        sa.Column("rulebook_id", sa.Text(), nullable=False),
        sa.Column("started_ms", sa.BigInteger(), nullable=False),
        sa.Column("first_ms", sa.BigInteger(), nullable=False),
        sa.Column("last_ms", sa.BigInteger(), nullable=False),
        sa.Column("pages", sa.Text(), nullable=False),
        sa.Column("purposes", sa.Text(), nullable=False),
        sa.Column("subject", sa.LargeBinary()),
        sa.Column("delete_on", sa.Date(), nullable=False),
        sa.Column("demonstration", sa.Boolean(), nullable=False),
        sa.Column("withdrawn", sa.Boolean(), nullable=False),
    )
    op.create_index("recordings_started", "recordings", ["started_ms"])
    op.create_index("recordings_due", "recordings", ["delete_on"])
    op.create_index("recordings_subject", "recordings", ["subject"])
    op.create_table(
        "recording_chunks",
        sa.Column("recording_id", sa.Text(), nullable=False),
        sa.Column("seq", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("recording_id", "seq"),
    )
    op.create_table(
        "recording_withdrawals",
        sa.Column("mark", sa.LargeBinary(), primary_key=True),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
    )
