"""Accounts of the console, and the invitations that make or renew them; of a token the SHA-256 alone is kept."""

from __future__ import annotations

import hashlib
import unicodedata
from dataclasses import dataclass
from typing import Final

from avow.definitions import Refusal
from avow.gate import entries
from avow.store.control import Control, staff

#: Where the guide speaks of accounts: what refusals cite that no law asks for.
RULE: Final = "docs/guide/console.md#accounts"


def named(text: str) -> str:
    """Return the name of an account in its one form, NFC without the space around it: keyboards compose letters or do not."""
    return unicodedata.normalize("NFC", text.strip())


@dataclass(frozen=True, slots=True)
class Account:
    """A member of staff; the store gives a new one its id. `password_hash` is for this room alone.

    It is "" for who signs in at the OpenID provider that is named as `issuer`.
    """

    staff_id: str
    name: str
    roles: tuple[str, ...]
    password_hash: str
    issuer: str = ""


@dataclass(frozen=True, slots=True)
class Invitation:
    """An invitation that can still be accepted: to make an account, or to choose a new password for the account it names."""

    roles: tuple[str, ...]
    expires_ms: int
    staff_id: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class SignedIn:
    """What a browser gets: the token of its session, and what it keeps so that it is known the next time.

    While the session `waits_for` a "code" or an "enrolment" it opens nothing else, and the browser is not known yet.
    """

    session: str
    device: str
    waits_for: str = ""


@dataclass(frozen=True, slots=True)
class Accounts:
    """Accounts and invitations; tokens arrive as SHA-256 digests. Each change is an audit entry."""

    control: Control

    def has_any(self) -> bool:
        """Return whether anybody has an account."""
        with self.control.reading() as tx:
            return staff.count(tx) > 0

    def staff_named(self, name: str) -> Account | None:
        """Return the account of this name."""
        with self.control.reading() as tx:
            return account_of(staff.by_name(tx, name))

    def accept_invitation(self, digest: str, account: Account, now_ms: int) -> Account | None:
        """Use the invitation and add the account, or change its password, together."""
        with self.control.transaction() as tx:
            staff.hold(tx)
            known = staff.get(tx, account.staff_id) if account.staff_id else staff.by_name(tx, account.name)
            if (known is None) == bool(account.staff_id) or not staff.use_invitation(tx, bytes.fromhex(digest), now_ms):
                return None
            if known is not None:
                staff.change_password(tx, known.id, account.password_hash)
                entries.record(tx, now_ms, entries.StaffSession("staff.password-changed", known.id))
                return account_of(staff.get(tx, known.id))
            staff_id = staff.add(tx, account.name, account.password_hash, account.roles, now_ms)
            entries.record(tx, now_ms, entries.StaffAdded(staff_id, account.roles))
            return account_of(staff.get(tx, staff_id))

    def invitation(self, digest: str, now_ms: int) -> Invitation | None:
        """Return an invitation that can still be accepted."""
        with self.control.reading() as tx:
            found = staff.invitation(tx, bytes.fromhex(digest), now_ms)
            account = staff.get(tx, found.staff_id) if found and found.staff_id else None
        if found is None or (found.staff_id and account is None):
            return None
        return Invitation(found.roles, found.expires_ms, found.staff_id, account.name if account else "")

    def add_invitation(self, digest: str, roles: tuple[str, ...], expires_ms: int) -> None:
        """Keep an invitation to make an account."""
        with self.control.transaction() as tx:
            staff.invite(tx, bytes.fromhex(digest), roles, expires_ms)

    def change_password(self, account: Account, password_hash: str, now_ms: int) -> Account | None:
        """Change the password of an account, which ends all its sessions; None when it is gone or has another one by now."""
        with self.control.transaction() as tx:
            found = staff.get(tx, account.staff_id)
            if found is None or found.password_hash != account.password_hash:
                return None
            staff.change_password(tx, found.id, password_hash)
            entries.record(tx, now_ms, entries.StaffSession("staff.password-changed", found.id))
            return account_of(staff.get(tx, found.id))


def digest(token: str) -> str:
    """Return what is kept of a token: its SHA-256, hex."""
    return hashlib.sha256(token.encode()).hexdigest()


def account_of(row: staff.StaffMember | None) -> Account | None:
    """Return an account as this room knows it."""
    return Account(row.id, row.name, row.roles, row.password_hash, row.issuer) if row else None


def refused(reason: str) -> Refusal:
    """Return a refusal of this room."""
    return Refusal(reason, RULE)
