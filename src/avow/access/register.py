"""Who has an account, and what is decided about it: the same for the console and for commands."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from avow.access.accounts import ROLE, digest
from avow.access.invitations import ends_ms, new_token
from avow.definitions import Refusal
from avow.gate import entries
from avow.store.control import Control, Transaction, staff

#: Who decided, where no member of staff did.
COMMAND: Final = "command"
_GONE: Final = Refusal("there is no such account; it may have been removed", "docs/guide/console.md#accounts")
_LAST: Final = Refusal(
    "this is the last account, and nobody could see to requests without it; invite somebody first",
    "docs/guide/console.md#accounts",
)


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


@dataclass(frozen=True, slots=True)
class Register:
    """Who has an account; `by` is the id of the member of staff who decides, "" a command. Each decision is an audit entry."""

    control: Control
    origin: str
    now_ms: Callable[[], int]

    def accounts(self) -> tuple[AccountLine, ...]:
        """Return all accounts by name."""
        with self.control.reading() as tx:
            sessions, failed = staff.open_sessions(tx, self.now_ms()), staff.failed(tx)
            rows = staff.every(tx)
        return tuple(
            AccountLine(
                row.id, row.name, row.role, row.created_ms, row.signed_in_ms, sessions.get(row.id, 0), failed.get(row.id, 0)
            )
            for row in rows
        )

    def failed_unknown(self) -> int:
        """Return how many sign-ins failed under names that nobody has."""
        with self.control.reading() as tx:
            return staff.failed(tx).get("", 0)

    def invite(self, by: str = "") -> str:
        """Return a one-time link with which somebody makes an account."""
        return self._link(ROLE, "", entries.StaffInvited(ROLE, by or COMMAND))

    def new_password(self, staff_id: str, by: str = "") -> str | Refusal:
        """Return a one-time link with which an account gets a new password; the old one works until then."""
        with self.control.reading() as tx:
            account = staff.get(tx, staff_id)
        if account is None:
            return _GONE
        return self._link(account.role, staff_id, entries.StaffChanged("staff.password-invited", staff_id, by or COMMAND))

    def end_sessions(self, staff_id: str, by: str = "") -> Refusal | None:
        """End every session of an account."""
        with self.control.transaction() as tx:
            if staff.get(tx, staff_id) is None:
                return _GONE
            staff.end_sessions(tx, staff_id)
            self._note(tx, "staff.sessions-ended", staff_id, by)
        return None

    def remove(self, staff_id: str, by: str = "") -> Refusal | None:
        """Remove an account, its sessions, and every open invitation; the last account stays."""
        with self.control.transaction() as tx:
            staff.hold(tx)
            if staff.get(tx, staff_id) is None:
                return _GONE
            if staff.count(tx) == 1:
                return _LAST
            staff.remove(tx, staff_id)
            self._note(tx, "staff.removed", staff_id, by)
        return None

    def _link(self, role: str, staff_id: str, entry: entries.Entry) -> str:
        token, now_ms = new_token(), self.now_ms()
        with self.control.transaction() as tx:
            staff.invite(tx, bytes.fromhex(digest(token)), role, ends_ms(now_ms), staff_id)
            entries.record(tx, now_ms, entry)
        return f"{self.origin.rstrip('/')}/console/invitations/{token}"

    def _note(self, tx: Transaction, what: str, staff_id: str, by: str) -> None:
        entries.record(tx, self.now_ms(), entries.StaffChanged(what, staff_id, by or COMMAND))
