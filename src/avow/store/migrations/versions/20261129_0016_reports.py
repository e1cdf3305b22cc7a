"""What was reported of a click, by the id of the report. Reports of before have none: their first repetition is believed."""

import sqlalchemy as sa
from alembic import op

revision = "20261129_0016"
down_revision = "20261129_0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table and the index by which it is swept."""
    op.create_table(
        "reports",
        sa.Column("mark", sa.LargeBinary(), primary_key=True),
        sa.Column("said", sa.LargeBinary(), nullable=False),
        sa.Column("delete_on", sa.Date(), nullable=False),
    )
    op.create_index("reports_due", "reports", ["delete_on"])
