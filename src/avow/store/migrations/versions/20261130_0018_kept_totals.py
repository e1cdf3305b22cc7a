"""How often each choice was made, and what went to whom on a day: kept with each, so that no page counts all of them."""

import sqlalchemy as sa
from alembic import op

revision = "20261130_0018"
down_revision = "20261129_0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add both tables, with what was counted until now."""
    op.create_table(
        "choice_totals",
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("source", sa.Text(), nullable=False),
        sa.Column("opted_out", sa.Boolean(), nullable=False),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("purpose", "source", "opted_out"),
    )
    op.execute(
        "INSERT INTO choice_totals (purpose, source, opted_out, count) "
        "SELECT purpose, source, opted_out, count(*) FROM choices WHERE NOT demonstration GROUP BY purpose, source, opted_out"
    )
    key = "recipient, categories, purpose, point, rulebook_id"
    op.create_table(
        "disclosure_totals",
        sa.Column("day", sa.BigInteger(), nullable=False, autoincrement=False),
        *(sa.Column(name, sa.Text(), nullable=False) for name in key.split(", ")),
        sa.Column("count", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("day", *key.split(", ")),
    )
    op.execute(
        f"INSERT INTO disclosure_totals (day, {key}, count) SELECT at_ms / 86400000 AS day, {key}, sum(count) "  # noqa: S608 - names only
        f"FROM disclosures WHERE NOT demonstration GROUP BY at_ms / 86400000, {key}"
    )
