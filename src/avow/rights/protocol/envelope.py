"""A signed message: base64( Ed25519 signature, 64 bytes || JSON ). Source: DRP 1.0, 2.0 and 3.07.

    (1) base64 decodes   (2) the signature holds under the agent's key   (3) `agent-id` is that agent   (4) `business-id` is us
    (5) now is not before `issued-at`   (6) now is before `expires-at`

in this order, over the very bytes that came: nothing is serialised again. A message holds for 15 minutes at most, whatever it
says itself: so long its hash is kept, and one that comes twice is known.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from http import HTTPStatus
from typing import Any, Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from avow.rights.protocol.faults import Fault

VERSION: Final = "1.0"
#: The longest time from `issued-at` in which a message is taken. The specification recommends ten minutes; agents use fifteen.
WINDOW: Final = timedelta(minutes=15)
#: Largest signed body, bytes: names, addresses and custom claims of one person are some kilobytes.
BODY_BYTES: Final = 64 * 1024
_SIGNATURE_BYTES: Final = 64
_KEY_BYTES: Final = 32
_BAD: Final = HTTPStatus.BAD_REQUEST
_NOT_BASE64: Final = Fault(_BAD, "The body is not base64 of a signature and a message.", is_fatal=True)
_TOO_SHORT: Final = Fault(_BAD, "The body is shorter than a signature.", is_fatal=True)
_NOT_SIGNED: Final = Fault(HTTPStatus.FORBIDDEN, "The signature does not hold under the key of this agent.", is_fatal=True)
_NO_OBJECT: Final = Fault(_BAD, "What was signed is no JSON object.", is_fatal=True)
_NOT_THE_AGENT: Final = Fault(HTTPStatus.FORBIDDEN, "agent-id is another agent than the one whose token this is.", is_fatal=True)
_NOT_US: Final = Fault(HTTPStatus.FORBIDDEN, "business-id is not ours.", is_fatal=True)
_TOO_EARLY: Final = Fault(_BAD, "issued-at is later than now.")
_EXPIRED: Final = Fault(_BAD, "The message is expired: sign it again.", is_fatal=True)
_NO_MOMENT: Final = Fault(_BAD, "issued-at and expires-at are moments of ISO 8601 with a zone.", is_fatal=True)
_OTHER_VERSION: Final = Fault(_BAD, f"drp.version has to be {VERSION}.", is_fatal=True)

#: What was signed, as it was written.
Signed = Mapping[str, Any]  # Any: JSON


@dataclass(frozen=True, slots=True)
class Opened:
    """A message whose signature holds; `digest` is the SHA-256 of its bytes, in hex, by which a second copy is known.

    Of the bytes and not of the body: base64 can write the same in more than one way.
    """

    said: Signed
    digest: str


@dataclass(frozen=True, slots=True)
class Key:
    """The public key of an agent, as the directory has it: 32 bytes in base64."""

    text: str

    def verifies(self, signature: bytes, message: bytes) -> bool:
        """Return whether the agent signed these bytes."""
        try:
            Ed25519PublicKey.from_public_bytes(base64.b64decode(self.text)).verify(signature, message)
        except (InvalidSignature, ValueError):
            return False
        return True


def key_of(text: object) -> Key | None:
    """Return the key that an entry of the directory names; None for what is none."""
    if not isinstance(text, str):
        return None
    try:
        plain = base64.b64decode(text.strip(), validate=True)
    except binascii.Error:
        return None
    return Key(base64.b64encode(plain).decode()) if len(plain) == _KEY_BYTES else None


def opened(body: bytes, key: Key) -> Opened | Fault:
    """Return what an agent signed: checks (1) and (2). Source: DRP 1.0, 3.07."""
    try:
        plain = base64.b64decode(body.strip(), validate=True)
    except binascii.Error:
        return _NOT_BASE64
    if len(plain) < _SIGNATURE_BYTES:
        return _TOO_SHORT
    signature, message = plain[:_SIGNATURE_BYTES], plain[_SIGNATURE_BYTES:]
    if not key.verifies(signature, message):
        return _NOT_SIGNED
    try:
        said = json.loads(message)
    except (ValueError, RecursionError):
        return _NO_OBJECT
    return Opened(said, sha256(plain).hexdigest()) if isinstance(said, dict) else _NO_OBJECT


def fault(said: Signed, agent_id: str, business_id: str, now: datetime) -> Fault | None:
    """Return what of a signed message does not hold: checks (3) to (6), then its version; None for nothing.

    Source: DRP 1.0, 3.07; 2.01 (an expired one is fatal).
    """
    if said.get("agent-id") != agent_id:
        return _NOT_THE_AGENT
    if said.get("business-id") != business_id:
        return _NOT_US
    issued, expires = _moment(said.get("issued-at")), _moment(said.get("expires-at"))
    if issued is None or expires is None:
        return _NO_MOMENT
    if now < issued:
        return _TOO_EARLY
    if now >= expires or now - issued > WINDOW:
        return _EXPIRED
    return None if said.get("drp.version") == VERSION else _OTHER_VERSION


def _moment(text: object) -> datetime | None:
    """Return a moment as it was written, with its zone; None for what is none."""
    try:
        found = datetime.fromisoformat(text) if isinstance(text, str) else None
    except ValueError:
        return None
    if found is None or found.tzinfo is None:
        return None
    try:
        return found.astimezone(UTC)
    except OverflowError:  # the year 1 or 9999, in another zone
        return None
