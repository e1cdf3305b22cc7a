"""Passkeys (W3C Web Authentication): as a second factor, and as a sign-in of its own where the person was verified.

A challenge is made of nothing that is kept: a number, its end, and a keyed hash over them, what it is for and whose session asks.
It is taken once. A passkey whose counter goes back has a copy somewhere, and is refused from then on.
"""

from __future__ import annotations

import hmac
import ipaddress
import json
import secrets
from dataclasses import dataclass
from datetime import timedelta
from hashlib import sha256
from typing import Final
from urllib.parse import urlsplit

from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import base64url_to_bytes, parse_authentication_credential_json
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from avow.access.accounts import Account, refused
from avow.access.apps import Keyed
from avow.definitions import Refusal
from avow.gate import entries
from avow.store.control import Transaction, staff_factors
from avow.store.control.staff_factors import Passkey

#: A page that asks for a passkey may be open for so long.
CHALLENGE: Final = timedelta(minutes=10)
#: Passkeys of one account, longest label, largest answer of a browser (some kilobytes with an attestation).
PASSKEYS: Final = 10
LABEL: Final = 60
ANSWER_CHARACTERS: Final = 32_768
_NUMBER, _END = 16, 8
#: What a challenge is for.
SIGN_IN: Final = "sign-in"
PROVE: Final = "prove"
ADD: Final = "add"

_NOT_TAKEN: Final = refused("the passkey was not taken; try again")
_TOO_LATE: Final = refused("this page was open for too long; try again")
_UNKNOWN: Final = refused("nobody here has this passkey; sign in with your name and password")
_UNVERIFIED: Final = refused("the passkey did not ask who you are, so it is no sign-in of its own; begin with your password")
CLONED: Final = refused(
    "this passkey was used with an older counter than before, as a copy of it would be, so it is refused from now on; sign in "
    "with another factor, remove it from your account, and tell whoever administers accounts"
)


