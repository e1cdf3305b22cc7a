"""Roles and factors of staff, what is known of a session, and trainings.

The code of before knows nothing of roles, so it must not serve any more. Every session ends: it was opened by a password alone.
"""

import sqlalchemy as sa
from alembic import op

revision = "20261130_0020"
down_revision = "20261130_0019"
branch_labels = None
depends_on = None

_ADMINISTRATOR = '["administrator"]'


def upgrade() -> None:
    """Give accounts and open invitations the one role that there was, and make the tables."""
    for name in ("staff", "invitations"):
        op.add_column(name, sa.Column("roles", sa.Text(), nullable=False, server_default=_ADMINISTRATOR))
        op.drop_column(name, "role")
    op.add_column("staff", sa.Column("issuer", sa.Text(), nullable=False, server_default=""))
    op.add_column("staff", sa.Column("issuer_subject", sa.Text(), nullable=False, server_default=""))
    _sessions()
    _factors()
    op.create_table(
        "staff_training",
        sa.Column("id", sa.Text(), primary_key=True),
        sa.Column("staff_id", sa.Text(), nullable=False),
        sa.Column("topic", sa.Text(), nullable=False),
        sa.Column("trained_on", sa.Date(), nullable=False),
        sa.Column("until_on", sa.Date(), nullable=False),
        sa.Column("noted_by", sa.Text(), nullable=False),
        sa.Column("noted_ms", sa.BigInteger(), nullable=False),
    )
    op.create_index("staff_training_of", "staff_training", ["staff_id"])


def _sessions() -> None:
    op.drop_table("staff_sessions")
    op.create_table(
        "staff_sessions",
        sa.Column("token_hash", sa.LargeBinary(), primary_key=True),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("staff_id", sa.Text(), nullable=False),
        sa.Column("begun_ms", sa.BigInteger(), nullable=False),
        sa.Column("seen_ms", sa.BigInteger(), nullable=False),
        sa.Column("expires_ms", sa.BigInteger(), nullable=False),
        sa.Column("proved_ms", sa.BigInteger(), nullable=False),
        sa.Column("waits_for", sa.Text(), nullable=False),
        sa.Column("tries", sa.Integer(), nullable=False),
        sa.Column("pending", sa.LargeBinary()),
        sa.Column("browser", sa.Text(), nullable=False),
    )
    op.create_index("staff_sessions_of", "staff_sessions", ["staff_id"])


def _factors() -> None:
    op.create_table(
        "staff_apps",
        sa.Column("staff_id", sa.Text(), primary_key=True),
        sa.Column("secret", sa.LargeBinary(), nullable=False),
        sa.Column("last_step", sa.BigInteger(), nullable=False),
        sa.Column("since_ms", sa.BigInteger(), nullable=False),
    )
    op.create_table(
        "staff_passkeys",
        sa.Column("credential_id", sa.LargeBinary(), primary_key=True),
        sa.Column("number", sa.Text(), nullable=False),
        sa.Column("staff_id", sa.Text(), nullable=False),
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("public_key", sa.LargeBinary(), nullable=False),
        sa.Column("counter", sa.BigInteger(), nullable=False),
        sa.Column("since_ms", sa.BigInteger(), nullable=False),
        sa.Column("used_ms", sa.BigInteger()),
        sa.Column("cloned_ms", sa.BigInteger()),
    )
    op.create_index("staff_passkeys_of", "staff_passkeys", ["staff_id"])
    op.create_table(
        "staff_recovery_codes",
        sa.Column("staff_id", sa.Text(), primary_key=True),
        sa.Column("digest", sa.LargeBinary(), primary_key=True),
        sa.Column("used_ms", sa.BigInteger()),
    )
    op.create_table(
        "staff_spent",
        sa.Column("digest", sa.LargeBinary(), primary_key=True),
        sa.Column("expires_ms", sa.BigInteger(), nullable=False),
    )
