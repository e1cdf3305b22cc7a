"""Signed notes and checkpoints (C2SP signed-note, tlog-checkpoint) with Ed25519 keys."""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from dataclasses import dataclass
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from avow.audit.merkle import HASH_BYTES
from avow.definitions import ProofInvalid

ALGORITHM_ED25519: Final = b"\x01"
KEY_ID_BYTES: Final = 4
_DASH: Final = "\N{EM DASH} "
#: Signature lines that one note may have; the specification asks for at least 16.
MAX_SIGNATURES: Final = 64
_SIGNATURE: Final = re.compile(rf"{_DASH}(?P<name>[^\s+]+) (?P<blob>[A-Za-z0-9+/]+={{0,2}})")
#: A number as it is written: digits alone, and no zero before others.
NUMBER: Final = re.compile(r"0|[1-9][0-9]{0,18}")


@dataclass(frozen=True, slots=True)
class Verifier:
    """A log's public key: its name, the 4-byte id and the key."""

    name: str
    key_id: bytes
    public: Ed25519PublicKey

    @classmethod
    def parse(cls, text: str) -> Verifier:
        """Read a verifier key `name+id+base64`; raise ProofInvalid when it is none, or its id is not that of its key."""
        parts = text.strip().split("+", 2)
        try:
            name, key_id, key = parts[0], bytes.fromhex(parts[1]), base64.b64decode(parts[2], validate=True)
        except (IndexError, ValueError) as error:
            raise ProofInvalid("verifier key: expected name+8 hex digits+base64") from error
        if key[:1] != ALGORITHM_ED25519 or len(key) != 1 + HASH_BYTES or key_id != _key_id(name, key[1:]):
            raise ProofInvalid("verifier key: not an Ed25519 key, or its id does not belong to it")
        return cls(name, key_id, Ed25519PublicKey.from_public_bytes(key[1:]))


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """What a log commits to: its origin, its size and its root."""

    origin: str
    size: int
    root: bytes

    def text(self) -> str:
        """Return the note text (tlog-checkpoint), which ends with a newline."""
        return f"{self.origin}\n{self.size}\n{base64.b64encode(self.root).decode()}\n"


def verifier_key(name: str, private: Ed25519PrivateKey) -> str:
    """Return the text by which others know the key: `name+id+base64(0x01 || public key)`."""
    public = _raw(private.public_key())
    return f"{name}+{_key_id(name, public).hex()}+{base64.b64encode(ALGORITHM_ED25519 + public).decode()}"


def sign(checkpoint: Checkpoint, private: Ed25519PrivateKey) -> str:
    """Return the signed note of the checkpoint; the key's name is the log's origin."""
    return sign_text(checkpoint.text(), checkpoint.origin, private)


def sign_text(text: str, name: str, private: Ed25519PrivateKey) -> str:
    """Return the signed note of any text, which ends with a newline, by the key of this name."""
    key_id = _key_id(name, _raw(private.public_key()))
    signature = base64.b64encode(key_id + private.sign(text.encode())).decode()
    return f"{text}\n{_DASH}{name} {signature}\n"


def open_checkpoint(note: str, verifier: Verifier) -> Checkpoint:
    """Verify a signed note with the known key and return its checkpoint; raise ProofInvalid when either is wrong."""
    said = open_text(note, verifier, "checkpoint").split("\n")
    if len(said) < 4 or not NUMBER.fullmatch(said[1]):  # noqa: PLR2004 - origin, size, root, and nothing behind the last line's end
        raise ProofInvalid("checkpoint: expected origin, size and root, a line each")
    root = _decode(said[2], "checkpoint: the root")
    if len(root) != HASH_BYTES or said[0] != verifier.name:
        raise ProofInvalid("checkpoint: the root has not 32 bytes, or the origin is another log's")
    return Checkpoint(said[0], int(said[1]), root)


def open_text(note: str, verifier: Verifier, what: str) -> str:
    """Verify a signed note with the known key and return its text; raise ProofInvalid, naming `what` it is, when it is wrong.

    Signatures by unknown keys are passed over; one by the known key must be there, and must verify. Below the empty line are
    signature lines and nothing else: whatever is not signed must not look as if it were. Rule: C2SP signed-note.
    """
    text, separator, signatures = note.rpartition("\n\n")
    text += "\n"
    if not separator or any(ord(sign) < 0x20 and sign != "\n" for sign in note):  # noqa: PLR2004 - ASCII control characters
        raise ProofInvalid(f"{what}: not a signed note")
    *signed, end = [_SIGNATURE.fullmatch(line) for line in signatures.split("\n")]
    if not signatures.endswith("\n") or end is not None or not 0 < len(signed) <= MAX_SIGNATURES:
        raise ProofInvalid(f"{what}: it does not end with the lines of its signatures")
    lines = [line for line in signed if line is not None]
    if len(lines) < len(signed):
        raise ProofInvalid(f"{what}: below the empty line is a line that is no signature")
    blobs = [_decode(line["blob"], f"{what}: the signature") for line in lines if line["name"] == verifier.name]
    ours = [blob[KEY_ID_BYTES:] for blob in blobs if blob[:KEY_ID_BYTES] == verifier.key_id]
    if not ours:
        raise ProofInvalid(f"{what}: no signature by {verifier.name}")
    for signature in ours:
        try:
            verifier.public.verify(signature, text.encode())
        except InvalidSignature as error:
            raise ProofInvalid(f"{what}: the signature does not belong to this text") from error
    return text


def _key_id(name: str, public: bytes) -> bytes:
    """Return the key id: the first 4 bytes of SHA-256(name || newline || 0x01 || public key)."""
    return hashlib.sha256(name.encode() + b"\n" + ALGORITHM_ED25519 + public).digest()[:KEY_ID_BYTES]


def _raw(public: Ed25519PublicKey) -> bytes:
    """Return the 32 bytes of the public key."""
    return public.public_bytes(serialization.Encoding.Raw, serialization.PublicFormat.Raw)


def _decode(text: str, what: str) -> bytes:
    """Return the bytes of a base64 text, of which each value has one."""
    try:
        found = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise ProofInvalid(f"{what} is not base64") from error
    if base64.b64encode(found).decode() != text:
        raise ProofInvalid(f"{what} is not written as base64 is")
    return found
