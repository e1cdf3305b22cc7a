"""Opt-outs that recipients are to be told of, and who was (decision 0076)."""

import sqlalchemy as sa
from alembic import op

revision = "20261130_0027"
down_revision = "20261130_0026"
branch_labels = None
depends_on = None

_OPT_OUT = ("purpose", "source", "rulebook_id", "site")
_TOLD = ("opt_out", "recipient", "told_by", "how")


def upgrade() -> None:
    """Make the tables; whom earlier opt-outs concerned nobody was told."""
    op.create_table(
        "opt_outs",
        sa.Column("id", sa.Text(), primary_key=True),
        sa.Column("subject", sa.LargeBinary()),
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in _OPT_OUT),
        sa.Column("closed_ms", sa.BigInteger()),
    )
    op.create_index("opt_outs_subject", "opt_outs", ["subject"])
    op.create_index("opt_outs_open", "opt_outs", ["closed_ms", "at_ms"])
    op.create_table(
        "opt_out_told",
        *(sa.Column(name, sa.Text(), nullable=False) for name in _TOLD),
        sa.Column("told_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("opt_out", "recipient"),
    )
