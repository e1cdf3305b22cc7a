"""The staff: accounts, factors, sessions, trainings, invitations."""

from __future__ import annotations

from typing import Final

from sqlalchemy import BigInteger, Column, Date, Index, Integer, LargeBinary, Table

from avow.store.control.tables.types import Text, metadata

staff: Final = Table(
    "staff",
    metadata,
    Column("id", Text, primary_key=True),
    Column("name", Text, nullable=False, unique=True),
    Column("password_hash", Text, nullable=False),  # "" for who signs in at a provider
    Column("created_ms", BigInteger, nullable=False),
    Column("signed_in_ms", BigInteger),  # the last time
    Column("roles", Text, nullable=False, server_default='["administrator"]'),  # names of the policy's roles: a sorted JSON list
    Column("issuer", Text, nullable=False, server_default=""),  # of the OpenID provider whose subject this is; "" for none
    Column("issuer_subject", Text, nullable=False, server_default=""),
)

failed_sign_ins: Final = Table(
    "failed_sign_ins",
    metadata,
    Column("staff_id", Text, primary_key=True),  # "" for names that nobody has
    Column("hour_ms", BigInteger, primary_key=True),
    Column("count", BigInteger, nullable=False),
    Column("logged", BigInteger, nullable=False),  # how many of them the audit log knows of
)

staff_sessions: Final = Table(
    "staff_sessions",
    metadata,
    Column("token_hash", LargeBinary, primary_key=True),
    Column("number", Text, nullable=False),  # what pages and commands call it by; it opens nothing
    Column("staff_id", Text, nullable=False),
    Column("begun_ms", BigInteger, nullable=False),
    Column("seen_ms", BigInteger, nullable=False),  # to the minute
    Column("expires_ms", BigInteger, nullable=False),
    Column("proved_ms", BigInteger, nullable=False),  # when a factor was last proved; 0 for never
    Column("waits_for", Text, nullable=False),  # "code", "enrolment"; "" once it is a whole session
    Column("tries", Integer, nullable=False),  # wrong codes
    Column("pending", LargeBinary),  # the sealed secret of an app that is being set up
    Column("browser", Text, nullable=False),  # family and system
    Index("staff_sessions_of", "staff_id"),
)

staff_apps: Final = Table(
    "staff_apps",
    metadata,
    Column("staff_id", Text, primary_key=True),
    Column("secret", LargeBinary, nullable=False),  # of the codes; sealed
    Column("last_step", BigInteger, nullable=False),  # of the last code that was taken
    Column("since_ms", BigInteger, nullable=False),
)

staff_passkeys: Final = Table(
    "staff_passkeys",
    metadata,
    Column("credential_id", LargeBinary, primary_key=True),
    Column("number", Text, nullable=False),  # what pages call it by
    Column("staff_id", Text, nullable=False),
    Column("label", Text, nullable=False),
    Column("public_key", LargeBinary, nullable=False),
    Column("counter", BigInteger, nullable=False),
    Column("since_ms", BigInteger, nullable=False),
    Column("used_ms", BigInteger),
    Column("cloned_ms", BigInteger),  # when its counter went back; it is refused since
    Index("staff_passkeys_of", "staff_id"),
)

staff_recovery_codes: Final = Table(
    "staff_recovery_codes",
    metadata,
    Column("staff_id", Text, primary_key=True),
    Column("digest", LargeBinary, primary_key=True),  # HMAC under the vault's secret
    Column("used_ms", BigInteger),
)

staff_spent: Final = Table(
    "staff_spent",
    metadata,
    Column("digest", LargeBinary, primary_key=True),  # of a challenge or code that must not be taken again
    Column("expires_ms", BigInteger, nullable=False),
)

staff_training: Final = Table(
    "staff_training",
    metadata,
    Column("id", Text, primary_key=True),
    Column("staff_id", Text, nullable=False),
    Column("topic", Text, nullable=False),  # on what
    Column("trained_on", Date, nullable=False),
    Column("until_on", Date, nullable=False),  # its last day
    Column("noted_by", Text, nullable=False),
    Column("noted_ms", BigInteger, nullable=False),
    Index("staff_training_of", "staff_id"),
)

invitations: Final = Table(
    "invitations",
    metadata,
    Column("token_hash", LargeBinary, primary_key=True),
    Column("expires_ms", BigInteger, nullable=False),
    Column("used_ms", BigInteger),
    Column("staff_id", Text, nullable=False, server_default=""),  # who chooses a new password; "" for a new account
    Column("roles", Text, nullable=False, server_default='["administrator"]'),
)
