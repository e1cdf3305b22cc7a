"""Accounts of the console and their sessions; of a session's token the SHA-256 alone is kept."""

from __future__ import annotations

import hashlib
import secrets
import unicodedata
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, Protocol

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


class Accounts(Protocol):
    """Where accounts, sessions and invitations live; tokens arrive as SHA-256 digests. Each change is an audit entry."""

    def staff_named(self, name: str) -> Account | None:
        """Return the account of this name."""

    def accept_invitation(self, digest: str, account: Account, now_ms: int) -> Account | None:
        """Use the invitation; add the account, or give the one it has an id of its new password and end its sessions.

        In one transaction; None when either cannot be.
        """

    def invitation(self, digest: str, now_ms: int) -> Invitation | None:
        """Return an invitation that was not used and has not ended."""

    def add_invitation(self, digest: str, role: str, expires_ms: int) -> None:
        """Keep an invitation to make an account."""

    def add_session(self, digest: str, account: Account, expires_ms: int, now_ms: int) -> bool:
        """Keep a session; False when the account is gone or has another password by now."""

    def session(self, digest: str, now_ms: int) -> Account | None:
        """Return whose session it is, if it has not ended."""

    def end_session(self, digest: str, now_ms: int) -> None:
        """End a session."""


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
