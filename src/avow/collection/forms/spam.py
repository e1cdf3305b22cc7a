"""Keeping machines out of forms without a third party, and without keeping anything about people.

Nobody is turned away for looking like a machine: who does gets one more page, which a person passes with one press of a
button. What makes a form look so:

    a field filled in that no person sees; a token that is missing where the form was shown with one, or else beyond a
    few times; a token that is forged, too young or too old; many forms from one address in a short time

That page is passed by a proof of work, which its script does by itself, or without script by waiting some seconds; the
latter only a few times from one address. Who sent how many is counted once for all workers (`sender_counts`).
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Callable, Mapping
from enum import StrEnum
from typing import Final

from avow.collection.limits.sender_counts import SenderCounts

#: Names of a form's own fields; the policy's names never begin so, because these are not collected.
SHOWN: Final = "avow-token"
TRAP: Final = "avow-website"
CHECK: Final = "avow-check"
PROOF: Final = "avow-proof"
#: A box of a subscription's form: a purpose beside the subscription that the person says yes to, such as being measured.
AGREE: Final = "avow-agree"
OWN_FIELDS: Final = frozenset({SHOWN, TRAP, CHECK, PROOF, AGREE})

#: Nobody reads a form and fills it in within this time, milliseconds.
LEAST_MS: Final = 2_000
#: A page that stood open longer asks once more, milliseconds.
MOST_MS: Final = 24 * 3_600_000
#: Forms of one sender within `sender_counts.WINDOW_MS` before it is asked: with a token of ours, and without any (programs,
#: old pages).
WITH_TOKEN: Final = 30
WITHOUT_TOKEN: Final = 12
#: Times that one sender passes by waiting alone within the same time.
BY_WAITING: Final = 5
_BY_WORK: Final = -1
#: How long somebody without script waits on the page that asks, milliseconds.
WAIT_MS: Final = 5_000
#: How long that page can be answered, milliseconds.
CHECK_MS: Final = 3_600_000
#: Leading zero bits of the proof: some ten thousand hashes, under a second in a browser.
BITS: Final = 14
_MARK: Final = 32

Keyed = Callable[[bytes, bytes], bytes]


class Verdict(StrEnum):
    """What a form looks like: taken as it is, or asked once more, with the reason in a word."""

    CLEAR = "clear"
    TRAPPED = "trapped"
    UNKNOWN = "unknown"
    HASTY = "hasty"
    FROM_NOWHERE = "from-nowhere"
    MANY = "many"
    NOT_PASSED = "not-passed"


class FormGuard:
    """The guard of one worker's forms. `keyed` is a secret of the installation, so that every worker knows its tokens."""

    def __init__(self, keyed: Keyed, counts: SenderCounts) -> None:
        self._keyed = keyed
        self._counts = counts

    def token(self, point: str, now_ms: int) -> str:
        """Return the token that a page puts into its form: when it was shown, and our mark."""
        return self._marked("form", point, f"{now_ms:x}")

    def check(self, point: str, now_ms: int) -> str:
        """Return the token of the page that asks once more: it passes once."""
        return self._marked("check", point, f"{now_ms:x}.{secrets.token_hex(8)}")

    def judge(self, point: str, own: Mapping[str, str], address: str, now_ms: int, *, is_guarded: bool = False) -> Verdict:
        """Return what a form looks like by its own fields (`OWN_FIELDS`) and by its sender. Waits for the count.

        `is_guarded`: this site shows the form with a token, so one without it was not filled in there. Who has no address,
        because a proxy says none, is asked each time. A form that is clear is counted: `take_back` what is not kept.
        """
        if check := own.get(CHECK):
            return Verdict.CLEAR if self._passes(point, check, own.get(PROOF, ""), address, now_ms) else Verdict.NOT_PASSED
        if own.get(TRAP) or not address:  # all of those without an address would be counted as one
            return Verdict.TRAPPED if own.get(TRAP) else Verdict.FROM_NOWHERE
        token = own.get(SHOWN, "")
        if not token and not is_guarded:
            return Verdict.CLEAR if self._counts.let_in(address, WITHOUT_TOKEN, now_ms) else Verdict.UNKNOWN
        shown_ms = self._moment("form", point, token)
        if shown_ms is None:
            return Verdict.UNKNOWN
        if not LEAST_MS <= now_ms - shown_ms <= MOST_MS:
            return Verdict.HASTY
        return Verdict.CLEAR if self._counts.let_in(address, WITH_TOKEN, now_ms) else Verdict.MANY

    def take_back(self, address: str, now_ms: int) -> None:
        """Take back the count of a form that was clear at this moment, and of which nothing was kept. Waits for the count."""
        self._counts.take_back(address, now_ms)

    def _passes(self, point: str, check: str, proof: str, address: str, now_ms: int) -> bool:
        """Return whether a check is passed, by work or by waiting; each is passed once."""
        shown_ms = self._moment("check", point, check)
        if shown_ms is None or not 0 <= now_ms - shown_ms <= CHECK_MS:
            return False
        if proves(check, proof):
            return self._counts.pass_check(check, address, _BY_WORK, now_ms)
        most = BY_WAITING if address else _BY_WORK
        return now_ms - shown_ms >= WAIT_MS and self._counts.pass_check(check, address, most, now_ms)

    def _marked(self, kind: str, point: str, said: str) -> str:
        return f"{said}-{self._mark(kind, point, said)}"

    def _mark(self, kind: str, point: str, said: str) -> str:
        return self._keyed(b"form guard", f"{kind} {point} {said}".encode()).hex()[:_MARK]

    def _moment(self, kind: str, point: str, token: str) -> int | None:
        """Return the moment in a token of ours; None for any other text."""
        said, _, mark = token.rpartition("-")
        if not hmac.compare_digest(self._mark(kind, point, said).encode(), mark.encode()):
            return None
        return int(said.partition(".")[0], 16)


def proves(check: str, proof: str) -> bool:
    """Return whether SHA-256 of check, a full stop and proof begins with `BITS` zero bits."""
    if not proof.isascii() or not proof.isdigit() or len(proof) > len(str(1 << 64)):
        return False
    digest = hashlib.sha256(f"{check}.{proof}".encode()).digest()
    return int.from_bytes(digest[:8], "big") >> (64 - BITS) == 0
