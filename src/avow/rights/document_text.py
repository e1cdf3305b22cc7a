"""Reads the text of one document for its parent, as a program of its own: `python -I document_text.py KIND < file`.

It is given a stranger's file and libraries that read such files, so it gives up what it does not need first: it may take so much
memory and time, open no file and no connection, and start no process. It imports nothing of Avow. Its answer is one line,
`whole` or `in part` (pictures, embedded files or pages without text were there, which nobody reads here), then the text. Whatever
it cannot read ends it with another status than 0, and so do its limits.
"""

from __future__ import annotations

import importlib
import io
import resource
import sys
import zipfile
from collections.abc import Iterator
from typing import Final
from xml.etree import ElementTree as ET

#: What it may take: address space in bytes, processor time in seconds.
MEMORY_BYTES: Final = 400 * 1024 * 1024
CPU_SECONDS: Final = 20
#: Longest text, characters: a book; of a document with more nobody can say what is in it.
TEXT_LENGTH: Final = 2_000_000
#: Most pages of a PDF file.
PAGES: Final = 500
#: Largest part of a packed document, unpacked, bytes.
PART_BYTES: Final = 32 * 1024 * 1024
WHOLE: Final = "whole"
IN_PART: Final = "in part"
#: Share of characters that are no writing, above which a text is what a font without its table left of it.
_GARBLED: Final = 0.02
#: Notes on a page of a PDF file that are text, or none: their words are read, and where a link leads is no secret.
_PLAIN_NOTES: Final = frozenset({"/Link", "/Widget", "/Popup", "/Text", "/FreeText", "/Highlight", "/Underline"})
_WORDS: Final = "{http://schemas.openxmlformats.org/wordprocessingml/2006/main}"


def _pdf(content: bytes) -> tuple[str, bool]:
    """Return the text of a PDF file, and whether that is all there is to read in it."""
    import pypdf  # noqa: PLC0415 - each kind of document loads its own reader

    reader = pypdf.PdfReader(io.BytesIO(content), strict=False)
    if reader.is_encrypted or len(reader.pages) > PAGES:
        raise ValueError("it is locked, or too long")
    texts: list[str] = []
    is_whole = not reader.attachments
    for page in reader.pages:
        text, notes = page.extract_text(), [one.get_object() for one in page.annotations or ()]
        has_text = bool(text.strip()) or page.get_contents() is None
        is_whole = is_whole and has_text and not _has_picture(page.get("/Resources"), 0)
        is_whole = is_whole and all(one.get("/Subtype") in _PLAIN_NOTES for one in notes)
        texts += [text, *(str(one.get("/Contents", "")) for one in notes)]
    fields = reader.get_fields() or {}
    texts += [str(one.get("/V", "")) for one in fields.values()]
    texts += [str(value) for value in (reader.metadata or {}).values()]
    return "\n".join(texts), is_whole


def _has_picture(resources: object, depth: int) -> bool:
    """Return whether resources of a page name a picture, or are nested deeper than any honest ones."""
    if depth > 5:  # noqa: PLR2004 - a form in a form in a form
        return True
    found = resources.get_object() if hasattr(resources, "get_object") else {}
    named = found.get("/XObject") if found else None
    objects = named.get_object() if named is not None else {}
    return any(
        one.get("/Subtype") == "/Image" or _has_picture(one.get("/Resources"), depth + 1)
        for one in (objects[name].get_object() for name in objects)
    )


def _docx(content: bytes) -> tuple[str, bool]:
    """Return the text of a Word file: of every part, text that was deleted or hidden and notes as well."""
    import docx  # noqa: PLC0415 - as above

    _unpacks(content)
    package = docx.Document(io.BytesIO(content)).part.package
    if package is None:
        raise ValueError("it holds nothing")
    texts: list[str] = []
    is_whole = True
    for part in package.iter_parts():
        kind = part.content_type
        if kind.endswith("xml"):
            texts += _paragraphs(part.blob)
        elif not part.partname.startswith("/docProps/thumbnail") and not kind.endswith(("obfuscatedFont", "printerSettings")):
            is_whole = False  # a picture, another document: nobody reads it here
    return "\n".join(texts), is_whole


