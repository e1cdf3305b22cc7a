"""Staff who leave, forget their password, or whose password is guessed at. The code of before neither reads nor writes these."""

import sqlalchemy as sa
from alembic import op

revision = "20261129_0012"
down_revision = "20261129_0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns and the table."""
    op.add_column("staff", sa.Column("signed_in_ms", sa.BigInteger()))
    op.add_column("invitations", sa.Column("staff_id", sa.Text(), nullable=False, server_default=""))
    op.create_table(
        "failed_sign_ins",
        sa.Column("staff_id", sa.Text(), primary_key=True),
        sa.Column("hour_ms", sa.BigInteger(), primary_key=True),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.Column("logged", sa.BigInteger(), nullable=False),
    )
