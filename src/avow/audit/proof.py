"""The proof handed to a person (C2SP tlog-proof), and its check offline.

The log's entry names the person only by a keyed hash; the key (a salt) is in the proof and nowhere else once the
request's record is gone, so the public log says nothing about anybody.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from avow.audit import log, merkle, note
from avow.definitions import ProofInvalid

HEADER: Final = "c2sp.org/tlog-proof@v1"


@dataclass(frozen=True, slots=True)
class Proof:
    """A proof as read from its file: the statement that is in the log, the way to the root, the checkpoint.

    `found` is what was found and done where, in canonical JSON; the log holds a keyed hash of it. Empty in a proof of a version
    before 0058, whose statement says it in clear.
    """

    entry: bytes
    salt: bytes
    reference: str
    index: int
    path: tuple[bytes, ...]
    checkpoint: str
    found: bytes = b""


def canonical(entry: Mapping[str, object]) -> bytes:
    """Return the one form of an entry: JSON with sorted keys and no spaces, UTF-8."""
    return json.dumps(entry, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def blinded(salt: bytes, reference: str) -> str:
    """Return what the public log holds instead of a reference: HMAC-SHA-256 under the person's salt, hex."""
    return hmac.new(salt, reference.encode(), hashlib.sha256).hexdigest()


def write(proof: Proof) -> str:
    """Return the proof as the text of a `.tlog-proof` file."""
    extra = canonical(
        {
            "entry": base64.b64encode(proof.entry).decode(),
            "salt": base64.b64encode(proof.salt).decode(),
            "reference": proof.reference,
            **({"found": base64.b64encode(proof.found).decode()} if proof.found else {}),
        }
    )
    hashes = "".join(base64.b64encode(part).decode() + "\n" for part in proof.path)
    return f"{HEADER}\nextra {base64.b64encode(extra).decode()}\nindex {proof.index}\n{hashes}\n{proof.checkpoint}"


def read(text: str) -> Proof:
    """Return the proof of a `.tlog-proof` text; raise ProofInvalid naming the line that is wrong.

    A proof is written in one way. What is written in another, if only its line ends, was changed on its way, and is refused.
    """
    head, _, checkpoint = text.partition("\n\n")
    lines = head.split("\n")
    if "\r" in text:
        raise ProofInvalid("proof: an editor or a mail program changed the ends of its lines; ask for the file again")
    try:
        if lines[0] != HEADER or not lines[1].startswith("extra ") or not lines[2].startswith("index "):
            raise ProofInvalid(f"proof: expected “{HEADER}”, an extra line and an index line")
        extra = json.loads(base64.b64decode(lines[1].removeprefix("extra "), validate=True))
        found = Proof(
            base64.b64decode(extra["entry"], validate=True),
            base64.b64decode(extra["salt"], validate=True),
            str(extra["reference"]),
            int(lines[2].removeprefix("index ")),
            tuple(base64.b64decode(line, validate=True) for line in lines[3:]),
            checkpoint,
            base64.b64decode(extra.get("found", ""), validate=True),
        )
        again = write(found)
    except (IndexError, KeyError, TypeError, ValueError, RecursionError, binascii.Error) as error:
        raise ProofInvalid("proof: cut or damaged; ask for the file again") from error
    if again != text:
        raise ProofInvalid("proof: it is not written as proofs are; ask for the file again")
    return found


def verify(proof: Proof, verifier: note.Verifier) -> dict[str, object]:
    """Check the proof with the log's key alone and return the statement that the log holds.

    (1) the checkpoint is signed by the log; (2) the entry is in the tree it commits to; (3) the entry is about the
    reference that the proof names; (4) it is about what the proof says was found, which is returned as `targets`.
    Raises ProofInvalid naming the step.
    """
    checkpoint = note.open_checkpoint(proof.checkpoint, verifier)  # (1)
    leaf = merkle.leaf_hash(proof.entry)
    merkle.verify_inclusion(leaf, proof.index, checkpoint.size, proof.path, checkpoint.root)  # (2)
    try:
        statement = json.loads(proof.entry)
    except ValueError as error:
        raise ProofInvalid("proof: the entry is not JSON") from error
    if not isinstance(statement, dict) or statement.get("about") != blinded(proof.salt, proof.reference):  # (3)
        raise ProofInvalid("proof: the entry in the log is about another request")
    if not proof.found and "found" not in statement:  # of an earlier version
        return statement
    if statement.get("found") != hmac.new(proof.salt, proof.found, hashlib.sha256).hexdigest():  # (4)
        raise ProofInvalid("proof: the entry in the log is about something else that was found")
    return {**statement, "targets": json.loads(proof.found)}


def audit(public: Path, verifier: note.Verifier) -> tuple[note.Checkpoint, list[bytes]]:
    """Check a whole log from its files: every entry is hashed again and must lead to the signed root.

    Returns the checkpoint and the leaf hashes; spot checks are not an audit, so nothing is skipped.
    """
    try:
        checkpoint = note.open_checkpoint((public / "checkpoint").read_text(encoding="utf-8"), verifier)
        hashes = [merkle.leaf_hash(entry) for entry in log.read_entries(public, checkpoint.size)]
    except FileNotFoundError as error:
        raise ProofInvalid(f"log: {Path(error.filename).name} is missing") from error
    if len(hashes) != checkpoint.size or merkle.root(hashes) != checkpoint.root:
        raise ProofInvalid("log: the entries do not lead to the root that was signed")
    return checkpoint, hashes


def check(text: str, folder: Path, key: str | None) -> dict[str, object]:
    """Check a proof offline against a copy of the published log, and return its statement; raise ProofInvalid.

    `key` is the log's own as somebody published it; without one, that of the folder.
    """
    found = read(text)
    try:
        verifier = note.Verifier.parse(key or (folder / "key").read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise ProofInvalid(f"log: {folder} holds no published log (no file “key”)") from error
    return verify_against(found, verifier, folder)


def verify_against(proof: Proof, verifier: note.Verifier, public: Path) -> dict[str, object]:
    """Check the proof, and that the published log as it is today still holds what it committed to then."""
    statement = verify(proof, verifier)
    then = note.open_checkpoint(proof.checkpoint, verifier)
    now, hashes = audit(public, verifier)
    if now.size < then.size or merkle.root(hashes[: then.size]) != then.root:
        raise ProofInvalid("log: the published log is not a continuation of the one in the proof: it was rewritten")
    return statement
