"""Files that come with a form: what they really are, by their bytes, and under which name they are kept.

Neither the name nor the media type that a browser sends is believed, nor what a maker called the parts of a document: what each
is says `[Content_Types].xml` (ECMA-376, part 2). Of a ZIP archive nothing but that, or the type of an OpenDocument text, is
unpacked. Checked are kind and size; whether a file is harmless is for `virus_scan` to say, where one is configured.
"""

from __future__ import annotations

import hashlib
import io
import re
import unicodedata
import zipfile
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from xml.parsers import expat

from avow.definitions import StoredFile
from avow.policy.language.vocabulary import FILE_TYPES
from avow.policy.markup import megabytes
from avow.policy.rulebook.declarations import DataItem

#: Longest kept name of a file without its ending, characters.
NAME_LENGTH: Final = 80
#: Most parts of a document that is a ZIP archive; the largest of daily life have some hundreds.
ZIP_PARTS: Final = 4096
_ODT: Final = b"application/vnd.oasis.opendocument.text"
_STARTS: Final = ((b"%PDF-", "pdf"), (b"\x89PNG\r\n\x1a\n", "png"), (b"\xff\xd8\xff", "jpeg"), (b"{\\rtf", "rtf"))
#: Readers open a PDF whose header stands within so many bytes, behind a byte order mark for instance (ISO 32000-1, H.3.4.1).
_PDF_WITHIN: Final = 1024
_PDF: Final = re.compile(rb"%PDF-[12]\.[0-9]")
#: Longest list of content types that is read, bytes, and what stands in it.
_TYPES_BYTES: Final = 256 * 1024
_CONTENT_TYPES: Final = "[content_types].xml"
_WORD: Final = "application/vnd.openxmlformats-officedocument.wordprocessingml.document.main+xml"
_MACROS: Final = re.compile(r"macroenabled|vbaproject|vbadata")
_ENDINGS: Final = {"jpeg": "jpg"}
#: What a plain text does not hold: control characters other than tab, line feed, form feed and carriage return.
_NO_TEXT: Final = re.compile(r"[\x00-\x08\x0b\x0e-\x1f\x7f]")


@dataclass(frozen=True, slots=True)
class Upload:
    """One file as it came, in memory: the form's field, the name that the browser told, the bytes."""

    field: str
    name: str
    content: bytes


@dataclass(frozen=True, slots=True)
class Checked:
    """One file that may be kept, not yet kept."""

    item: str
    name: str
    kind: str
    content: bytes

    def stored(self, name: str) -> StoredFile:
        """Return what the submission says of it, once its bytes lie under that name."""
        digest = hashlib.sha256(self.content).hexdigest()
        return StoredFile(item=self.item, name=self.name, kind=self.kind, size=len(self.content), sha256=digest, stored=name)


def check(item: DataItem, uploads: Sequence[Upload]) -> list[Checked] | str:
    """Return the files of a declared item, or a sentence for the person that says what to mend."""
    assert item.file is not None
    limits = item.file
    if len(uploads) > limits.max_files:
        return f"“{item.label}” takes {_many(limits.max_files)}; please choose again."
    checked = []
    for upload in uploads:
        kind = kind_of(upload.content)
        if len(upload.content) > limits.max_bytes:
            return f"“{item.label}” may have {megabytes(limits.max_bytes)}; this file has {megabytes(len(upload.content))}."
        if kind not in limits.types:
            allowed = ", ".join(FILE_TYPES[one] for one in limits.types)
            return f"“{item.label}” can be one of these: {allowed}. This file is none of them, whatever its name says."
        checked.append(Checked(item.name, shown_name(upload.name, kind), kind, upload.content))
    return checked


def kind_of(content: bytes) -> str:
    """Return the kind of a file by its bytes, by the names of `FILE_TYPES`; "" for any other."""
    for start, kind in _STARTS:
        if content.startswith(start):
            return kind
    if content.startswith(b"PK\x03\x04"):
        return _document(content)
    found = _PDF.search(content[:_PDF_WITHIN])
    if found and b"%%EOF" in content[found.end() :]:
        return "pdf"
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        return ""
    return "txt" if text.strip() and not _NO_TEXT.search(text) else ""


def shown_name(name: str, kind: str) -> str:
    """Return the name to show: the last part of what was sent, without what could deceive, with the ending of its kind."""
    last = unicodedata.normalize("NFC", name).replace("\\", "/").rpartition("/")[2]
    plain = "".join(sign if sign.isprintable() and unicodedata.category(sign) != "Cf" else "" for sign in last)
    stem = plain.rpartition(".")[0] or plain
    return f"{stem.strip(' .')[:NAME_LENGTH] or 'file'}.{_ENDINGS.get(kind, kind)}"


def in_words(files: Sequence[Checked]) -> str:
    """Return what a person and staff read of the files in place of a text: name, kind and size."""
    return "\n".join(f"{one.name} ({FILE_TYPES[one.kind]}, {megabytes(len(one.content))})" for one in files)


def _document(content: bytes) -> str:
    """Return which document a ZIP archive is: a Word file without macros, an OpenDocument text, or "" for any other."""
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            parts = archive.infolist()
            names = {part.filename for part in parts}
            if len(parts) > ZIP_PARTS or len({name.lower() for name in names}) < len(parts):
                return ""  # of two parts of one name every reader takes another
            types = next((part for part in parts if part.filename.lower() == _CONTENT_TYPES), None)
            if types is not None:
                is_read = types.file_size <= _TYPES_BYTES
                return _office_document(archive.read(types), names) if is_read else ""
            first = parts[0]
            is_plain = first.filename == "mimetype" and first.file_size == len(_ODT) and first.compress_type == zipfile.ZIP_STORED
            return "odt" if is_plain and archive.read(first) == _ODT and not _has_macros(names) else ""
    except (zipfile.BadZipFile, NotImplementedError, RuntimeError, OSError, ValueError, IndexError, zlib.error, EOFError):
        return ""  # what cannot be read is no document


def _office_document(types: bytes, names: set[str]) -> str:
    """Return "docx" for what its content types call a Word document and no macro, whatever its parts are called; else "".

    Names of parts have no case (ECMA-376, part 2, 6.2.2.3). A document type, and with it entities, is in no such file.
    """
    listed: list[tuple[str, str]] = []

    def take(_name: str, attributes: dict[str, str]) -> None:
        listed.append((attributes.get("PartName", "").lower().lstrip("/"), attributes.get("ContentType", "").strip().lower()))

    def refuse(*_declared: object) -> None:
        raise ValueError

    parser = expat.ParserCreate()
    parser.StartElementHandler, parser.StartDoctypeDeclHandler = take, refuse
    try:
        parser.Parse(types, True)  # noqa: FBT003 - expat's signature: it is all of it
    except (expat.ExpatError, ValueError, LookupError):
        return ""
    parts = {name.lower() for name in names}
    has_macros = any(_MACROS.search(kind) for _, kind in listed) or any(name.endswith("vbaproject.bin") for name in parts)
    return "docx" if not has_macros and any(kind == _WORD and name in parts for name, kind in listed) else ""


def _has_macros(names: set[str]) -> bool:
    return any(name.startswith(("Basic/", "Scripts/")) for name in names)


def _many(count: int) -> str:
    return "one file" if count == 1 else f"{count} files"
