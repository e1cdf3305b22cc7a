"""What pages know of accounts: who is signed in, an open invitation, and who wants to sign in."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Invitation:
    """An open invitation to the console; with the name of an account, to choose a new password for it."""

    role: str
    expires_ms: int
    name: str = ""


@dataclass(frozen=True, slots=True)
class Sender:
    """Who wants to sign in: the connection's other end, what X-Forwarded-For says, what the browser kept of a sign-in."""

    peer: str
    forwarded: str
    device: str
