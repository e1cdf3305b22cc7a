"""Files that came with submissions, and decisions on applications.

A new table and two columns that may be empty: the code of before does not know them and does not miss them.
"""

import sqlalchemy as sa
from alembic import op

revision = "20261124_0004"
down_revision = "20261124_0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the table and the columns."""
    op.create_table(
        "submission_files",
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("record_id", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("name"),
    )
    op.create_index("submission_files_record", "submission_files", ["record_id"])
    op.add_column("submissions", sa.Column("decision", sa.Text(), nullable=False, server_default=""))
    op.add_column("submissions", sa.Column("decided_on", sa.Date(), nullable=True))
