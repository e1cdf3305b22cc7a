"""Whose a submission is, next to the pseudonym under whose key it is: a person has one for each class (decision 0087)."""

import sqlalchemy as sa
from alembic import op

revision = "20261130_0041"
down_revision = "20261130_0040"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the column; what is here is under its person's own key. The code of before leaves it empty, which says the same."""
    op.add_column("submission_subjects", sa.Column("person", sa.LargeBinary()))
    op.execute("UPDATE submission_subjects SET person = subject")
    op.create_index("submission_subjects_person", "submission_subjects", ["person"])
