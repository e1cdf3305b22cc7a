"""The one file that a person takes along: all of the answer in a ZIP archive, with a signed manifest; written as it is read.

Rule: Cal. Civ. Code § 1798.130(a)(3)(B)(iii) (portable, readily useable). Format: docs/specs/archive.md.
"""

from __future__ import annotations

import zipfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import datetime
from hashlib import sha256
from typing import BinaryIO, Self

from avow.audit import manifest
from avow.audit.manifest import Listed


@dataclass(slots=True)
class Packing:
    """A ZIP archive that is written to a file which can only be appended to. `made` is the moment of everything in it.

    `sign` returns the signed note of a text. Used as a context, at whose end the manifest is added.
    """

    file: BinaryIO
    reference: str
    made: datetime
    sign: Callable[[str], str]
    _listed: list[Listed] = field(default_factory=list)
    _zip: zipfile.ZipFile = field(init=False)

    def __post_init__(self) -> None:
        self._zip = zipfile.ZipFile(self.file, "w")

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        """Add the manifest, and the list at the end of every ZIP archive; nothing after an exception."""
        if kind is None:
            text = manifest.text(self.reference, self.made.isoformat(timespec="seconds"), self._listed)
            self._add(manifest.NAME, [self.sign(text).encode()], is_packed=True)
            self._zip.close()
        self._zip.fp = None  # after an exception nothing is written behind what is thrown away

    def add(self, name: str, pieces: Iterable[bytes], *, is_packed: bool = True) -> None:
        """Add a file from its pieces, compressed unless it is one that came as it is."""
        self._listed.append(self._add(name, pieces, is_packed=is_packed))

    def _add(self, name: str, pieces: Iterable[bytes], *, is_packed: bool) -> Listed:
        about = zipfile.ZipInfo(name, self.made.timetuple()[:6])
        about.compress_type = zipfile.ZIP_DEFLATED if is_packed else zipfile.ZIP_STORED
        about.external_attr = 0o600 << 16  # as the person's own
        digest, size = sha256(), 0
        with self._zip.open(about, "w", force_zip64=True) as entry:
            for piece in pieces:
                entry.write(piece)
                digest.update(piece)
                size += len(piece)
        return Listed(name, size, digest.hexdigest())
