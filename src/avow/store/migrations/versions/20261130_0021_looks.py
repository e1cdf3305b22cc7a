"""Why somebody inside opened a record, in words, sealed as the record is; and who of the staff looks after a submission."""

import sqlalchemy as sa
from alembic import op

revision = "20261130_0021"
down_revision = "20261130_0020"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table, and the column; nobody looks after what came before."""
    op.create_table(
        "read_reasons",
        sa.Column("record_id", sa.Text(), nullable=False),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        sa.Column("staff_id", sa.Text(), nullable=False),
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("record_id", "at_ms", "staff_id"),
    )
    op.add_column("submissions", sa.Column("assigned_to", sa.Text(), nullable=False, server_default=""))
