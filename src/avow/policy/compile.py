"""Compile the literate policy: parse, check, and make the Rulebook, named by the hash of its texts."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from types import MappingProxyType
from typing import Final

from avow.definitions import RequestKind
from avow.policy import build
from avow.policy.check import check
from avow.policy.diagnostics import Diagnostic, errors
from avow.policy.law import LawTable, table_text
from avow.policy.link import NO_FILES, Linked, link
from avow.policy.parse import Document, parse
from avow.policy.read import Entries, read
from avow.policy.rulebook import Rulebook

#: The jurisdiction of a policy that names none.
DEFAULT_JURISDICTION: Final = "US-CA"


@dataclass(frozen=True, slots=True)
class Compilation:
    """What came of a policy: the Rulebook when there is no error, and every finding in the order of the text.

    `texts` are the canonical texts of the policy's files by name, for showing the findings at their words.
    """

    rulebook: Rulebook | None
    diagnostics: tuple[Diagnostic, ...]
    texts: Mapping[str, str]


def compile_text(
    text: str, name: str, law: Mapping[str, LawTable], today: date, files: Mapping[str, str] = NO_FILES
) -> Compilation:
    """Compile a literate policy as it stands on this day; `files` are the texts that it includes, by name.

    The same texts and law tables give the same Rulebook id, whatever the day, the file's name or its line ends.
    A Rulebook comes only of a policy without errors; warnings do not stop it.
    """
    linked = link(text, name, files)
    document = _less(parse(linked.text, linked.origins), linked)
    entries = read(document)
    found = {*linked.diagnostics, *document.diagnostics, *entries.diagnostics, *check(document, entries, law, today)}
    ordered = sorted(found, key=lambda item: (item.line, item.column, item.code, item.message))
    diagnostics = tuple(_at_origin(item, *linked.origin(item.line)) for item in ordered)
    if errors(diagnostics):
        return Compilation(None, diagnostics, linked.texts)
    return Compilation(_rulebook(linked.text, name, document, entries, law), diagnostics, linked.texts)


def _less(document: Document, linked: Linked) -> Document:
    """Return the document with the sections in which an included file is missing marked as not read in full.

    What seems undeclared may be declared in that file; the missing file is the one mistake.
    """
    gaps = [item.line for item in linked.diagnostics if item.code != "AV0113"]  # that file is there, once
    sections = {max(place for place, one in enumerate(document.sections) if not place or one.span.line <= gap) for gap in gaps}
    return replace(document, unreadable=document.unreadable | sections)


def _at_origin(item: Diagnostic, file: str, line: int) -> Diagnostic:
    return replace(item, file=file, line=line)


def rulebook_id(canonical: str, law: Mapping[str, LawTable]) -> str:
    """Return the name of a Rulebook: SHA-256 over the canonical policy text and every law table."""
    digest = hashlib.sha256(b"avow rulebook v1\n")
    for part in (canonical, *(table_text(law[code]) for code in sorted(law))):
        encoded = part.encode()
        digest.update(len(encoded).to_bytes(8, "big"))
        digest.update(encoded)
    return digest.hexdigest()


def _rulebook(canonical: str, name: str, document: Document, entries: Entries, law: Mapping[str, LawTable]) -> Rulebook:
    policy = entries.of("policy")[0].values
    rights = [build.right(entry) for entry in entries.of("right") if entry.name in set(RequestKind)]
    return Rulebook(
        id=rulebook_id(canonical, law),
        name=name,
        text=canonical,
        title=policy["title"],
        controller=build.controller(entries.of("controller")[0]),
        effective=policy["effective"],
        updated=policy["updated"],
        jurisdiction=policy.get("jurisdiction", DEFAULT_JURISDICTION),
        data=MappingProxyType({entry.name: build.data_item(entry) for entry in entries.of("data")}),
        purposes=MappingProxyType({entry.name: build.purpose(entry) for entry in entries.of("purpose")}),
        points=MappingProxyType({entry.name: build.point(entry, document) for entry in entries.of("collection")}),
        recipients=MappingProxyType({entry.name: build.recipient(entry) for entry in entries.of("recipient")}),
        signals=MappingProxyType({entry.name: build.signal(entry) for entry in entries.of("signal")}),
        rights=MappingProxyType({right.kind: right for right in rights}),
        changes=build.changes(entries.of("changes")[0]),
        law=law,
    )
