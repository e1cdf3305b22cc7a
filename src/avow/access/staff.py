"""Signing in and one's own account, as pages see them; whatever hashes a password is done in a thread of its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from concurrent.futures import Future
from dataclasses import dataclass
from typing import Final

from avow.access import invitations, signing_in
from avow.access.accounts import Account, Accounts, SignedIn, named, refused
from avow.access.answers import Invitation, Sender
from avow.access.oidc import Begun
from avow.access.passwords import Passwords, fits, hashed
from avow.access.provided import Arrived, Provided
from avow.access.second import Enrolled, Means, NewApp, Proof, Second
from avow.access.sessions import Sessions
from avow.access.signing_in import PASSWORD_MAX, Attempt, Failures, Guard
from avow.definitions import Refusal, local_date
from avow.gate.roles import Member

_WRONG: Final = refused("this is not the password of your account")
_NO_PROVIDER: Final = refused("no provider is configured here")
_ENDED: Final = refused("your session has ended; sign in again")


@dataclass(frozen=True, slots=True)
class SignIns:
    """What a worker needs to let staff in, whatever version of the policy is in force.

    `address_of` tells whom a try is counted for, by the connection's other end and X-Forwarded-For; "" for this machine.
    """

    accounts: Accounts
    sessions: Sessions
    guard: Guard
    second: Second
    provided: Provided | None
    passwords: Passwords
    failures: Failures
    address_of: Callable[[str, str], str]
    timezone: str
    now_ms: Callable[[], int]


@dataclass(frozen=True, slots=True)
class Staff:
    """Signing in, sessions and factors of who signs in."""

    signs: SignIns

    def invitation(self, token: str) -> Invitation | None:
        """Return the invitation when it can still be accepted."""
        found = invitations.open_invitation(self.signs.accounts, token, self.signs.now_ms())
        return Invitation(found.roles, found.expires_ms, found.name) if found else None

    def accept(self, token: str, name: str, password: str, browser: str = "") -> Future[SignedIn | Refusal] | None:
        """Create the account, or change its password, and sign in, in the passwords' thread."""
        signs, now_ms = self.signs, self.signs.now_ms()
        return signs.passwords.later(
            lambda: invitations.accept(signs.accounts, signs.second.enter, token, name, password, browser, now_ms), is_known=True
        )

    def sign_in(self, name: str, password: str, sender: Sender) -> Future[SignedIn | Refusal] | Refusal | None:
        """Count the try, and have the password looked at in its thread."""
        signs = self.signs
        address = signs.address_of(sender.peer, sender.forwarded)
        attempt = Attempt(named(name), password, address, sender.device, signs.now_ms(), sender.browser)
        admission = signs.guard.admit(signs.accounts, attempt)
        if isinstance(admission, Refusal):
            signs.failures.add(signs.accounts.staff_named(attempt.name), attempt.now_ms)
            return admission

        def look() -> SignedIn | Refusal:
            answer = signing_in.sign_in(signs.second.enter, signs.guard, attempt, admission)
            if isinstance(answer, Refusal):
                signs.failures.add(admission.account, attempt.now_ms)
            return answer

        future = signs.passwords.later(look, is_known=admission.is_known)
        if future is None:
            signs.guard.take_back(admission, attempt.now_ms)
        return future

    def passkey_sign_in(self) -> str:
        """Return the options by which a browser signs in with a passkey alone; "" where no passkey can be made."""
        second = self.signs.second
        return second.passkeys.to_sign_in(self.signs.now_ms()) if second.passkeys.host else ""

    def sign_in_with_passkey(self, answer: str, sender: Sender) -> SignedIn | Refusal:
        """Sign in with a passkey alone."""
        address = self.signs.address_of(sender.peer, sender.forwarded)
        return self.signs.second.with_passkey(answer, sender.browser, address, self.signs.now_ms())

    @property
    def provider(self) -> str:
        """What staff call the OpenID provider; "" where there is none."""
        provided = self.signs.provided
        return provided.provider.configured.label if provided else ""

    def begin_at_provider(self, target: str, *, again: bool) -> Begun | Refusal:
        """Send a browser to the provider, to come back to a page; `again`: to sign in anew there."""
        provided = self.signs.provided
        return provided.begin(target, self.signs.now_ms(), again=again) if provided else _NO_PROVIDER

    def from_provider(self, answer: Mapping[str, str], cookie: str, sender: Sender) -> Arrived | Refusal:
        """Let in who comes back from the provider."""
        provided = self.signs.provided
        address = self.signs.address_of(sender.peer, sender.forwarded)
        return provided.finish(answer, cookie, sender.browser, address, self.signs.now_ms()) if provided else _NO_PROVIDER

    def member(self, session: str) -> Member | None:
        """Return who is signed in, with what holds of them now."""
        now_ms = self.signs.now_ms()
        return self.signs.sessions.member(session, now_ms, local_date(now_ms, self.signs.timezone))

    def waits_for(self, session: str) -> str | None:
        """Return what a session waits for, "" when it is whole; None when there is none."""
        found = self.signs.sessions.open(session, self.signs.now_ms())
        return found.kept.waits_for if found else None

    def sign_out(self, session: str) -> None:
        """End the session."""
        self.signs.sessions.end(session, self.signs.now_ms())

    # -- factors ---------------------------------------------------------------------------------------------------------------

    def means(self, session: str) -> Means | None:
        """Return by what the account of a session proves itself."""
        return self.signs.second.means(session, self.signs.now_ms())

    def complete(self, session: str, proof: Proof, device: str) -> SignedIn | Refusal:
        """Go on with a sign-in that waits for a code."""
        return self.signs.second.complete(session, proof, device, self.signs.now_ms())

    def prove(self, session: str, proof: Proof, device: str) -> Refusal | None:
        """Prove a factor again."""
        return self.signs.second.prove(session, proof, device, self.signs.now_ms())

    def prove_by_password(self, session: str, password: str, device: str) -> Future[Refusal | None] | Refusal | None:
        """Give the password again, where the account has no factor and needs none; tries count as codes do."""
        signs, now_ms = self.signs, self.signs.now_ms()
        found = signs.sessions.open(session, now_ms)
        if found is None:
            return _ENDED
        admission = signs.guard.admit_code(found.account, device, now_ms)
        if isinstance(admission, Refusal):
            signs.failures.add(found.account, now_ms)
            return admission

        def look() -> Refusal | None:
            if not self._fits(found.account, password):
                signs.failures.add(found.account, now_ms)
                return _WRONG
            signs.guard.take_back(admission, now_ms)
            return signs.second.prove_by_password(session, found.account, now_ms)

        future = signs.passwords.later(look, is_known=True)
        if future is None:
            signs.guard.take_back(admission, now_ms)
        return future

    def change_password(self, session: str, old: str, new: str, device: str) -> Future[SignedIn | Refusal] | Refusal | None:
        """Change one's own password: every other session ends, and this one goes on under another token."""
        signs, now_ms = self.signs, self.signs.now_ms()
        found = signs.sessions.open(session, now_ms)
        if found is None or not found.is_whole or not found.account.password_hash:
            return _ENDED
        admission = signs.guard.admit_code(found.account, device, now_ms)
        if isinstance(admission, Refusal):
            return admission

        def change() -> SignedIn | Refusal:
            account = found.account
            if not self._fits(account, old):
                signs.failures.add(account, now_ms)
                return _WRONG
            signs.guard.take_back(admission, now_ms)
            if (unfit := invitations.unfit(account.name, new)) is not None:
                return unfit
            changed = signs.accounts.change_password(account, hashed(new), now_ms)
            entered = signs.second.enter(changed, found.kept.browser, now_ms, is_proved=True) if changed else None
            return entered or _ENDED

        future = signs.passwords.later(change, is_known=True)
        if future is None:
            signs.guard.take_back(admission, now_ms)
        return future

    def new_app(self, session: str) -> NewApp | None:
        """Return the app that a session sets up."""
        return self.signs.second.new_app(session, self.signs.now_ms())

    def add_app(self, session: str, code: str) -> Enrolled | Refusal:
        """Keep the app that a session set up."""
        return self.signs.second.add_app(session, code, self.signs.now_ms())

    def new_passkey(self, session: str) -> str:
        """Return the options by which a session's browser makes a passkey; "" where none can be made."""
        return self.signs.second.passkey_options(session, self.signs.now_ms())

    def add_passkey(self, session: str, answer: str, label: str) -> Enrolled | Refusal:
        """Keep the passkey that a session's browser made."""
        return self.signs.second.add_passkey(session, answer, label, self.signs.now_ms())

    def new_recovery_codes(self, member: Member) -> tuple[str, ...]:
        """Make recovery codes in place of the earlier ones; they are shown once."""
        signs = self.signs
        with signs.sessions.control.transaction() as tx:
            return signs.second.codes.new_recovery_codes(tx, member.staff_id, signs.now_ms())

    def end_others(self, session: str) -> int:
        """End every other session of the account whose session this is; return how many."""
        return self.signs.sessions.end_others(session, self.signs.now_ms())

    def _fits(self, account: Account, password: str) -> bool:
        return len(password) <= PASSWORD_MAX and fits(password, account.password_hash or None)
