"""What recipients were told to do with what they were given of a person, and what they answered (decision 0075)."""

import sqlalchemy as sa
from alembic import op

revision = "20261130_0025"
down_revision = "20261130_0024"
branch_labels = None
depends_on = None

_TEXTS = ("request_id", "recipient", "rulebook_id", "what", "way", "categories", "site", "answer", "answered_by")
_MOMENTS = ("told_ms", "next_ms", "opened_ms", "answered_ms")


def upgrade() -> None:
    """Make the table; nobody was told anything before."""
    op.create_table(
        "instructions",
        sa.Column("id", sa.Text(), primary_key=True),
        *(sa.Column(name, sa.Text(), nullable=False) for name in _TEXTS),
        *(sa.Column(name, sa.LargeBinary(), nullable=False) for name in ("sealed", "words")),
        *(sa.Column(name, sa.BigInteger()) for name in _MOMENTS),
        sa.Column("made_ms", sa.BigInteger(), nullable=False),
        sa.Column("due_on", sa.Date(), nullable=False),
        sa.Column("reminders", sa.Integer(), nullable=False),
    )
    op.create_index("instructions_request", "instructions", ["request_id"])
    op.create_index("instructions_next", "instructions", ["next_ms"])
    op.create_index("instructions_answer", "instructions", ["answer", "due_on"])
