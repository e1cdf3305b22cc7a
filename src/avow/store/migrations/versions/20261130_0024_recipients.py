"""Recipients: what the policy cannot say of them, records that leave to them, in batches and for screening, and what stands.

Columns are added with a default, and tables are new: the code of before may go on while it runs.
"""

import sqlalchemy as sa
from alembic import op

revision = "20261130_0024"
down_revision = "20261130_0023"
branch_labels = None
depends_on = None

#: Columns that say more of what leaves; "" for what left before.
_MORE = {"deliveries": ("point", "asker", "why"), "disclosures": ("items", "record", "delivery")}


def upgrade() -> None:
    """Add the columns, and make the tables."""
    for table, names in _MORE.items():
        for name in names:
            op.add_column(table, sa.Column(name, sa.Text(), nullable=False, server_default=""))
    op.create_index("deliveries_lane", "deliveries", ["connector", "recipient", "state", "next_ms"])
    op.create_index("disclosures_delivery", "disclosures", ["delivery"])
    _standing()
    _register()
    _batches()
    op.create_table(
        "screenings",
        sa.Column("delivery", sa.Text(), primary_key=True),
        sa.Column("result_on", sa.Date()),
        sa.Column("copied_on", sa.Date()),
        sa.Column("disposed_on", sa.Date()),
    )


def _standing() -> None:
    op.create_table(
        "standing_disclosures",
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("point", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("rulebook_id", sa.Text(), nullable=False),
        sa.Column("categories", sa.Text(), nullable=False),
        sa.Column("items", sa.Text(), nullable=False),
        sa.Column("from_ms", sa.BigInteger(), nullable=False),
        sa.Column("until_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("recipient", "point", "purpose", "rulebook_id"),
    )


def _register() -> None:
    op.create_table(
        "recipients",
        sa.Column("name", sa.Text(), primary_key=True),
        sa.Column("contact", sa.Text(), nullable=False),
        sa.Column("signed", sa.Date()),
        sa.Column("review_on", sa.Date()),
        sa.Column("sub_processors", sa.Text(), nullable=False),
        sa.Column("missing", sa.Text(), nullable=False),
        sa.Column("withdrawn_ms", sa.BigInteger()),
        sa.Column("document", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.Column("changed_ms", sa.BigInteger(), nullable=False),
    )


def _batches() -> None:
    op.create_table(
        "batches",
        sa.Column("id", sa.Text(), primary_key=True),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("point", sa.Text(), nullable=False),
        sa.Column("site", sa.Text(), nullable=False),
        sa.Column("since_ms", sa.BigInteger(), nullable=False),
        sa.Column("until_ms", sa.BigInteger(), nullable=False),
        sa.Column("records", sa.BigInteger(), nullable=False),
        sa.Column("asker", sa.Text(), nullable=False),
        sa.Column("approver", sa.Text(), nullable=False),
        sa.Column("looked_at", sa.Text(), nullable=False),
        sa.Column("queued", sa.BigInteger(), nullable=False),
        sa.Column("refused", sa.BigInteger(), nullable=False),
        sa.Column("made_ms", sa.BigInteger(), nullable=False),
        sa.Column("approved_ms", sa.BigInteger()),
        sa.Column("queued_ms", sa.BigInteger()),
        sa.Column("withdrawn_ms", sa.BigInteger()),
    )
    op.create_index("batches_listed", "batches", ["made_ms", "id"])
    op.create_index("batches_queuing", "batches", ["queued_ms", "approved_ms"])
