"""The accounts of the console, as its pages see them; whatever hashes a password is done in a thread of its own."""

from __future__ import annotations

from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass

from avow.access import accounts, invitations, signing_in
from avow.access.accounts import Accounts, SignedIn, named
from avow.access.answers import Invitation, Sender
from avow.access.passwords import Passwords
from avow.access.signing_in import Attempt, Failures, Guard
from avow.definitions import Refusal
from avow.gate.roles import ADMINISTRATOR, Member


@dataclass(frozen=True, slots=True)
class SignIns:
    """What a worker needs to let staff in, whatever version of the policy is in force.

    `address_of` tells whom a try is counted for, by the connection's other end and X-Forwarded-For; "" for this machine.
    """

    accounts: Accounts
    guard: Guard
    passwords: Passwords
    failures: Failures
    address_of: Callable[[str, str], str]
    now_ms: Callable[[], int]


@dataclass(frozen=True, slots=True)
class Staff:
    """Accounts of the console, as its pages see them."""

    signs: SignIns

    def invitation(self, token: str) -> Invitation | None:
        """Return the invitation when it can still be accepted."""
        found = invitations.open_invitation(self.signs.accounts, token, self.signs.now_ms())
        return Invitation(found.role, found.expires_ms, found.name) if found else None

    def accept(self, token: str, name: str, password: str) -> Future[SignedIn | Refusal] | None:
        """Create the account, or change its password, and sign in, in the passwords' thread."""
        signs, now_ms = self.signs, self.signs.now_ms()
        return signs.passwords.later(
            lambda: invitations.accept(signs.accounts, signs.guard, token, name, password, now_ms), is_known=True
        )

    def sign_in(self, name: str, password: str, sender: Sender) -> Future[SignedIn | Refusal] | Refusal | None:
        """Count the try, and have the password looked at in its thread."""
        signs = self.signs
        address = signs.address_of(sender.peer, sender.forwarded)
        attempt = Attempt(named(name), password, address, sender.device, signs.now_ms())
        admission = signs.guard.admit(signs.accounts, attempt)
        if isinstance(admission, Refusal):
            signs.failures.add(signs.accounts.staff_named(attempt.name), attempt.now_ms)
            return admission

        def look() -> SignedIn | Refusal:
            answer = signing_in.sign_in(signs.accounts, signs.guard, attempt, admission)
            if isinstance(answer, Refusal):
                signs.failures.add(admission.account, attempt.now_ms)
            return answer

        future = signs.passwords.later(look, is_known=admission.is_known)
        if future is None:
            signs.guard.take_back(admission, attempt.now_ms)
        return future

    def member(self, session: str) -> Member | None:
        """Return who is signed in."""
        now_ms = self.signs.now_ms()
        found = accounts.member(self.signs.accounts, session, now_ms)
        return Member(found.staff_id, found.name, (ADMINISTRATOR,), is_trained=True, proved_ms=now_ms) if found else None

    def sign_out(self, session: str) -> None:
        """End the session."""
        accounts.sign_out(self.signs.accounts, session, self.signs.now_ms())
