"""Which requests were made with one address, and which goes with which. The code of before neither reads nor writes this."""

import sqlalchemy as sa
from alembic import op

revision = "20261129_0011"
down_revision = "20261129_0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the columns and their indexes; requests of before have no mark, and hold nothing back."""
    op.add_column("consumer_requests", sa.Column("mark", sa.Text(), nullable=False, server_default=""))
    op.add_column("consumer_requests", sa.Column("joined_to", sa.Text(), nullable=False, server_default=""))
    op.create_index("consumer_requests_mark", "consumer_requests", ["mark"])
    op.create_index("consumer_requests_joined_to", "consumer_requests", ["joined_to"])