@dataclass(frozen=True, slots=True)
class Passkeys:
    """Makes challenges and looks at answers, for the installation's own `origin`; `company` is what browsers show."""

    keyed: Keyed
    origin: str
    company: str

    @property
    def host(self) -> str:
        """The relying party's id: the origin's host. Empty where that is an address, with which no passkey is made."""
        host = urlsplit(self.origin).hostname or ""
        try:
            ipaddress.ip_address(host)
        except ValueError:
            return host
        return ""

    def to_add(self, account: Account, there: tuple[Passkey, ...], session: str, now_ms: int) -> str:
        """Return the options by which a browser makes a passkey for an account, as JSON."""
        made = generate_registration_options(
            rp_id=self.host,
            rp_name=self.company,
            user_name=account.name,
            user_id=bytes.fromhex(account.staff_id),
            challenge=self._challenge(ADD, session, now_ms),
            exclude_credentials=[PublicKeyCredentialDescriptor(id=one.credential_id) for one in there],
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.PREFERRED, user_verification=UserVerificationRequirement.PREFERRED
            ),
        )
        return options_to_json(made)

    def to_prove(self, there: tuple[Passkey, ...], session: str, now_ms: int) -> str:
        """Return the options by which a browser proves one of an account's passkeys, as JSON."""
        return self._to_get(there, self._challenge(PROVE, session, now_ms), UserVerificationRequirement.PREFERRED)

    def to_sign_in(self, now_ms: int) -> str:
        """Return the options by which a browser signs in with whatever passkey it has for us, as JSON."""
        return self._to_get((), self._challenge(SIGN_IN, "", now_ms), UserVerificationRequirement.REQUIRED)

    def add(self, tx: Transaction, account: Account, session: str, answer: str, label: str, now_ms: int) -> Refusal | None:
        """Keep the passkey that a browser made; return why not."""
        if len(staff_factors.passkeys(tx, account.staff_id)) >= PASSKEYS:
            return refused(f"there are {PASSKEYS} passkeys already; remove one first")
        if not 1 <= len(label) <= LABEL or not label.isprintable():
            return refused(f"give the passkey a name of 1 to {LABEL} characters, such as “telephone”")
        challenge = self._taken(tx, ADD, session, answer, now_ms)
        if isinstance(challenge, Refusal):
            return challenge
        try:
            made = verify_registration_response(
                credential=answer, expected_challenge=challenge, expected_rp_id=self.host, expected_origin=self.origin
            )
        except (WebAuthnException, ValueError):
            return _NOT_TAKEN
        credential = (made.credential_id, made.credential_public_key, made.sign_count)
        if not staff_factors.add_passkey(tx, account.staff_id, credential, label, now_ms):
            return refused("this passkey is there already")
        entries.record(tx, now_ms, entries.StaffFactor("staff.factor-added", account.staff_id, account.staff_id, "passkey"))
        return None

    def prove(self, tx: Transaction, staff_id: str, session: str, answer: str, now_ms: int) -> Refusal | None:
        """Look at an answer by one of an account's passkeys; return why it is not taken."""
        found = self._proved(tx, PROVE, session, answer, now_ms, is_verified=False)
        if isinstance(found, Refusal):
            return found
        return None if found == staff_id else _NOT_TAKEN

    def who(self, tx: Transaction, answer: str, now_ms: int) -> str | Refusal:
        """Return whose passkey signs in; the authenticator must have verified the person."""
        return self._proved(tx, SIGN_IN, "", answer, now_ms, is_verified=True)

    def _proved(self, tx: Transaction, act: str, session: str, answer: str, now_ms: int, *, is_verified: bool) -> str | Refusal:
        """Return whose passkey it is."""
        challenge = self._taken(tx, act, session, answer, now_ms)
        if isinstance(challenge, Refusal):
            return challenge
        try:
            given = parse_authentication_credential_json(answer)
            known = staff_factors.passkey(tx, given.raw_id)
            if known is None:
                return _UNKNOWN
            # The counter is ours to judge, below: what is signed with an older one is a copy's, what is not signed is nobody's.
            proved = verify_authentication_response(
                credential=given,
                expected_challenge=challenge,
                expected_rp_id=self.host,
                expected_origin=self.origin,
                credential_public_key=known.public_key,
                credential_current_sign_count=0,
            )
        except (WebAuthnException, ValueError):
            return _NOT_TAKEN
        if is_verified and not proved.user_verified:
            return _UNVERIFIED
        return self._owner(tx, known, proved.new_sign_count, now_ms)

    def _owner(self, tx: Transaction, known: Passkey, counter: int, now_ms: int) -> str | Refusal:
        """Return whose passkey it is, unless its counter went back, now or before."""
        if known.cloned_ms is not None:
            return CLONED
        if not staff_factors.use_passkey(tx, known.credential_id, counter, now_ms):
            staff_factors.note_clone(tx, known.credential_id, now_ms)
            entries.record(tx, now_ms, entries.StaffFactor("staff.passkey-cloned", known.staff_id, known.staff_id, "passkey"))
            return CLONED
        return known.staff_id

    def _to_get(self, there: tuple[Passkey, ...], challenge: bytes, verification: UserVerificationRequirement) -> str:
        allowed = [PublicKeyCredentialDescriptor(id=one.credential_id) for one in there if one.cloned_ms is None]
        made = generate_authentication_options(
            rp_id=self.host, challenge=challenge, allow_credentials=allowed or None, user_verification=verification
        )
        return options_to_json(made)

    def _challenge(self, act: str, session: str, now_ms: int) -> bytes:
        ends = now_ms + int(CHALLENGE.total_seconds() * 1000)
        known = secrets.token_bytes(_NUMBER) + ends.to_bytes(_END, "big")
        return known + self._mark(act, session, known)

    def _mark(self, act: str, session: str, known: bytes) -> bytes:
        return self.keyed(b"avow passkey challenge", f"{act}\0{session}\0".encode() + known)

    def _taken(self, tx: Transaction, act: str, session: str, answer: str, now_ms: int) -> bytes | Refusal:
        """Return the challenge that an answer says to be of, when it is one of ours for this, is not over, and comes once."""
        if len(answer) > ANSWER_CHARACTERS:
            return _NOT_TAKEN
        challenge = _challenge_of(answer)
        known, mark = challenge[: _NUMBER + _END], challenge[_NUMBER + _END :]
        if not hmac.compare_digest(mark, self._mark(act, session, known)):
            return _NOT_TAKEN
        ends = int.from_bytes(known[_NUMBER:], "big")
        if ends <= now_ms:
            return _TOO_LATE
        return challenge if staff_factors.spend(tx, sha256(challenge).digest(), ends, now_ms) else _NOT_TAKEN


def _challenge_of(answer: str) -> bytes:
    """Return the challenge in the client data of an answer; empty for what has none."""
    try:
        data = json.loads(base64url_to_bytes(json.loads(answer)["response"]["clientDataJSON"]))
        return base64url_to_bytes(data["challenge"])
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        return b""
