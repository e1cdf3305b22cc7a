"""What a rule keeps beyond an erasure: exactly the named fields of named records, each under a key of its own (decision 0080)."""

import sqlalchemy as sa
from alembic import op

revision = "20261130_0031"
down_revision = "20261130_0030"
branch_labels = None
depends_on = None

_TEXTS = ("code", "duty", "rule", "purpose", "site", "point", "rulebook_id", "record_id")


def upgrade() -> None:
    """Make the tables; what was erased before is not kept."""
    op.create_table(
        "kept",
        sa.Column("id", sa.Text(), primary_key=True),
        *(sa.Column(name, sa.Text(), nullable=False) for name in _TEXTS),
        sa.Column("collected_ms", sa.BigInteger(), nullable=False),
        sa.Column("kept_ms", sa.BigInteger(), nullable=False),
        sa.Column("until", sa.Date(), nullable=False),
        sa.Column("fields", sa.Text(), nullable=False),
        sa.Column("sealed", sa.LargeBinary(), nullable=False),
        sa.Column("demonstration", sa.Boolean(), nullable=False),
    )
    op.create_index("kept_until", "kept", ["until"])
    op.create_index("kept_listed", "kept", ["kept_ms", "id"])
    op.create_table(
        "kept_files",
        sa.Column("name", sa.Text(), primary_key=True),
        sa.Column("kept_id", sa.Text(), nullable=False),
    )
    op.create_index("kept_files_kept", "kept_files", ["kept_id"])
    op.create_table(
        "kept_marks",
        sa.Column("mark", sa.LargeBinary(), nullable=False),
        sa.Column("kept_id", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("mark", "kept_id"),
    )
    op.create_index("kept_marks_kept", "kept_marks", ["kept_id"])
