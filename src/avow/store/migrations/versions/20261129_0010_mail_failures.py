"""Why a message has not left, and when it did. The code of before neither reads nor writes these columns."""

import sqlalchemy as sa
from alembic import op

revision = "20261129_0010"
down_revision = "20261129_0009"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns."""
    op.add_column("mail", sa.Column("trouble", sa.Text(), nullable=False, server_default=""))
    op.add_column("mail", sa.Column("code", sa.Integer(), nullable=False, server_default="0"))
    op.add_column("mail", sa.Column("sent_ms", sa.BigInteger()))
