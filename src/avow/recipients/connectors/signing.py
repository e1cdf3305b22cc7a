"""Signatures of webhooks, by Standard Webhooks: HMAC-SHA256 under a shared secret, or Ed25519 under a key of ours.

Signed is `id.timestamp.body`; the signature names its version. A file with several keys, a line each, signs with every one, so
that a recipient may change its key without missing anything.
Source: Standard Webhooks 1.0.0, "Signature scheme", "Zero downtime secret rotation".
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Callable
from typing import Final

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from avow.definitions import ConfigurationError

#: Bytes of a shared secret (Standard Webhooks: 24 to 64).
SECRET_BYTES: Final = range(24, 65)
_KEYS: Final = 4
_SECRET, _PRIVATE = "whsec_", "whsk_"
_WANTED: Final = "write whsec_ with 24 to 64 bytes in base64, or whsk_ with an Ed25519 key, a line each"

Sign = Callable[[bytes], str]


def signers(text: str, whose: str) -> tuple[Sign, ...]:
    """Return what signs for each key of a file. Raises ConfigurationError for a text that is none; it quotes nothing of it."""
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    if not 1 <= len(lines) <= _KEYS:
        raise ConfigurationError(f"{whose}: there are {len(lines)} keys; {_WANTED}, at most {_KEYS}")
    return tuple(_signer(line, whose) for line in lines)


def headers(signs: tuple[Sign, ...], name: str, seconds: int, content: bytes) -> dict[str, str]:
    """Return the headers that sign a content under a name, at a moment in seconds since 1970."""
    signed = f"{name}.{seconds}.".encode() + content
    signatures = " ".join(sign(signed) for sign in signs)
    return {"webhook-id": name, "webhook-timestamp": str(seconds), "webhook-signature": signatures}


def _signer(line: str, whose: str) -> Sign:
    try:
        key = base64.b64decode(line.partition("_")[2], validate=True)
        if line.startswith(_PRIVATE):
            private = Ed25519PrivateKey.from_private_bytes(key[:32])  # 64 bytes: the public half is behind it
            return lambda signed: f"v1a,{_base64(private.sign(signed))}"
    except (binascii.Error, ValueError):
        raise ConfigurationError(f"{whose}: a key is no base64, or no Ed25519 key; {_WANTED}") from None
    if line.startswith(_SECRET) and len(key) in SECRET_BYTES:
        return lambda signed: f"v1,{_base64(hmac.digest(key, signed, hashlib.sha256))}"
    raise ConfigurationError(f"{whose}: a key is of no known kind, or of another length; {_WANTED}")


def _base64(raw: bytes) -> str:
    return base64.b64encode(raw).decode("ascii")
