"""Versions of the policy: the law of their day, when each was published, announced and in force; notices to people.

The code of the first version may run next to it: what it inserts into `rulebooks` and `mail` gets the defaults. It had no
publications, so each version that it kept is taken over as in force from its day. That day is the date at UTC-12, where
it is earliest, so that it lies before no business's own day.
"""

from datetime import UTC, datetime, timedelta

import sqlalchemy as sa
from alembic import op

revision = "20261124_0002"
down_revision = "20261124_0001"
branch_labels = None
depends_on = None

_EARLIEST = timedelta(hours=-12)


def upgrade() -> None:
    """Add the columns and the table, and take over the versions that were in force."""
    op.add_column("rulebooks", sa.Column("name", sa.Text(), nullable=False, server_default="policy.md"))
    op.add_column("rulebooks", sa.Column("law", sa.Text(), nullable=False, server_default=""))
    op.add_column("mail", sa.Column("publication", sa.BigInteger(), nullable=True))
    op.create_index("mail_publication", "mail", ["publication", "subject"], unique=True)
    op.create_table(
        "publications",
        sa.Column("seq", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("rulebook_id", sa.Text(), nullable=False),
        sa.Column("changes", sa.Text(), nullable=False),
        sa.Column("in_force_on", sa.Date(), nullable=False),
        sa.Column("published_ms", sa.BigInteger(), nullable=False),
        sa.Column("by_email", sa.Boolean(), nullable=False),
        sa.Column("noticed_ms", sa.BigInteger(), nullable=True),
        sa.Column("in_force_ms", sa.BigInteger(), nullable=True),
        sa.Column("withdrawn_ms", sa.BigInteger(), nullable=True),
        sa.PrimaryKeyConstraint("seq"),
        sqlite_autoincrement=True,
    )
    _take_over()


def _take_over() -> None:
    """Make a publication of each version that is there."""
    connection = op.get_bind()
    rulebooks = sa.table("rulebooks", sa.column("id"), sa.column("published_ms"))
    made = sa.table(
        "publications",
        sa.column("rulebook_id"),
        sa.column("changes"),
        sa.column("in_force_on", sa.Date()),
        sa.column("published_ms"),
        sa.column("by_email", sa.Boolean()),
        sa.column("noticed_ms"),
        sa.column("in_force_ms"),
    )
    kept = sa.select(rulebooks.c.id, rulebooks.c.published_ms).order_by(rulebooks.c.published_ms)
    for rulebook_id, published_ms in connection.execute(kept).all():
        connection.execute(
            made.insert().values(
                rulebook_id=rulebook_id,
                changes="[]",
                in_force_on=(datetime.fromtimestamp(published_ms / 1000, UTC) + _EARLIEST).date(),
                published_ms=published_ms,
                by_email=False,
                noticed_ms=published_ms,
                in_force_ms=published_ms,
            )
        )
