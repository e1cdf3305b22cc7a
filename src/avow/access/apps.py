"""Codes of an app (TOTP, RFC 6238) and recovery codes: each is taken once, and compared in constant time.

The secret of an app is sealed under a key that the vault derives for its account, so that a copy of the control store makes no
codes. Of recovery codes an HMAC under the vault's secret is kept.
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import pyotp
from cryptography.exceptions import InvalidTag

from avow.access.accounts import refused
from avow.definitions import Refusal
from avow.gate import entries
from avow.store import sealing
from avow.store.control import Transaction, staff_factors

#: Seconds that a code is shown for, and how many codes before and after the present one are taken: a clock may be that far off.
STEP: Final = 30
WINDOW: Final = 1
#: Codes so far off are not taken, and told: the clock is wrong. Ten minutes.
SKEWED: Final = 20
DIGITS: Final = 6
RECOVERY_CODES: Final = 10
#: Letters and digits that are not taken for each other (Crockford's base 32, lower case); 12 of them are 60 bits.
_LETTERS: Final = "0123456789abcdefghjkmnpqrstvwxyz"
_RECOVERY_LENGTH: Final = 12
_READ_AS: Final = str.maketrans("ilo", "110")

#: A keyed hash (label, data) that only this installation can make.
Keyed = Callable[[bytes, bytes], bytes]

WRONG: Final = refused("this code is not the right one, or was used before; wait for the next one")
_REPLAYED: Final = refused("this code was used before; wait for the next one")


@dataclass(frozen=True, slots=True)
class Codes:
    """Looks at codes; `keyed` is the installation's keyed hash."""

    keyed: Keyed

    def seal(self, staff_id: str, secret: str) -> bytes:
        """Return the secret of an app as it is kept."""
        return sealing.seal(self._key(staff_id), secret.encode(), staff_id.encode())

    def unseal(self, staff_id: str, sealed: bytes) -> str | None:
        """Return the secret of an app; None when it was sealed by another vault."""
        try:
            return sealing.unseal(self._key(staff_id), sealed, staff_id.encode()).decode()
        except InvalidTag:
            return None

    def check(self, tx: Transaction, staff_id: str, typed: str, now_ms: int) -> Refusal | None:
        """Take a code of the account's app, or a recovery code; return why not."""
        code = "".join(typed.split()).replace("-", "").lower()
        if len(code) == DIGITS and code.isascii() and code.isdigit():
            return self._check_app(tx, staff_id, code, now_ms)
        if not staff_factors.use_recovery_code(tx, staff_id, self._recovery(staff_id, code), now_ms):
            return WRONG
        entries.record(tx, now_ms, entries.StaffFactor("staff.recovery-code-used", staff_id, staff_id))
        return None

    def _check_app(self, tx: Transaction, staff_id: str, code: str, now_ms: int) -> Refusal | None:
        app = staff_factors.app(tx, staff_id)
        secret = self.unseal(staff_id, app.secret) if app else None
        if app is None or secret is None:
            return WRONG
        step, off = step_of(secret, code, now_ms)
        if step is None:
            return WRONG
        mark = self.keyed(b"avow staff code", f"{staff_id}.{step}".encode())
        if abs(off) > WINDOW:
            # A code that is told to be another moment's is of no use at that moment: who guesses learns nothing by it.
            staff_factors.spend(tx, mark, now_ms + (2 * SKEWED + 1) * STEP * 1000, now_ms)
            return skewed(off)
        if staff_factors.is_spent(tx, mark, now_ms) or not staff_factors.take_step(tx, staff_id, step):
            return _REPLAYED
        return None

    def new_recovery_codes(self, tx: Transaction, staff_id: str, now_ms: int) -> tuple[str, ...]:
        """Make the recovery codes of an account in place of its earlier ones; they are shown once."""
        plain = ["".join(secrets.choice(_LETTERS) for _ in range(_RECOVERY_LENGTH)) for _ in range(RECOVERY_CODES)]
        staff_factors.put_recovery_codes(tx, staff_id, [self._recovery(staff_id, one) for one in plain])
        entries.record(tx, now_ms, entries.StaffFactor("staff.recovery-codes-made", staff_id, staff_id))
        return tuple(f"{one[:4]}-{one[4:8]}-{one[8:]}" for one in plain)

    def _recovery(self, staff_id: str, code: str) -> bytes:
        return self.keyed(b"avow staff recovery code", f"{staff_id}.{code.translate(_READ_AS)}".encode())

    def _key(self, staff_id: str) -> bytes:
        return self.keyed(b"avow staff app", staff_id.encode())


def new_secret() -> str:
    """Return the secret of a new app: 160 bits in base 32 (RFC 4226, section 4)."""
    return pyotp.random_base32()


def address(secret: str, account: str, company: str) -> str:
    """Return what the QR code of a new app says (`otpauth:`)."""
    return pyotp.TOTP(secret).provisioning_uri(name=account, issuer_name=f"Avow, {company}".replace(":", " "))


def step_of(secret: str, code: str, now_ms: int) -> tuple[int | None, int]:
    """Return the step that a code is of, and how many steps that is from now; None for a code of no step near.

    Every step is compared, whatever fits, so that the time it takes tells nothing. Of two that fit the nearer one counts.
    """
    app, now = pyotp.TOTP(secret), now_ms // 1000 // STEP
    steps = {off: app.generate_otp(max(now + off, 0)).encode() for off in range(-SKEWED, SKEWED + 1)}
    fitting = [off for off, one in steps.items() if hmac.compare_digest(one, code.encode())]
    nearest = min(fitting, key=abs, default=None)
    return (None, 0) if nearest is None else (now + nearest, nearest)


def skewed(off: int) -> Refusal:
    """Return what is said of a code that is another moment's."""
    minutes = max(1, round(abs(off) * STEP / 60))
    way = "ahead of" if off > 0 else "behind"
    return refused(
        f"this code is of another moment: the clock of your telephone is some {minutes} minutes {way} that of this server; "
        "the clock of your telephone or of this server is wrong, so set it and try the code that is shown then"
    )
