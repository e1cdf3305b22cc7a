"""Who has an account, and what is decided about it: the same for the console and for commands."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol

from avow.definitions import Refusal


@dataclass(frozen=True, slots=True)
class AccountLine:
    """An account: since when, its last sign-in, how many sessions are open, how many sign-ins failed in 30 days."""

    staff_id: str
    name: str
    role: str
    created_ms: int
    signed_in_ms: int | None
    sessions: int
    failed: int


class Register(Protocol):
    """Who has an account; `by` is the id of the member of staff who decides, "" a command. Each decision is an audit entry."""

    def accounts(self) -> tuple[AccountLine, ...]:
        """Return all accounts by name."""

    def failed_unknown(self) -> int:
        """Return how many sign-ins failed in 30 days under names that nobody has."""

    def invite(self, by: str = "") -> str:
        """Return a one-time link with which somebody makes an account."""

    def new_password(self, staff_id: str, by: str = "") -> str | Refusal:
        """Return a one-time link with which an account gets a new password."""

    def end_sessions(self, staff_id: str, by: str = "") -> Refusal | None:
        """End every session of an account."""

    def remove(self, staff_id: str, by: str = "") -> Refusal | None:
        """Remove an account with its sessions and all open invitations; the last one is refused."""
