"""Accounts of the console over the control store: signing in, and who is let in and out; each change with its audit entry."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Final

from avow import access
from avow.audit.proof import canonical
from avow.collection.sender_memory import is_this_machine
from avow.collection.visits import client_address
from avow.definitions import Refusal
from avow.store.control import Control, audit, staff
from avow.store.control.database import Transaction
from avow.web.services import Invitation, Sender, StaffMember

#: Failed sign-ins are shown for so long.
SHOWN: Final = timedelta(days=30)
#: So long after its end an hour's failed sign-ins are written into the log: every worker has handed over its counts.
_LATE_MS: Final = 60_000
_HOUR_MS: Final = 3_600_000

_GONE: Final = Refusal("there is no such account; it may have been removed", "docs/guide/console.md#accounts")
_LAST: Final = Refusal(
    "this is the last account, and nobody could see to requests without it; invite somebody first",
    "docs/guide/console.md#accounts",
)


@dataclass(frozen=True, slots=True)
class StoredAccounts:
    """Fits `access.Accounts` over the control store."""

    control: Control

    def staff_named(self, name: str) -> access.Account | None:
        """Return the account of this name."""
        with self.control.reading() as tx:
            return _account(staff.by_name(tx, name))

    def accept_invitation(self, digest: str, account: access.Account, now_ms: int) -> access.Account | None:
        """Use the invitation and add the account, or change its password, together."""
        with self.control.transaction() as tx:
            staff.hold(tx)
            known = staff.get(tx, account.staff_id) if account.staff_id else staff.by_name(tx, account.name)
            if (known is None) == bool(account.staff_id) or not staff.use_invitation(tx, bytes.fromhex(digest), now_ms):
                return None
            if known is not None:
                staff.change_password(tx, known.id, account.password_hash)
                _note(tx, now_ms, "staff.password-changed", staff=known.id)
                return _account(staff.get(tx, known.id))
            staff_id = staff.add(tx, account.name, account.password_hash, account.role, now_ms)
            _note(tx, now_ms, "staff.added", staff=staff_id, role=account.role)
            return _account(staff.get(tx, staff_id))

    def invitation(self, digest: str, now_ms: int) -> access.Invitation | None:
        """Return an invitation that can still be accepted."""
        with self.control.reading() as tx:
            found = staff.invitation(tx, bytes.fromhex(digest), now_ms)
            account = staff.get(tx, found.staff_id) if found and found.staff_id else None
        if found is None or (found.staff_id and account is None):
            return None
        return access.Invitation(found.role, found.expires_ms, found.staff_id, account.name if account else "")

    def add_invitation(self, digest: str, role: str, expires_ms: int) -> None:
        """Keep an invitation to make an account."""
        with self.control.transaction() as tx:
            staff.invite(tx, bytes.fromhex(digest), role, expires_ms)

    def add_session(self, digest: str, account: access.Account, expires_ms: int, now_ms: int) -> bool:
        """Keep a session, unless the account is gone or has another password by now."""
        with self.control.transaction() as tx:
            found = staff.get(tx, account.staff_id)
            if found is None or found.password_hash != account.password_hash:
                return False
            staff.begin_session(tx, bytes.fromhex(digest), found.id, expires_ms, now_ms)
            _note(tx, now_ms, "staff.signed-in", staff=found.id)
            return True

    def session(self, digest: str, now_ms: int) -> access.Account | None:
        """Return whose session it is."""
        with self.control.reading() as tx:
            return _account(staff.of_session(tx, bytes.fromhex(digest), now_ms))

    def end_session(self, digest: str, now_ms: int) -> None:
        """End a session."""
        with self.control.transaction() as tx:
            found = staff.of_session(tx, bytes.fromhex(digest), now_ms)
            staff.end_session(tx, bytes.fromhex(digest))
            if found is not None:
                _note(tx, now_ms, "staff.signed-out", staff=found.id)


@dataclass(frozen=True, slots=True)
class StaffRegister:
    """Fits `access.Register` over the control store. `by` is the id of who decides; "" is a command."""

    control: Control
    origin: str
    now_ms: Callable[[], int]

    def accounts(self) -> tuple[access.AccountLine, ...]:
        """Return all accounts by name."""
        with self.control.reading() as tx:
            sessions, failed = staff.open_sessions(tx, self.now_ms()), staff.failed(tx)
            rows = staff.every(tx)
        return tuple(
            access.AccountLine(
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
        return self._link(access.ROLE, "", "staff.invited", {"role": access.ROLE}, by)

    def new_password(self, staff_id: str, by: str = "") -> str | Refusal:
        """Return a one-time link with which an account gets a new password; the old one works until then."""
        with self.control.reading() as tx:
            account = staff.get(tx, staff_id)
        return self._link(account.role, staff_id, "staff.password-invited", {"staff": staff_id}, by) if account else _GONE

    def end_sessions(self, staff_id: str, by: str = "") -> Refusal | None:
        """End every session of an account."""
        with self.control.transaction() as tx:
            if staff.get(tx, staff_id) is None:
                return _GONE
            staff.end_sessions(tx, staff_id)
            _note(tx, self.now_ms(), "staff.sessions-ended", staff=staff_id, **_by(by))
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
            _note(tx, self.now_ms(), "staff.removed", staff=staff_id, **_by(by))
        return None

    def _link(self, role: str, staff_id: str, what: str, facts: Mapping[str, str], by: str) -> str:
        token, now_ms = access.new_token(), self.now_ms()
        with self.control.transaction() as tx:
            staff.invite(tx, bytes.fromhex(access.digest(token)), role, access.ends_ms(now_ms), staff_id)
            _note(tx, now_ms, what, **facts, **_by(by))
        return f"{self.origin.rstrip('/')}/console/invitations/{token}"


@dataclass(slots=True)
class FailedSignIns:
    """Keeps a worker's counts of failed sign-ins, and has each account's hour written into the audit log once it is over."""

    control: Control
    now_ms: Callable[[], int]
    _looked_ms: int = field(default=0, init=False)

    def keep(self, counts: Mapping[tuple[str, int], int]) -> None:
        """Add to the counts; once in an hour, and at the start, log those of the hours that ended.

        What failed under names that nobody has is a number and no entry.
        """
        now_ms = self.now_ms()
        hour_ms = (now_ms - _LATE_MS) - (now_ms - _LATE_MS) % _HOUR_MS
        if not counts and hour_ms == self._looked_ms:
            return
        with self.control.transaction() as tx:
            staff.hold(tx)
            staff.add_failed(tx, counts)
            if hour_ms != self._looked_ms:
                for one in staff.take_failed(tx, hour_ms, now_ms - int(SHOWN.total_seconds() * 1000)):
                    if one.staff_id:
                        _note(tx, now_ms, "staff.sign-in-failed", staff=one.staff_id, hour=one.hour_ms, count=one.count)
        self._looked_ms = hour_ms


@dataclass(frozen=True, slots=True)
class SignIns:
    """What a worker needs to let staff in, whatever version of the policy is in force."""

    accounts: StoredAccounts
    guard: access.Guard
    passwords: access.Passwords
    failures: access.Failures
    trusted: frozenset[str]
    now_ms: Callable[[], int]


@dataclass(frozen=True, slots=True)
class StaffDoor:
    """Fits `web.services.Staff`."""

    signs: SignIns

    def invitation(self, token: str) -> Invitation | None:
        """Return the invitation when it can still be accepted."""
        found = access.open_invitation(self.signs.accounts, token, self.signs.now_ms())
        return Invitation(found.role, found.expires_ms, found.name) if found else None

    def accept(self, token: str, name: str, password: str) -> Future[access.SignedIn | Refusal] | None:
        """Create the account, or change its password, and sign in, in the passwords' thread."""
        signs, now_ms = self.signs, self.signs.now_ms()
        return signs.passwords.later(
            lambda: access.accept(signs.accounts, signs.guard, token, name, password, now_ms), is_known=True
        )

    def sign_in(self, name: str, password: str, sender: Sender) -> Future[access.SignedIn | Refusal] | Refusal | None:
        """Count the try, and have the password looked at in its thread."""
        signs = self.signs
        address = client_address(sender.peer, sender.forwarded, signs.trusted)
        counted = "" if is_this_machine(address) else address
        attempt = access.Attempt(access.named(name), password, counted, sender.device, signs.now_ms())
        admission = signs.guard.admit(signs.accounts, attempt)
        if isinstance(admission, Refusal):
            signs.failures.add(signs.accounts.staff_named(attempt.name), attempt.now_ms)
            return admission

        def look() -> access.SignedIn | Refusal:
            answer = access.sign_in(signs.accounts, signs.guard, attempt, admission)
            if isinstance(answer, Refusal):
                signs.failures.add(admission.account, attempt.now_ms)
            return answer

        future = signs.passwords.later(look, is_known=admission.is_known)
        if future is None:
            signs.guard.take_back(admission, attempt.now_ms)
        return future

    def member(self, session: str) -> StaffMember | None:
        """Return who is signed in."""
        found = access.member(self.signs.accounts, session, self.signs.now_ms())
        return StaffMember(found.staff_id, found.name, found.role) if found else None

    def sign_out(self, session: str) -> None:
        """End the session."""
        access.sign_out(self.signs.accounts, session, self.signs.now_ms())


def _account(row: staff.StaffMember | None) -> access.Account | None:
    """Return an account as the access room knows it."""
    return access.Account(row.id, row.name, row.role, row.password_hash) if row else None


def _by(staff_id: str) -> dict[str, str]:
    return {"by": staff_id or "command"}


def _note(tx: Transaction, now_ms: int, what: str, **facts: str | int) -> None:
    audit.enqueue(tx, canonical({"at": now_ms, "what": what, **facts}))
