"""Signing in: tries are counted once for all workers, before a password is looked at; known devices are counted alone.

1. `Guard.admit` counts the try, by the sender's address and by the name, whether or not there is such an account; a device that
   signed in to this account before is counted by itself, so that nobody can lock its owner out.
2. `sign_in` looks at the password, in the thread of `passwords`; one that fits takes the count back.
3. `Second` asks for a code or passkey where the account has one (`Guard.admit_code` counts by account or device).

Whoever is refused was counted as failed: `Failures` keeps how often by account and hour, and of unknown names the number alone.
"""

from __future__ import annotations

import hmac
import secrets
from collections import Counter
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import timedelta
from threading import Lock
from typing import Final, Protocol

from avow.access.accounts import Account, Accounts, SignedIn
from avow.access.passwords import fits
from avow.definitions import Refusal

#: Longest password, in characters: longer ones are wrong without a look.
PASSWORD_MAX: Final = 256
#: Tries within the window of the counts (10 minutes) for one name, from one address, and from one known device.
NAME_TRIES: Final = 10
ADDRESS_TRIES: Final = 30
DEVICE_TRIES: Final = 10
#: The same of codes: for one account, and from one known device of it.
CODE_TRIES: Final = 10
WINDOW: Final = timedelta(minutes=10)
#: A device is known for so long after its last sign-in: longer than any leave.
DEVICE: Final = timedelta(days=400)
_HOUR_MS: Final = 3_600_000
_LABEL: Final = b"avow known device"

_TOO_OFTEN: Final = Refusal(
    f"too many failed tries; wait {int(WINDOW.total_seconds() // 60)} minutes, or use a browser that you signed in with before",
    "docs/guide/console.md#accounts",
)
_WRONG: Final = Refusal("name and password do not belong together", "docs/guide/console.md#accounts")


#: What begins a session of an account in a browser: `Second.enter`.
Enter = Callable[[Account, str, int], SignedIn | None]


class Counts(Protocol):
    """Who counts for all workers."""

    def lease(self, sender: str, wanted: int, most: int, now_ms: int, act: str) -> int | None:
        """Count as many acts as there may still be, at most `wanted`; return how many, None when there is no answer."""

    def take_back(self, sender: str, now_ms: int, act: str) -> None:
        """Take back what was counted at this moment."""


@dataclass(frozen=True, slots=True)
class Attempt:
    """Somebody who wants to sign in: what was typed, from which address, and what the browser kept of an earlier sign-in.

    `address` is empty where it speaks for everybody: on the machine of a proxy that nobody named. `browser` is its family and
    system, for the list of sessions.
    """

    name: str
    password: str
    address: str
    device: str
    now_ms: int
    browser: str = ""


@dataclass(frozen=True, slots=True)
class Admission:
    """A try whose password is looked at: the account of its name, senders and acts that were counted, if its device is known."""

    account: Account | None
    counted: tuple[tuple[str, str], ...]
    is_known: bool


