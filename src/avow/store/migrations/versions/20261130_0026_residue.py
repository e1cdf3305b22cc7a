"""The day on which is looked for what is left of whom a request erased; none for requests whose letter named none."""

import sqlalchemy as sa
from alembic import op

revision = "20261130_0026"
down_revision = "20261130_0025"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column, with an index of those that wait: what waits for nothing is not in it."""
    op.add_column("consumer_requests", sa.Column("residue_on", sa.Date()))
    op.create_index("consumer_requests_residue", "consumer_requests", ["residue_on"])