def _paragraphs(blob: bytes) -> Iterator[str]:
    """Yield the paragraphs of a part of a Word file, each with all its runs joined, and the texts of any other part."""
    root = ET.fromstring(blob)  # noqa: S314 - entities cannot grow beyond what this process may take
    found = list(root.iter(f"{_WORDS}p"))
    if not found:
        yield " ".join(root.itertext())
    for paragraph in found:
        pieces = []
        for one in paragraph.iter():
            tag = one.tag.removeprefix(_WORDS) if isinstance(one.tag, str) else ""
            pieces.append("\t" if tag in {"tab", "br"} else one.text or "")
        yield "".join(pieces)


def _odt(content: bytes) -> tuple[str, bool]:
    """Return the text of an OpenDocument text."""
    _unpacks(content)
    texts, is_whole = [], True
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        for part in packed.infolist():
            if part.filename.endswith(".xml"):
                root = ET.fromstring(packed.read(part))  # noqa: S314 - as above
                texts += ["".join(one.itertext()) for one in root.iter() if _is_paragraph(one.tag)] or [" ".join(root.itertext())]
            elif part.filename not in {"mimetype", "layout-cache", "manifest.rdf"} and not part.is_dir():
                is_whole = is_whole and part.filename.startswith("Thumbnails/")  # a small picture of the first page's text
    return "\n".join(texts), is_whole


def _is_paragraph(tag: str) -> bool:
    return tag.endswith(("}p", "}h"))


def _unpacks(content: bytes) -> None:
    """Raise ValueError for a packed document with a part that is larger than any honest one."""
    with zipfile.ZipFile(io.BytesIO(content)) as packed:
        if sum(part.file_size for part in packed.infolist()) > PART_BYTES:
            raise ValueError("it unpacks to too much")


def _rtf(content: bytes) -> tuple[str, bool]:
    """Return the text of a file in the Rich Text Format."""
    from striprtf.striprtf import rtf_to_text  # noqa: PLC0415 - as above

    written = content.decode("latin-1")
    has_more = any(word in written for word in ("\\pict", "\\object", "\\objdata"))
    return str(rtf_to_text(written, errors="replace")), not has_more  # type: ignore[no-untyped-call] # it has no types


def _txt(content: bytes) -> tuple[str, bool]:
    """Return a plain text, in whichever of the usual ways it is written."""
    for name in ("utf-16",) if content[:2] in {b"\xff\xfe", b"\xfe\xff"} else ("utf-8-sig", "cp1252"):
        try:
            return content.decode(name), True
        except UnicodeDecodeError:
            continue
    raise ValueError("it is written in no known way")


#: What each reader loads.
_LIBRARIES: Final = {
    "pdf": ("pypdf", "pypdf._cmap", "pypdf.annotations", "pypdf.filters"),
    "docx": ("docx",),
    "rtf": ("striprtf.striprtf",),
}
_READERS: Final = {"pdf": _pdf, "docx": _docx, "odt": _odt, "rtf": _rtf, "txt": _txt}


#: Encodings that documents are written in, and that Python loads when they are first used.
_ENCODINGS: Final = (
    "utf-8-sig",
    "utf-16",
    "utf-16-be",
    "utf-32",
    "cp1252",
    "mac-roman",
    "cp437",
    "cp1250",
    "cp1251",
)


def _load(kind: str) -> None:
    """Load whatever a reader needs: later it opens nothing."""
    for name in _ENCODINGS:
        "".encode(name)
    for name in _LIBRARIES.get(kind, ()):
        importlib.import_module(name)


def _give_up() -> None:
    """Give up whatever a reader of one document does not need; what is read here cannot get it back."""
    resource.setrlimit(resource.RLIMIT_CPU, (CPU_SECONDS, CPU_SECONDS))
    resource.setrlimit(resource.RLIMIT_AS, (MEMORY_BYTES, MEMORY_BYTES))
    resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    resource.setrlimit(resource.RLIMIT_NPROC, (0, 0))
    resource.setrlimit(resource.RLIMIT_NOFILE, (0, 0))  # nothing is opened any more, a connection neither


def main(kind: str) -> None:
    """Read the document on standard input, and write what was found to standard output."""
    _load(kind)
    _give_up()
    text, is_whole = _READERS[kind](sys.stdin.buffer.read())
    if len(text) > TEXT_LENGTH:
        raise ValueError("its text is too long")
    strange = sum(not (sign.isprintable() or sign in "\n\r\t\x0b\x0c") for sign in text)
    is_whole = is_whole and strange <= _GARBLED * len(text)
    answer = f"{WHOLE if is_whole else IN_PART}\n{text}"
    sys.stdout.buffer.write(answer.encode(errors="replace"))


if __name__ == "__main__":
    main(sys.argv[1])
