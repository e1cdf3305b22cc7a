"""Until when it stays known whose data a disclosure was of; earlier rows get a day by gate.disclosures.date_earlier."""

import sqlalchemy as sa
from alembic import op

revision = "20261129_0017"
down_revision = "20261129_0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column and its index."""
    op.add_column("disclosures", sa.Column("forget_on", sa.Date))
    op.create_index("disclosures_forget", "disclosures", ["forget_on"])
