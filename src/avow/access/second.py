"""The second factor: asked for after a password, set up where it is needed and missing, proved again before what is grave."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from avow.access import apps
from avow.access.accounts import Account, SignedIn, account_of, refused
from avow.access.apps import Codes
from avow.access.passkeys import Passkeys
from avow.access.sessions import OpenSession, Sessions
from avow.access.signing_in import Failures, Guard
from avow.definitions import Refusal
from avow.gate import entries
from avow.store.control import Transaction, staff, staff_factors

CODE: Final = "code"
ENROLMENT: Final = "enrolment"

#: Else who left the company, and so the provider, would still come in.
_AT_PROVIDER: Final = refused(
    "this account signs in at your OpenID provider; begin there, and use the passkey as the second step"
)
_ENDED: Final = refused("this sign-in has ended; sign in again")
_TOO_MANY: Final = refused("that was one wrong code too many, so this sign-in has ended; sign in again")


@dataclass(frozen=True, slots=True)
class Proof:
    """What somebody shows: a code of the app or a recovery code, or what a browser says of a passkey."""

    code: str = ""
    passkey: str = ""


@dataclass(frozen=True, slots=True)
class Means:
    """By what an account proves itself: an app, passkeys (their options as JSON, "" for none), recovery codes that are left.

    `by_password` is for an account without a factor, where none is needed; `at_provider`, where that one signs in elsewhere.
    """

    by_app: bool
    passkey_options: str
    recovery_codes: int
    by_password: bool
    at_provider: bool = False


@dataclass(frozen=True, slots=True)
class NewApp:
    """An app that is being set up: its secret, in fours, and what the QR code says."""

    secret: str
    address: str


@dataclass(frozen=True, slots=True)
class Enrolled:
    """A factor is set up: recovery codes, where they were made with it; and the whole session, where one had waited for it."""

    recovery_codes: tuple[str, ...]
    signed_in: SignedIn | None


@dataclass(frozen=True, slots=True)
class Second:
    """Second factors of accounts; `is_required` says whether each needs one, `company` names the console in an app."""

    sessions: Sessions
    guard: Guard
    failures: Failures
    codes: Codes
    passkeys: Passkeys
    is_required: bool
    company: str

    # -- signing in ------------------------------------------------------------------------------------------------------------

    def enter(self, account: Account, browser: str, now_ms: int, *, is_proved: bool = False) -> SignedIn | None:
        """Begin a session after a password, or after a factor when `is_proved`; None when the account changed meanwhile."""
        with self.sessions.control.transaction() as tx:
            waits_for = "" if is_proved else self._waits_for(tx, account.staff_id)
            token = self.sessions.begin(tx, account, browser, waits_for, now_ms)
        if token is None:
            return None
        return SignedIn(token, "" if waits_for else self.guard.device(account, now_ms), waits_for)

    def _waits_for(self, tx: Transaction, staff_id: str) -> str:
        if staff_factors.app(tx, staff_id) or staff_factors.passkeys(tx, staff_id):
            return CODE
        return ENROLMENT if self.is_required else ""

    def means(self, token: str, now_ms: int) -> Means | None:
        """Return by what the account of a session proves itself; None when the session has ended."""
        with self.sessions.control.reading() as tx:
            found = self.sessions.within(tx, token, now_ms)
            if found is None:
                return None
            account = found.account
            app, passkeys = staff_factors.app(tx, account.staff_id), staff_factors.passkeys(tx, account.staff_id)
            left = staff_factors.recovery_codes_left(tx, account.staff_id)
        has_none = app is None and not passkeys
        offers = self.passkeys.host and any(one.cloned_ms is None for one in passkeys)
        options = self.passkeys.to_prove(passkeys, token, now_ms) if offers else ""
        return Means(app is not None, options, left, has_none and bool(account.password_hash), has_none and bool(account.issuer))

    def complete(self, token: str, proof: Proof, device: str, now_ms: int) -> SignedIn | Refusal:
        """Make a session whole that waits for a code; a wrong one counts, and the last one ends it."""
        looked = self._look(token, proof, device, now_ms, CODE)
        if isinstance(looked, Refusal):
            return looked
        return self._signed_in(looked[0], looked[1], now_ms)

    def prove(self, token: str, proof: Proof, device: str, now_ms: int) -> Refusal | None:
        """Note in a whole session that a factor was proved; return why not."""
        looked = self._look(token, proof, device, now_ms, "")
        return looked if isinstance(looked, Refusal) else None

    def prove_by_password(self, token: str, account: Account, now_ms: int) -> Refusal | None:
        """Note that the password was given again, which counts for an account without a factor alone."""
        with self.sessions.control.transaction() as tx:
            found = self.sessions.within(tx, token, now_ms)
            if found is None or found.account != account or self._waits_for(tx, account.staff_id):
                return _ENDED
            self.sessions.prove(tx, token, now_ms)
        return None

    def with_passkey(self, answer: str, browser: str, address: str, now_ms: int) -> SignedIn | Refusal:
        """Sign in with a passkey alone; tries are counted by address before anything is looked at."""
        admission = self.guard.admit_sender(address, now_ms)
        if isinstance(admission, Refusal):
            return admission
        with self.sessions.control.transaction() as tx:
            found = self.passkeys.who(tx, answer, now_ms)
            account = None if isinstance(found, Refusal) else account_of(staff.get(tx, found))
            if account is not None and account.issuer:
                found = _AT_PROVIDER
            token = self.sessions.begin(tx, account, browser, "", now_ms) if account and not account.issuer else None
        if isinstance(found, Refusal):
            self.failures.add(None, now_ms)
            return found
        self.guard.take_back(admission, now_ms)
        return self._signed_in(token, account, now_ms)

    def _signed_in(self, token: str | None, account: Account | None, now_ms: int) -> SignedIn | Refusal:
        if token is None or account is None:
            return _ENDED
        return SignedIn(token, self.guard.device(account, now_ms))

    def _look(self, token: str, proof: Proof, device: str, now_ms: int, waits_for: str) -> tuple[str | None, Account] | Refusal:
        """Look at what somebody shows in a session that waits for this; return the token of the whole session, and whose it is.

        The try is counted by account before anything is looked at, and before the store is held for it.
        """
        known = self.sessions.open(token, now_ms)
        if known is None or known.kept.waits_for != waits_for:
            return _ENDED
        admission = self.guard.admit_code(known.account, device, now_ms)
        if isinstance(admission, Refusal):
            self.failures.add(known.account, now_ms)
            return admission
        with self.sessions.control.transaction() as tx:
            found = self.sessions.within(tx, token, now_ms)
            if found is None or found.kept.waits_for != waits_for:
                return _ENDED
            refusal = self._check(tx, token, found.account.staff_id, proof, now_ms)
            if refusal is None and waits_for:
                token = self.sessions.complete(tx, token, found, now_ms) or ""
            elif refusal is None:
                self.sessions.prove(tx, token, now_ms)
            has_ended = refusal is not None and self.sessions.fail(tx, token, found, now_ms)
        if refusal is not None:
            self.failures.add(found.account, now_ms)
            return _TOO_MANY if has_ended else refusal
        self.guard.take_back(admission, now_ms)
        return token or None, found.account

    def _check(self, tx: Transaction, token: str, staff_id: str, proof: Proof, now_ms: int) -> Refusal | None:
        if proof.passkey:
            return self.passkeys.prove(tx, staff_id, token, proof.passkey, now_ms)
        return self.codes.check(tx, staff_id, proof.code, now_ms)

    # -- setting up ------------------------------------------------------------------------------------------------------------

    def new_app(self, token: str, now_ms: int) -> NewApp | None:
        """Return the app that a session sets up, the same one until it is; None when the session may not."""
        with self.sessions.control.transaction() as tx:
            found = self._may_enrol(tx, token, now_ms)
            if found is None:
                return None
            account = found.account
            secret = self.codes.unseal(account.staff_id, found.kept.pending) if found.kept.pending else None
            if secret is None:
                secret = apps.new_secret()
                self.sessions.keep_pending(token, self.codes.seal(account.staff_id, secret), tx)
        fours = " ".join(secret[at : at + 4] for at in range(0, len(secret), 4))
        return NewApp(fours, apps.address(secret, account.name, self.company))

    def add_app(self, token: str, code: str, now_ms: int) -> Enrolled | Refusal:
        """Keep the app that was set up, once it shows a right code."""
        with self.sessions.control.transaction() as tx:
            found = self._may_enrol(tx, token, now_ms)
            if found is None or not found.kept.pending:
                return _ENDED
            staff_id = found.account.staff_id
            secret = self.codes.unseal(staff_id, found.kept.pending)
            step, off = apps.step_of(secret, "".join(code.split()), now_ms) if secret else (None, 0)
            if secret is None or step is None:
                return refused("this is not the code that the app shows now; look again, and type its six digits")
            if abs(off) > apps.WINDOW:
                return apps.skewed(off)
            staff_factors.put_app(tx, staff_factors.App(staff_id, found.kept.pending, step, now_ms))
            self.sessions.keep_pending(token, None, tx)
            entries.record(tx, now_ms, entries.StaffFactor("staff.factor-added", staff_id, staff_id, "app"))
            return self._enrolled(tx, token, found, now_ms)

    def passkey_options(self, token: str, now_ms: int) -> str:
        """Return the options by which a session's browser makes a passkey; "" when it may not, or none can be made here."""
        with self.sessions.control.reading() as tx:
            found = self._may_enrol(tx, token, now_ms) if self.passkeys.host else None
            there = staff_factors.passkeys(tx, found.account.staff_id) if found else ()
        return self.passkeys.to_add(found.account, there, token, now_ms) if found else ""

    def add_passkey(self, token: str, answer: str, label: str, now_ms: int) -> Enrolled | Refusal:
        """Keep the passkey that a browser made."""
        with self.sessions.control.transaction() as tx:
            found = self._may_enrol(tx, token, now_ms)
            if found is None:
                return _ENDED
            refusal = self.passkeys.add(tx, found.account, token, answer, " ".join(label.split()), now_ms)
            return refusal or self._enrolled(tx, token, found, now_ms)

    def _may_enrol(self, tx: Transaction, token: str, now_ms: int) -> OpenSession | None:
        """Return the session when it may set up a factor: a whole one, or one that waits for that while its account has none.

        Who knew a password before its owner set a factor up adds none of their own afterwards.
        """
        found = self.sessions.within(tx, token, now_ms)
        if found is None or found.is_whole:
            return found
        is_first = found.kept.waits_for == ENROLMENT and self._waits_for(tx, found.account.staff_id) == ENROLMENT
        return found if is_first else None

    def _enrolled(self, tx: Transaction, token: str, found: OpenSession, now_ms: int) -> Enrolled:
        staff_id = found.account.staff_id
        has_codes = staff_factors.recovery_codes_left(tx, staff_id) > 0
        codes = () if has_codes else self.codes.new_recovery_codes(tx, staff_id, now_ms)
        if found.is_whole:
            return Enrolled(codes, None)
        whole = self.sessions.complete(tx, token, found, now_ms)
        return Enrolled(codes, SignedIn(whole, self.guard.device(found.account, now_ms)) if whole else None)
