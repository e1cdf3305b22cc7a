"""Staff of the console: accounts by invitation, passwords, sessions.

Passwords are kept as Argon2id hashes (RFC 9106); tokens of invitations and sessions are kept as SHA-256 only.
"""

from __future__ import annotations

import hashlib
import secrets
import threading
from collections import defaultdict
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, Protocol

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from avow.definitions import Refusal

#: The one role there is: whoever has an account sees every page of the console, each view of a person's data logged.
ROLE: Final = "privacy-officer"
SESSION: Final = timedelta(hours=12)
INVITATION: Final = timedelta(days=3)
PASSWORD_LENGTH: Final = (12, 256)
NAME_LENGTH: Final = 80
#: Failed sign-ins that one name may have in WINDOW, in each worker; beyond it every try is refused.
TRIES: Final = 10
WINDOW: Final = timedelta(minutes=15)
#: Names whose failed tries are remembered.
NAMES: Final = 10_000

_hasher: Final = PasswordHasher()


@dataclass(frozen=True, slots=True)
class Account:
    """A member of staff; the store gives a new one its id. `password_hash` is for this room alone."""

    staff_id: str
    name: str
    role: str
    password_hash: str


@dataclass(frozen=True, slots=True)
class Invitation:
    """An invitation that can still be accepted."""

    role: str
    expires_ms: int


class Accounts(Protocol):
    """Where accounts, sessions and invitations live; tokens arrive as SHA-256 digests."""

    def staff_named(self, name: str) -> Account | None:
        """Return the account of this name."""

    def accept_invitation(self, digest: str, account: Account, now_ms: int) -> bool:
        """Use the invitation and add the account, in one transaction; False when either cannot be."""

    def invitation(self, digest: str, now_ms: int) -> Invitation | None:
        """Return an invitation that was not used and has not ended."""

    def add_invitation(self, digest: str, role: str, expires_ms: int) -> None:
        """Keep an invitation."""

    def add_session(self, digest: str, account_name: str, expires_ms: int, now_ms: int) -> None:
        """Keep a session of the account of this name."""

    def session(self, digest: str, now_ms: int) -> Account | None:
        """Return whose session it is, if it has not ended."""

    def end_session(self, digest: str) -> None:
        """End a session."""


class Tries:
    """Failed sign-ins by name, in memory."""

    def __init__(self) -> None:
        self._failed: defaultdict[str, list[int]] = defaultdict(list)
        self._lock = threading.Lock()

    def are_over(self, name: str, now_ms: int) -> bool:
        """Return whether this name has failed too often lately."""
        since = now_ms - int(WINDOW.total_seconds() * 1000)
        with self._lock:
            recent = self._failed[name] = [moment for moment in self._failed[name] if moment > since]
            if not recent:
                del self._failed[name]
        return len(recent) >= TRIES

    def add(self, name: str, now_ms: int) -> None:
        """Note a failed try."""
        with self._lock:
            if len(self._failed) >= NAMES:
                self._failed.clear()
            self._failed[name].append(now_ms)


def digest(token: str) -> str:
    """Return what is kept of a token: its SHA-256, hex."""
    return hashlib.sha256(token.encode()).hexdigest()


def invite(accounts: Accounts, role: str, now_ms: int) -> str:
    """Return the token of a new one-time invitation."""
    token = secrets.token_urlsafe(24)
    accounts.add_invitation(digest(token), role, now_ms + int(INVITATION.total_seconds() * 1000))
    return token


def open_invitation(accounts: Accounts, token: str, now_ms: int) -> Invitation | None:
    """Return the invitation behind a token when it can still be accepted."""
    return accounts.invitation(digest(token), now_ms)


def accept(accounts: Accounts, token: str, name: str, password: str, now_ms: int) -> str | Refusal:
    """Create the invited account and return the token of its first session."""
    invitation = open_invitation(accounts, token, now_ms)
    if invitation is None:
        return Refusal("this invitation was used before or has ended; ask for a new one", "docs/guide/console.md")
    refusal = _unfit(name, password)
    if refusal:
        return refusal
    account = Account("", name.strip(), invitation.role, _hasher.hash(password))
    if not accounts.accept_invitation(digest(token), account, now_ms):
        return Refusal("there is an account of this name already; choose another name", "docs/guide/console.md")
    return _new_session(accounts, account, now_ms)


def sign_in(accounts: Accounts, tries: Tries, name: str, password: str, now_ms: int) -> str | Refusal:
    """Return the token of a new session; an unknown name takes as long as a wrong password."""
    name = name.strip()
    if tries.are_over(name, now_ms):
        minutes = int(WINDOW.total_seconds() // 60)
        return Refusal(f"too many failed tries; wait {minutes} minutes", "docs/guide/console.md")
    account = accounts.staff_named(name) if len(password) <= PASSWORD_LENGTH[1] else None
    try:
        _hasher.verify(account.password_hash if account else _nobody(), password[: PASSWORD_LENGTH[1]])
    except (VerificationError, InvalidHashError):
        account = None
    if account is None:
        tries.add(name, now_ms)
        return Refusal("name and password do not belong together", "docs/guide/console.md")
    return _new_session(accounts, account, now_ms)


def member(accounts: Accounts, token: str, now_ms: int) -> Account | None:
    """Return whose session the token is, if it has not ended."""
    return accounts.session(digest(token), now_ms)


def sign_out(accounts: Accounts, token: str) -> None:
    """End the session."""
    accounts.end_session(digest(token))


def _unfit(name: str, password: str) -> Refusal | None:
    """Return what is wrong with a chosen name or password."""
    if not 1 <= len(name.strip()) <= NAME_LENGTH or not name.isprintable():
        return Refusal(f"choose a name of 1 to {NAME_LENGTH} characters", "docs/guide/console.md")
    if not PASSWORD_LENGTH[0] <= len(password) <= PASSWORD_LENGTH[1]:
        return Refusal(
            f"choose a password of {PASSWORD_LENGTH[0]} to {PASSWORD_LENGTH[1]} characters; a sentence is easy to remember",
            "NIST SP 800-63B, 5.1.1",
        )
    if password.strip().lower() == name.strip().lower() or len(set(password)) < 5:  # noqa: PLR2004 - a few different characters
        return Refusal("choose a password that is harder to guess", "NIST SP 800-63B, 5.1.1")
    return None


def _new_session(accounts: Accounts, account: Account, now_ms: int) -> str:
    """Return the token of a new session."""
    token = secrets.token_urlsafe(32)
    accounts.add_session(digest(token), account.name, now_ms + int(SESSION.total_seconds() * 1000), now_ms)
    return token


_nobody_hash: list[str] = []


def _nobody() -> str:
    """Return a hash that no password fits, made once, so that unknown names take as long as known ones."""
    if not _nobody_hash:
        _nobody_hash.append(_hasher.hash(secrets.token_urlsafe(32)))
    return _nobody_hash[0]
