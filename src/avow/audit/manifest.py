"""The manifest of an archive: what is in it, by name, size and SHA-256, as a note that the audit log's key signed.

Who has the archive and the log's public key, as published at /audit/key, can tell that nobody changed, added or took away a file
since it was made. Format: docs/specs/archive.md, "The manifest".
"""

from __future__ import annotations

import json
import re
import zipfile
from collections.abc import Iterable
from dataclasses import dataclass
from hashlib import sha256
from typing import IO, Final

from avow.audit import note
from avow.definitions import ProofInvalid

#: The first line: no checkpoint of a log begins with it.
HEADER: Final = "avow-archive-manifest-1"
NAME: Final = "manifest.txt"
#: Largest manifest that is read, bytes: some hundred thousand files.
MOST_BYTES: Final = 32 * 1024 * 1024
_LINE: Final = re.compile(r"(?P<sha256>[0-9a-f]{64}) (?P<bytes>0|[1-9][0-9]{0,14}) (?P<name>\".+\")")
_PIECE: Final = 1024 * 1024
#: Lines before those of the files: header, reference, moment.
_ABOVE: Final = 3
#: The first bytes of a ZIP archive.
ZIP: Final = b"PK\x03\x04"


@dataclass(frozen=True, slots=True)
class Listed:
    """One file of an archive: its place in it, its size in bytes, the SHA-256 of its bytes in hex."""

    name: str
    bytes: int
    sha256: str


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a manifest says: for which request, made at which moment (ISO 8601), which files."""

    reference: str
    made: str
    files: tuple[Listed, ...]


def text(reference: str, made: str, files: Iterable[Listed]) -> str:
    """Return the text that is signed."""
    lines = [f"{one.sha256} {one.bytes} {json.dumps(one.name, ensure_ascii=False)}" for one in files]
    return "\n".join([HEADER, reference, made, *lines]) + "\n"


def read(signed: str, verifier: note.Verifier) -> Manifest:
    """Return what a signed manifest says; raise ProofInvalid when the key did not sign it, or it is none."""
    lines = note.open_text(signed, verifier, "manifest").removesuffix("\n").split("\n")
    found = [_LINE.fullmatch(line) for line in lines[_ABOVE:]]
    listed = [line for line in found if line is not None]
    if len(lines) < _ABOVE or lines[0] != HEADER or len(listed) < len(found):
        raise ProofInvalid(f"manifest: expected “{HEADER}”, a reference, a moment, and a line for each file")
    try:
        files = tuple(Listed(str(json.loads(line["name"])), int(line["bytes"]), line["sha256"]) for line in listed)
    except ValueError as error:
        raise ProofInvalid("manifest: the name of a file is not written as JSON is") from error
    return Manifest(lines[1], lines[2], files)


def check(archive: IO[bytes], verifier: note.Verifier) -> Manifest:
    """Check an archive against its manifest, file by file; raise ProofInvalid naming what is wrong.

    (1) the manifest is signed by the key; (2) the archive holds the files that it lists, and no other; (3) each has its bytes.
    """
    try:
        with zipfile.ZipFile(archive) as packed:
            names = packed.namelist()
            if names.count(NAME) != 1 or packed.getinfo(NAME).file_size > MOST_BYTES:
                raise ProofInvalid(f"archive: it holds no “{NAME}”, or more than one")
            said = read(packed.read(NAME).decode(), verifier)  # (1)
            listed = [one.name for one in said.files]
            if sorted(names) != sorted([*listed, NAME]):  # (2)
                raise ProofInvalid("archive: it holds another number of files than its manifest lists, or others")
            for one in said.files:  # (3)
                if _digest(packed, one) != one.sha256:
                    raise ProofInvalid(f"archive: “{one.name}” was changed since it was made")
    except (zipfile.BadZipFile, UnicodeDecodeError, NotImplementedError, RuntimeError, EOFError) as error:
        raise ProofInvalid("archive: cut or damaged; fetch it again") from error
    return said


def _digest(packed: zipfile.ZipFile, one: Listed) -> str:
    """Return the SHA-256 of a file in an archive; of one with more bytes than are listed of these and one more."""
    digest, left = sha256(), one.bytes + 1
    with packed.open(one.name) as file:
        while left > 0 and (piece := file.read(min(_PIECE, left))):
            digest.update(piece)
            left -= len(piece)
    return digest.hexdigest()
