"""Sessions: they end by signing out, when nobody uses them, when their time is over, and with their account.

    (nothing) -> waits for a code        [Second.enter]      the account has a factor
    (nothing) -> waits for an enrolment  [Second.enter]      it has none, and needs one
    (nothing) -> whole                   [Second.enter]      it needs none; a passkey that asked who it is
    waits     -> whole                   [Second.complete, Enrolment]   with another token
    waits     -> ended                   [Sessions.fail]     too many wrong codes; or 10 minutes later
    whole     -> ended                   [Sessions.end ...]  signed out, idle, 12 hours, another's decision, a removed account

One that waits opens no page but the one it waits for. What it may do is asked at each HTTP request: roles and training are the
account's, and no session keeps them.
"""

from __future__ import annotations

import secrets
from contextlib import suppress
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final

from avow.access.accounts import Account, account_of, digest
from avow.definitions import StoreUnavailable
from avow.gate import entries
from avow.gate.roles import Member
from avow.store.control import Control, Transaction, staff, staff_sessions, staff_training
from avow.store.control.staff_sessions import Kept

#: Every session ends after so long, used or not.
SESSION: Final = timedelta(hours=12)
#: What is left of a sign-in that waits for a code, and for a factor to be set up.
WAITS: Final = {"code": timedelta(minutes=10), "enrolment": timedelta(minutes=30)}
#: Wrong codes that end a session.
CODE_TRIES: Final = 5
#: A session's use is written down at most so often.
_SEEN_MS: Final = 60_000


@dataclass(frozen=True, slots=True)
class OpenSession:
    """A session that has not ended, whole or not, and whose it is."""

    kept: Kept
    account: Account

    @property
    def is_whole(self) -> bool:
        """Whether it opens pages."""
        return not self.kept.waits_for


@dataclass(frozen=True, slots=True)
class Sessions:
    """The sessions of all accounts; `idle_ms` after their last use they end."""

    control: Control
    idle_ms: int

    def open(self, token: str, now_ms: int) -> OpenSession | None:
        """Return the session of a token."""
        with self.control.reading() as tx:
            return self.within(tx, token, now_ms)

    def within(self, tx: Transaction, token: str, now_ms: int) -> OpenSession | None:
        """Return the session of a token, in a transaction of the caller's."""
        found = staff_sessions.find(tx, _hash(token), now_ms, self.idle_ms)
        account = account_of(found[1]) if found else None
        return OpenSession(found[0], account) if found and account else None

    def member(self, token: str, now_ms: int, today: date) -> Member | None:
        """Return whose whole session it is, and note its use, at most once a minute; never on an event loop."""
        with self.control.reading() as tx:
            found = self.within(tx, token, now_ms)
            is_trained = found is not None and staff_training.holds(tx, found.account.staff_id, today)
        if found is None or not found.is_whole:
            return None
        if now_ms - found.kept.seen_ms >= _SEEN_MS:
            with suppress(StoreUnavailable), self.control.transaction() as tx:  # a full disk closes no page that can be read
                staff_sessions.see(tx, _hash(token), now_ms)
        account = found.account
        return Member(account.staff_id, account.name, account.roles, is_trained, found.kept.proved_ms)

    def begin(self, tx: Transaction, account: Account, browser: str, waits_for: str, now_ms: int) -> str | None:
        """Begin a session and return its token; None when the account is gone or has another password by now.

        A whole one begins with a proof: of the factor, or of the password where no factor is asked for.
        """
        found = staff.get(tx, account.staff_id)
        if found is None or found.password_hash != account.password_hash:
            return None
        token = secrets.token_urlsafe(32)
        until_ms = now_ms + int(WAITS.get(waits_for, SESSION).total_seconds() * 1000)
        proved_ms = 0 if waits_for else now_ms
        new = staff_sessions.New(_hash(token), found.id, until_ms, proved_ms, waits_for, browser)
        staff_sessions.begin(tx, new, now_ms)
        if not waits_for:
            staff.signed_in(tx, found.id, now_ms)
            entries.record(tx, now_ms, entries.StaffSession("staff.signed-in", found.id))
        return token

    def complete(self, tx: Transaction, token: str, found: OpenSession, now_ms: int) -> str | None:
        """Make a session that waited whole, under another token."""
        staff_sessions.end(tx, _hash(token))
        return self.begin(tx, found.account, found.kept.browser, "", now_ms)

    def fail(self, tx: Transaction, token: str, found: OpenSession, now_ms: int) -> bool:
        """Count a wrong code; return whether that ended the session."""
        ended = staff_sessions.fail(tx, _hash(token), CODE_TRIES)
        if ended and found.is_whole:
            entries.record(tx, now_ms, entries.StaffSession("staff.signed-out", found.account.staff_id))
        return ended

    def prove(self, tx: Transaction, token: str, now_ms: int) -> None:
        """Note that a factor was proved."""
        staff_sessions.prove(tx, _hash(token), now_ms)

    def keep_pending(self, token: str, sealed: bytes | None, tx: Transaction) -> None:
        """Keep the sealed secret of an app that is being set up, or forget it."""
        staff_sessions.keep_pending(tx, _hash(token), sealed)

    def end(self, token: str, now_ms: int) -> None:
        """End a session."""
        with self.control.transaction() as tx:
            found = self.within(tx, token, now_ms)
            staff_sessions.end(tx, _hash(token))
            if found is not None and found.is_whole:
                entries.record(tx, now_ms, entries.StaffSession("staff.signed-out", found.account.staff_id))

    def end_others(self, token: str, now_ms: int) -> int:
        """End every other session of the account whose session this is; return how many."""
        with self.control.transaction() as tx:
            found = self.within(tx, token, now_ms)
            if found is None:
                return 0
            count = staff_sessions.end_all(tx, found.account.staff_id, but=_hash(token))
            if count:
                staff_id = found.account.staff_id
                entries.record(tx, now_ms, entries.StaffChanged("staff.sessions-ended", staff_id, staff_id))
            return count


def _hash(token: str) -> bytes:
    return bytes.fromhex(digest(token))
