"""Items that could not be handled. A new table, which the code of before does not know and does not miss."""

import sqlalchemy as sa
from alembic import op

revision = "20261129_0009"
down_revision = "20261124_0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table."""
    op.create_table(
        "set_aside",
        sa.Column("id", sa.Text(), primary_key=True),
        sa.Column("queue", sa.Text(), nullable=False),
        sa.Column("item", sa.Text(), nullable=False),
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("attempts", sa.Integer(), nullable=False),
        sa.Column("first_ms", sa.BigInteger(), nullable=False),
        sa.Column("last_ms", sa.BigInteger(), nullable=False),
        sa.Column("next_ms", sa.BigInteger()),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("delete_on", sa.Date()),
        sa.Column("demonstration", sa.Boolean(), nullable=False),
    )
    op.create_index("set_aside_item", "set_aside", ["queue", "item"], unique=True)
    op.create_index("set_aside_next", "set_aside", ["next_ms"])
