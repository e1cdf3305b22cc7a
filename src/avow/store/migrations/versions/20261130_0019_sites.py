"""Which website a row is of; rows of before have none until the server names them at its start (gate.sites.name_earlier)."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "20261130_0019"
down_revision = "20261130_0018"
branch_labels = None
depends_on = None

_BY_SITE = ("choices", "consumer_requests", "mail", "mailings", "disclosures")


def upgrade() -> None:
    """Add the column; where it tells rows apart, the table is made again with it in its key."""
    for name in _BY_SITE:
        op.add_column(name, sa.Column("site", sa.Text(), nullable=False, server_default=""))
    _again(
        "purpose_reads",
        sa.Column("day", sa.Date(), nullable=False),
        _site(),
        sa.Column("point", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("allowed", sa.BigInteger(), nullable=False),
        sa.Column("refused", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("day", "site", "point", "purpose"),
    )
    _again(
        "integrity_days",
        sa.Column("day", sa.Date(), nullable=False),
        _site(),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("looks", sa.BigInteger(), nullable=False),
        sa.Column("well", sa.BigInteger(), nullable=False),
        sa.Column("milliseconds", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("day", "site", "address"),
    )
    _again(
        "integrity_changes",
        sa.Column("at_ms", sa.BigInteger(), nullable=False),
        _site(),
        sa.Column("address", sa.Text(), nullable=False),
        sa.Column("outcome", sa.Text(), nullable=False),
        sa.Column("status", sa.Integer(), nullable=False),
        sa.Column("milliseconds", sa.BigInteger(), nullable=False),
        sa.Column("detail", sa.Text(), nullable=False),
        sa.Column("last_ms", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("at_ms", "site", "address"),
    )


def _site() -> sa.Column[str]:
    return sa.Column("site", sa.Text(), nullable=False, server_default="")


def _again(name: str, *parts: sa.Column[Any] | sa.PrimaryKeyConstraint) -> None:  # Any: columns of several types
    """Make a table again with its rows: SQLite cannot give one another key, and a server would keep the old key's name."""
    connection = op.get_bind()
    kept = [part.name for part in parts if isinstance(part, sa.Column) and part.name != "site"]
    before = sa.table(name, *(sa.column(part.name, part.type) for part in parts if isinstance(part, sa.Column)))
    rows = [dict(row) for row in connection.execute(sa.select(*(before.c[column] for column in kept))).mappings()]
    op.drop_table(name)
    made = op.create_table(name, *parts)
    op.bulk_insert(made, rows)
