"""Who may see the console: accounts by invitation, passwords, sign-ins and their limits, sessions.

`accounts` knows who there is, and their sessions; `invitations` are links that make an account or a new password; `passwords`
hashes in a thread of its own; `signing_in` counts tries before anything dear is done, and knows the devices that signed in
before; `register` is what is decided about accounts. `build` wires all of it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from avow.access.accounts import ROLE, SESSION, Account, Accounts, Invitation, SignedIn, digest, member, named, sign_out
from avow.access.failed import FailedSignIns
from avow.access.invitations import INVITATION, NAME_LENGTH, PASSWORD_LENGTH, accept, ends_ms, invite, new_token, open_invitation
from avow.access.passwords import Passwords
from avow.access.register import AccountLine, Register
from avow.access.signing_in import ADDRESS_TRIES, DEVICE, NAME_TRIES, Admission, Attempt, Counts, Failures, Guard, sign_in
from avow.access.staff import SignIns, Staff
from avow.store.store import Store

__all__ = [
    "ADDRESS_TRIES",
    "DEVICE",
    "INVITATION",
    "NAME_LENGTH",
    "NAME_TRIES",
    "PASSWORD_LENGTH",
    "ROLE",
    "SESSION",
    "Access",
    "Account",
    "AccountLine",
    "Accounts",
    "Admission",
    "Attempt",
    "Failures",
    "Guard",
    "Invitation",
    "Passwords",
    "Register",
    "SignedIn",
    "accept",
    "build",
    "digest",
    "ends_ms",
    "invite",
    "member",
    "named",
    "new_token",
    "open_invitation",
    "sign_in",
    "sign_out",
]


@dataclass(frozen=True, slots=True)
class Access:
    """The room of a worker, whatever version of the policy is in force: who signs in, and what is decided about accounts."""

    staff: Staff
    register: Register
    _failures: Failures
    _failed: FailedSignIns

    def flush(self) -> None:
        """Hand the counts of failed sign-ins to the store."""
        self._failures.flush(self._failed.keep)


def build(store: Store, origin: str, counts: Counts, address_of: Callable[[str, str], str], now_ms: Callable[[], int]) -> Access:
    """Return the room. `counts` counts tries for all workers, `address_of` tells whom a try is counted for (`SignIns`)."""
    failures = Failures()
    signs = SignIns(Accounts(store.control), Guard(counts, store.vault.hmac), Passwords(), failures, address_of, now_ms)
    return Access(Staff(signs), Register(store.control, origin, now_ms), failures, FailedSignIns(store.control, now_ms))
