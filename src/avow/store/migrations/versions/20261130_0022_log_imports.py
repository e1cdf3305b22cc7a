"""Server logs that staff upload in the console, to be counted and taken in by a job."""

import sqlalchemy as sa
from alembic import op

revision = "20261130_0022"
down_revision = "20261130_0021"
branch_labels = None
depends_on = None

_TEXTS = ("state", "site", "point", "format", "log", "staff_id", "trouble")
_NUMBERS = ("created_ms", "size", "done", "lines", "kept", "without_identifiers", "unreadable", "refused")


def upgrade() -> None:
    """Make the table; nothing was uploaded before."""
    op.create_table(
        "log_imports",
        sa.Column("id", sa.Text(), primary_key=True),
        *(sa.Column(name, sa.Text(), nullable=False) for name in _TEXTS),
        *(sa.Column(name, sa.BigInteger(), nullable=False) for name in _NUMBERS),
    )
    op.create_index("log_imports_state", "log_imports", ["state", "created_ms"])
    op.create_index("log_imports_listed", "log_imports", ["created_ms", "id"])
