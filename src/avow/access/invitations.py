"""One-time links: with one somebody makes an account, with another a member of staff chooses a new password."""

from __future__ import annotations

import secrets
from dataclasses import replace
from datetime import timedelta
from typing import Final

from avow.access.accounts import Account, Accounts, Invitation, SignedIn, digest, named
from avow.access.passwords import hashed
from avow.access.signing_in import PASSWORD_MAX, Enter
from avow.definitions import Refusal

INVITATION: Final = timedelta(days=3)
PASSWORD_LENGTH: Final = (12, PASSWORD_MAX)
NAME_LENGTH: Final = 80

_ENDED: Final = Refusal("this invitation was used before or has ended; ask for a new one", "docs/guide/console.md#accounts")
_TAKEN: Final = Refusal("there is an account of this name already; choose another name", "docs/guide/console.md#accounts")


def new_token() -> str:
    """Return the token of an invitation; of what is kept of it see `digest`."""
    return secrets.token_urlsafe(24)


def ends_ms(now_ms: int) -> int:
    """Return until when an invitation of this moment can be accepted."""
    return now_ms + int(INVITATION.total_seconds() * 1000)


def invite(accounts: Accounts, roles: tuple[str, ...], now_ms: int) -> str:
    """Return the token of a new invitation to make an account."""
    token = new_token()
    accounts.add_invitation(digest(token), roles, ends_ms(now_ms))
    return token


def open_invitation(accounts: Accounts, token: str, now_ms: int) -> Invitation | None:
    """Return the invitation behind a token when it can still be accepted."""
    return accounts.invitation(digest(token), now_ms)


def accept(
    accounts: Accounts, enter: Enter, token: str, name: str, password: str, browser: str, now_ms: int
) -> SignedIn | Refusal:
    """Make the invited account, or give the account its new password; sign in. The name of an account stays what it is."""
    invitation = open_invitation(accounts, token, now_ms)
    if invitation is None:
        return _ENDED
    chosen = Account(invitation.staff_id, invitation.name or named(name), invitation.roles, "")
    refusal = unfit(chosen.name, password)
    if refusal:
        return refusal
    account = accounts.accept_invitation(digest(token), replace(chosen, password_hash=hashed(password)), now_ms)
    entered = enter(account, browser, now_ms) if account else None
    if entered is None:
        return _ENDED if invitation.staff_id else _TAKEN
    return entered


def unfit(name: str, password: str) -> Refusal | None:
    """Return what is wrong with a chosen name or password."""
    if not 1 <= len(name) <= NAME_LENGTH or not name.isprintable():
        return Refusal(f"choose a name of 1 to {NAME_LENGTH} characters", "docs/guide/console.md#accounts")
    if not PASSWORD_LENGTH[0] <= len(password) <= PASSWORD_LENGTH[1]:
        return Refusal(
            f"choose a password of {PASSWORD_LENGTH[0]} to {PASSWORD_LENGTH[1]} characters; a sentence is easy to remember",
            "NIST SP 800-63B, 5.1.1",
        )
    if password.strip().lower() == name.lower() or len(set(password)) < 5:  # noqa: PLR2004 - a few different characters
        return Refusal("choose a password that is harder to guess", "NIST SP 800-63B, 5.1.1")
    return None