@dataclass(frozen=True, slots=True)
class Guard:
    """Counts tries. `keyed` is a keyed hash (label, data) that only this installation can make."""

    counts: Counts
    keyed: Callable[[bytes, bytes], bytes]

    def admit(self, accounts: Accounts, attempt: Attempt) -> Admission | Refusal:
        """Count a try; refuse it when there were too many. A refusal says the same of names that nobody has."""
        account = accounts.staff_named(attempt.name)
        is_known = account is not None and self._is_known(account, attempt.device, attempt.now_ms)
        if is_known:
            limits = {(attempt.device, "sign-in by device"): DEVICE_TRIES}
        else:
            by_address = {(attempt.address, "sign-in by address"): ADDRESS_TRIES} if attempt.address else {}
            limits = by_address | {(attempt.name, "sign-in by name"): NAME_TRIES}
        # No answer means no, except to a known device: what keeps the count from answering must not lock its owner out.
        no = {0} if is_known else {0, None}
        if any(self.counts.lease(sender, 1, most, attempt.now_ms, act) in no for (sender, act), most in limits.items()):
            return _TOO_OFTEN
        return Admission(account, tuple(limits), is_known)

    def admit_code(self, account: Account, device: str, now_ms: int) -> Admission | Refusal:
        """Count the try of a code; who has the password cannot lock out the device that signed in before."""
        is_known = self._is_known(account, device, now_ms)
        counted = (device, "code by device") if is_known else (account.staff_id, "code by account")
        no = {0} if is_known else {0, None}
        if self.counts.lease(counted[0], 1, CODE_TRIES, now_ms, counted[1]) in no:
            return _TOO_OFTEN
        return Admission(account, (counted,), is_known)

    def admit_sender(self, address: str, now_ms: int) -> Admission | Refusal:
        """Count the try of a passkey alone, or of a provider's answer, by the sender's address."""
        counted = ((address, "sign-in by address"),) if address else ()
        if any(self.counts.lease(sender, 1, ADDRESS_TRIES, now_ms, act) in {0, None} for sender, act in counted):
            return _TOO_OFTEN
        return Admission(None, counted, is_known=False)

    def take_back(self, admission: Admission, now_ms: int) -> None:
        """Take back a try of this moment that succeeded, or whose password nobody looked at."""
        for sender, act in admission.counted:
            self.counts.take_back(sender, now_ms, act)

    def device(self, account: Account, now_ms: int) -> str:
        """Return what a browser keeps of a sign-in; it ends with the password."""
        number = secrets.token_hex(8)
        until = now_ms + int(DEVICE.total_seconds() * 1000)
        return f"{number}.{until}.{self._mark(account, number, until)}"

    def _is_known(self, account: Account, device: str, now_ms: int) -> bool:
        number, _, rest = device.partition(".")
        until, _, mark = rest.partition(".")
        if not (until.isascii() and until.isdigit() and len(until) < len(str(now_ms)) + 2):
            return False
        return int(until) > now_ms and hmac.compare_digest(mark.encode(), self._mark(account, number, int(until)).encode())

    def _mark(self, account: Account, number: str, until: int) -> str:
        return self.keyed(_LABEL, f"{number}.{until}.{account.staff_id}.{account.password_hash}".encode()).hex()


def sign_in(enter: Enter, guard: Guard, attempt: Attempt, admission: Admission) -> SignedIn | Refusal:
    """Return a new session if the password fits; an unknown name takes as long as a wrong password."""
    account = admission.account
    has_password = account is not None and bool(account.password_hash)  # else it signs in at a provider
    is_right = fits(attempt.password[:PASSWORD_MAX], account.password_hash if account and has_password else None)
    if account is None or not is_right or len(attempt.password) > PASSWORD_MAX:
        return _WRONG
    entered = enter(account, attempt.browser, attempt.now_ms)
    if entered is None:  # removed, or another password, meanwhile
        return _WRONG
    guard.take_back(admission, attempt.now_ms)
    return entered


class Failures:
    """Failed sign-ins on their way to the store: how often, by account ("" for names that nobody has) and hour."""

    def __init__(self) -> None:
        self._counts: Counter[tuple[str, int]] = Counter()
        self._lock = Lock()

    def add(self, account: Account | None, now_ms: int) -> None:
        """Count a failed sign-in."""
        with self._lock:
            self._counts[account.staff_id if account else "", now_ms - now_ms % _HOUR_MS] += 1

    def flush(self, keep: Callable[[Mapping[tuple[str, int], int]], None]) -> None:
        """Hand over what was counted since the last time; it is kept for the next one when it is not taken."""
        with self._lock:
            taken, self._counts = self._counts, Counter()
        with ExitStack() as unless_taken:
            unless_taken.callback(self._take_again, taken)
            keep(taken)
            unless_taken.pop_all()

    def _take_again(self, counts: Counter[tuple[str, int]]) -> None:
        with self._lock:
            self._counts.update(counts)
