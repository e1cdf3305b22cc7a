"""When an opt-out is to be looked at again: at rest the job that passes them on reads none of those that wait (decision 0091)."""

import sqlalchemy as sa
from alembic import op

revision = "20261130_0040"
down_revision = "20261130_0035"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column and its index; what is not over is looked at once. The code of before reads neither."""
    op.add_column("opt_outs", sa.Column("look_ms", sa.BigInteger()))
    op.execute("UPDATE opt_outs SET look_ms = 0 WHERE closed_ms IS NULL AND subject IS NOT NULL")
    op.create_index("opt_outs_look", "opt_outs", ["look_ms"])
