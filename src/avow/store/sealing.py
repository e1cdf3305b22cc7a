"""Sealing: how bytes are made unreadable without a key. Pure functions over `cryptography`, no I/O.

Two ways: `seal` gives different bytes each time (forms, files, mail); `seal_alike` gives the same bytes for the same
plain text under the same key, so that a column of repeated values still compresses (events; CHOICES: sealing each event
again took 80 % of the disk). Both fail loudly when anything was changed.
"""

from __future__ import annotations

import hashlib
import hmac
import os
from collections.abc import Iterable
from functools import lru_cache
from typing import Final

from cryptography.hazmat.primitives.ciphers.aead import AESGCM, AESSIV

KEY_BYTES: Final = 32
SUBJECT_BYTES: Final = 16
_NONCE_BYTES: Final = 12
#: What `seal` adds to the bytes that it is given: the nonce, and the tag of AES-GCM.
WHOLE_BYTES: Final = _NONCE_BYTES + 16

#: The subject of a row that belongs to nobody known.
NOBODY: Final = bytes(SUBJECT_BYTES)


def seal(key: bytes, plain: bytes, aad: bytes) -> bytes:
    """Return `plain` sealed under `key` and bound to `aad`: nonce, then AES-256-GCM."""
    nonce = os.urandom(_NONCE_BYTES)
    return nonce + AESGCM(key).encrypt(nonce, plain, aad)


def unseal(key: bytes, sealed: bytes, aad: bytes) -> bytes:
    """Return what `seal` was given; raise InvalidTag when key, aad or bytes differ."""
    return AESGCM(key).decrypt(sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], aad)


def seal_alike(key: bytes, plain: bytes, aad: bytes) -> bytes:
    """Return `plain` sealed so that equal inputs give equal bytes: AES-256-SIV (RFC 5297) under a key derived from `key`."""
    return _siv(key).encrypt(plain, [aad])


def unseal_alike(key: bytes, sealed: bytes, aad: bytes) -> bytes:
    """Return what `seal_alike` was given; raise InvalidTag when key, aad or bytes differ."""
    return _siv(key).decrypt(sealed, [aad])


def joint_key(keys: Iterable[bytes]) -> bytes:
    """Return one key that needs all the given ones: destroying any of them destroys it. A single key stays itself."""
    ordered = sorted(keys)
    if len(ordered) == 1:
        return ordered[0]
    return hmac.digest(b"avow joint key", b"".join(ordered), hashlib.sha256)


def _siv(key: bytes) -> AESSIV:
    """Return the cipher for `seal_alike`, whose 64-byte key is derived so that no key serves two ciphers."""
    return AESSIV(_derive(key))


@lru_cache(maxsize=1)
def _derive(key: bytes) -> bytes:
    """Return 64 bytes derived from `key`; the last one is remembered, because a batch is sealed person by person."""
    return hmac.digest(key, b"avow seal alike", hashlib.sha512)
