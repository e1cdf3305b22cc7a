"""Accounts of the console and their sessions; of a session's token the SHA-256 alone is kept."""

from __future__ import annotations

import hashlib
import secrets
import unicodedata
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from avow.gate import entries
from avow.store.control import Control, staff

#: The one role there is: whoever has an account sees every page of the console, each view of a person's data logged.
ROLE: Final = "privacy-officer"
SESSION: Final = timedelta(hours=12)


def named(text: str) -> str:
    """Return the name of an account in its one form, NFC without the space around it: keyboards compose letters or do not."""
    return unicodedata.normalize("NFC", text.strip())


@dataclass(frozen=True, slots=True)
class Account:
    """A member of staff; the store gives a new one its id. `password_hash` is for this room alone."""

    staff_id: str
    name: str
    role: str
    password_hash: str


@dataclass(frozen=True, slots=True)
class Invitation:
    """An invitation that can still be accepted: to make an account, or to choose a new password for the account it names."""

    role: str
    expires_ms: int
    staff_id: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class SignedIn:
    """What a browser gets: the token of its session, and what it keeps so that it is known the next time."""

    session: str
    device: str


@dataclass(frozen=True, slots=True)
class Accounts:
    """Accounts, sessions and invitations; tokens arrive as SHA-256 digests. Each change is an audit entry."""

    control: Control

    def has_any(self) -> bool:
        """Return whether anybody has an account."""
        with self.control.reading() as tx:
            return staff.count(tx) > 0

    def staff_named(self, name: str) -> Account | None:
        """Return the account of this name."""
        with self.control.reading() as tx:
            return _account(staff.by_name(tx, name))

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
                return _account(staff.get(tx, known.id))
            staff_id = staff.add(tx, account.name, account.password_hash, account.role, now_ms)
            entries.record(tx, now_ms, entries.StaffAdded(staff_id, account.role))
            return _account(staff.get(tx, staff_id))

    def invitation(self, digest: str, now_ms: int) -> Invitation | None:
        """Return an invitation that can still be accepted."""
        with self.control.reading() as tx:
            found = staff.invitation(tx, bytes.fromhex(digest), now_ms)
            account = staff.get(tx, found.staff_id) if found and found.staff_id else None
        if found is None or (found.staff_id and account is None):
            return None
        return Invitation(found.role, found.expires_ms, found.staff_id, account.name if account else "")

    def add_invitation(self, digest: str, role: str, expires_ms: int) -> None:
        """Keep an invitation to make an account."""
        with self.control.transaction() as tx:
            staff.invite(tx, bytes.fromhex(digest), role, expires_ms)

    def add_session(self, digest: str, account: Account, expires_ms: int, now_ms: int) -> bool:
        """Keep a session, unless the account is gone or has another password by now."""
        with self.control.transaction() as tx:
            found = staff.get(tx, account.staff_id)
            if found is None or found.password_hash != account.password_hash:
                return False
            staff.begin_session(tx, bytes.fromhex(digest), found.id, expires_ms, now_ms)
            entries.record(tx, now_ms, entries.StaffSession("staff.signed-in", found.id))
            return True

    def session(self, digest: str, now_ms: int) -> Account | None:
        """Return whose session it is."""
        with self.control.reading() as tx:
            return _account(staff.of_session(tx, bytes.fromhex(digest), now_ms))

    def end_session(self, digest: str, now_ms: int) -> None:
        """End a session."""
        with self.control.transaction() as tx:
            found = staff.of_session(tx, bytes.fromhex(digest), now_ms)
            staff.end_session(tx, bytes.fromhex(digest))
            if found is not None:
                entries.record(tx, now_ms, entries.StaffSession("staff.signed-out", found.id))


def digest(token: str) -> str:
    """Return what is kept of a token: its SHA-256, hex."""
    return hashlib.sha256(token.encode()).hexdigest()


def enter(accounts: Accounts, account: Account, now_ms: int) -> str | None:
    """Return the token of a new session; None when the account is gone or has another password by now."""
    token = secrets.token_urlsafe(32)
    until_ms = now_ms + int(SESSION.total_seconds() * 1000)
    return token if accounts.add_session(digest(token), account, until_ms, now_ms) else None


def member(accounts: Accounts, token: str, now_ms: int) -> Account | None:
    """Return whose session the token is, if it has not ended."""
    return accounts.session(digest(token), now_ms)


def sign_out(accounts: Accounts, token: str, now_ms: int) -> None:
    """End the session."""
    accounts.end_session(digest(token), now_ms)


def _account(row: staff.StaffMember | None) -> Account | None:
    """Return an account as the access room knows it."""
    return Account(row.id, row.name, row.role, row.password_hash) if row else None
