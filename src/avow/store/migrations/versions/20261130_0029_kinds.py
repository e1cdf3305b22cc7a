"""Under which law a consumer request is, when it was entered, and which other one it is about (decision 0078)."""

import sqlalchemy as sa
from alembic import op

revision = "20261130_0029"
down_revision = "20261130_0028"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns; what is kept is under the law of its policy, and was entered when it was received."""
    op.add_column("consumer_requests", sa.Column("jurisdiction", sa.Text(), nullable=False, server_default=""))
    op.add_column("consumer_requests", sa.Column("entered_ms", sa.BigInteger(), nullable=False, server_default="0"))
    op.add_column("consumer_requests", sa.Column("parent", sa.Text(), nullable=False, server_default=""))
    op.execute("UPDATE consumer_requests SET entered_ms = received_ms")
