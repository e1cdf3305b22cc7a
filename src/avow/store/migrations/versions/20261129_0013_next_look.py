"""When the job looks at a consumer request again. The code of before leaves it 0, which is at once."""

import sqlalchemy as sa
from alembic import op

revision = "20261129_0013"
down_revision = "20261129_0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column and its index; every request of before is looked at once, and is then at rest."""
    op.add_column("consumer_requests", sa.Column("next_ms", sa.BigInteger(), nullable=False, server_default="0"))
    op.create_index("consumer_requests_next", "consumer_requests", ["next_ms", "received_ms"])
