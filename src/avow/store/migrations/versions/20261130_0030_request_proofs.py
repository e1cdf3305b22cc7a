"""What is kept of the verification of a consumer request, sealed; and by what those of one asker are counted (decision 0079)."""

import sqlalchemy as sa
from alembic import op

revision = "20261130_0030"
down_revision = "20261130_0029"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Make the table; of requests of before nothing was kept but the link."""
    op.create_table(
        "request_proofs",
        sa.Column("request_id", sa.Text(), nullable=False),
        sa.Column("what", sa.Text(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("request_id", "what"),
    )
    op.create_table(
        "request_askers",
        sa.Column("request_id", sa.Text(), primary_key=True),
        sa.Column("mark", sa.Text(), nullable=False),
    )
    op.create_index("request_askers_mark", "request_askers", ["mark"])
