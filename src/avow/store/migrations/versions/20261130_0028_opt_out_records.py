"""Of which records a recipient was told with an opt-out, so that it is told again of what it got since (decision 0076)."""

import sqlalchemy as sa
from alembic import op

revision = "20261130_0028"
down_revision = "20261130_0027"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; of who was told before nobody knows of which."""
    op.add_column("opt_out_told", sa.Column("records", sa.Text()))
