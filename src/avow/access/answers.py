"""What pages know of accounts: an open invitation, who wants to sign in, sessions and factors of an account."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date


@dataclass(frozen=True, slots=True)
class Invitation:
    """An open invitation to the console; with the name of an account, to choose a new password for it."""

    roles: tuple[str, ...]
    expires_ms: int
    name: str = ""


@dataclass(frozen=True, slots=True)
class Sender:
    """Who wants to sign in: the connection's other end, what X-Forwarded-For says, what the browser kept of a sign-in.

    `browser` is its family and system.
    """

    peer: str
    forwarded: str
    device: str
    browser: str = ""


@dataclass(frozen=True, slots=True)
class SessionLine:
    """A session as its owner sees it; `number` is what it is ended by."""

    number: str
    browser: str
    begun_ms: int
    seen_ms: int
    is_this: bool


@dataclass(frozen=True, slots=True)
class PasskeyLine:
    """A passkey as its owner sees it; `is_refused` because its counter went back."""

    number: str
    label: str
    since_ms: int
    used_ms: int | None
    is_refused: bool


@dataclass(frozen=True, slots=True)
class TrainingLine:
    """A training: on what, when, the last day on which it holds, and whether it does."""

    training_id: str
    topic: str
    trained_on: date
    until_on: date
    holds: bool


@dataclass(frozen=True, slots=True)
class AccountPage:
    """All that is known of an account; `app_since_ms` is when its app was set up, None for no app."""

    staff_id: str
    name: str
    roles: tuple[str, ...]
    issuer: str
    created_ms: int
    app_since_ms: int | None
    passkeys: tuple[PasskeyLine, ...]
    recovery_codes: int
    sessions: tuple[SessionLine, ...]
    trainings: tuple[TrainingLine, ...]

    @property
    def has_factor(self) -> bool:
        """Whether there is a second factor."""
        return self.app_since_ms is not None or bool(self.passkeys)
