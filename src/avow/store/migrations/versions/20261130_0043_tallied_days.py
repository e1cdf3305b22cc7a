"""Of which days visits and figures are made of events, and of which they have to be made again; a day names nobody."""

import sqlalchemy as sa
from alembic import op

revision = "20261130_0043"
down_revision = "20261130_0042"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table; without a row a day is asked from events, as the code of before asks all of them."""
    op.create_table(
        "tallied_days",
        sa.Column("day", sa.Date(), primary_key=True),
        sa.Column("from_ms", sa.BigInteger(), nullable=False),
        sa.Column("until_ms", sa.BigInteger(), nullable=False),
        sa.Column("is_made", sa.Boolean(), nullable=False),
        sa.Column("changes", sa.BigInteger(), nullable=False),
        sa.Column("visits", sa.BigInteger(), nullable=False),
        sa.Column("lines", sa.BigInteger(), nullable=False),
        sa.Column("mark", sa.Text(), nullable=False),
    )
    op.create_index("tallied_days_until", "tallied_days", ["until_ms"])
