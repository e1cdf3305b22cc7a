"""Indexes in the order in which the console lists things, so that each page of a list costs the same."""

from alembic import op

revision = "20261129_0015"
down_revision = "20261129_0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Add the indexes."""
    op.create_index("mail_listed", "mail", ["mailing", "created_ms", "id"])
    op.create_index("mail_of_mailing", "mail", ["mailing", "state"])
    op.create_index("mailings_listed", "mailings", ["created_ms", "id"])
    op.create_index("set_aside_listed", "set_aside", ["first_ms", "id"])
    op.create_index("submissions_listed", "submissions", ["point", "collected_ms", "record_id"])
