"""When an opt-out is to be looked at again, and what contracts with recipients lacked, and when (decision 0091)."""

import json

import sqlalchemy as sa
from alembic import op

revision = "20261130_0040"
down_revision = "20261130_0037"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column and its index; what is not over is looked at once. The code of before reads neither."""
    op.add_column("opt_outs", sa.Column("look_ms", sa.BigInteger()))
    op.execute("UPDATE opt_outs SET look_ms = 0 WHERE closed_ms IS NULL AND subject IS NOT NULL")
    op.create_index("opt_outs_look", "opt_outs", ["look_ms"])
    gaps = op.create_table(
        "contract_gaps",
        sa.Column("recipient", sa.Text(), nullable=False),
        sa.Column("clause", sa.Text(), nullable=False),
        sa.Column("from_ms", sa.BigInteger(), nullable=False),
        sa.Column("until_ms", sa.BigInteger()),
        sa.PrimaryKeyConstraint("recipient", "clause", "from_ms"),
    )
    found = []
    for name, missing, withdrawn_ms in op.get_bind().execute(sa.text("SELECT name, missing, withdrawn_ms FROM recipients")):
        found += [{"recipient": name, "clause": clause, "from_ms": 0} for clause in json.loads(missing)]
        if withdrawn_ms is not None:
            found.append({"recipient": name, "clause": "", "from_ms": withdrawn_ms})
    if found:
        op.bulk_insert(gaps, found)
