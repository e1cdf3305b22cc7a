"""Compile the literate policy: parse, check, and make the Rulebook, named by the hash of its texts."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from types import MappingProxyType
from typing import Final

from avow.policy.checks.carried_out import THIS_VERSION, CarriedOut
from avow.policy.checks.check import check
from avow.policy.findings.diagnostics import Diagnostic, errors
from avow.policy.language import earlier
from avow.policy.language.encoding import not_utf8, printable
from avow.policy.language.grammar import GRAMMAR
from avow.policy.language.link import NO_FILES, Linked, canonical_text, link
from avow.policy.language.parse import Document, parse
from avow.policy.language.read import Entries, Entry, read
from avow.policy.law import LawTable, table_text
from avow.policy.rulebook import build
from avow.policy.rulebook.roles import with_administrator
from avow.policy.rulebook.rulebook import Rulebook

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
    text: str,
    name: str,
    law: Mapping[str, LawTable],
    today: date,
    files: Mapping[str, str] = NO_FILES,
    does: CarriedOut = THIS_VERSION,
) -> Compilation:
    """Compile a literate policy as it is on this day; `files` are the texts that it includes, by name.

    `does` is what the software carries out: a declaration beyond it is an error; EVERYTHING judges the text alone.

    The same texts and law tables give the same Rulebook id, whatever the day, the file's name or its line ends.
    A Rulebook comes only of a policy without errors; warnings do not stop it.
    Why: decision 0014 (what is not carried out may not be promised).
    """
    texts = {name: text, **files}
    if unread := tuple(not_utf8(texts)):  # what the letters were is not known, so nothing else is judged
        return Compilation(None, unread, {one: canonical_text(printable(said)) for one, said in texts.items()})
    linked = link(text, name, files)
    document = _less(parse(linked.text, linked.origins), linked)
    entries = read(document)
    found = {*linked.diagnostics, *document.diagnostics, *entries.diagnostics, *check(document, entries, law, today, does)}
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


def reopen(text: str, name: str, law: Mapping[str, LawTable], rulebook_id: str = "") -> Rulebook:
    """Return the Rulebook of a version that was published before, without judging it again.

    What was published stays published: a stricter compiler or a newer law table never makes an old version unreadable.
    `text` and `law` are those that were kept with it, and `rulebook_id` the name under which its records know it, so
    that neither a new way to hash nor a new grammar changes it. Rule: Bus. & Prof. Code § 22575(b)(3) (POL-08).
    """
    document = parse(text)
    found = _rulebook(text, name, document, _as_written(document), law)
    return replace(found, id=rulebook_id or found.id)


def _as_written(document: Document) -> Entries:
    """Return every declaration of the blocks as it is; what this version's grammar no longer knows is left out."""
    entries, first = Entries(), earlier.is_first(document)
    for block in document.blocks:
        for kind, content in block.tables.items():
            if kind in GRAMMAR:
                named = content if GRAMMAR[kind].named else {kind: content}
                ways = ((kind, one) if GRAMMAR[kind].named else (kind,) for one in named)
                entries.sound += [
                    Entry(kind, one, earlier.in_todays_words(kind, values, first=first), block, way)
                    for (one, values), way in zip(named.items(), ways, strict=True)
                ]
    return entries


def _at_origin(item: Diagnostic, file: str, line: int) -> Diagnostic:
    return replace(item, file=file, line=line)


def rulebook_id(canonical: str, law: Mapping[str, LawTable]) -> str:
    """Return the name of a Rulebook: SHA-256 over the canonical policy text and every law table.

    Rule: Bus. & Prof. Code § 22575(b)(3) (POL-08). Why: decision 0017.
    """
    digest = hashlib.sha256(b"avow rulebook v1\n")
    for part in (canonical, *(table_text(law[code]) for code in sorted(law))):
        encoded = part.encode()
        digest.update(len(encoded).to_bytes(8, "big"))
        digest.update(encoded)
    return digest.hexdigest()


def _rulebook(canonical: str, name: str, document: Document, entries: Entries, law: Mapping[str, LawTable]) -> Rulebook:
    policy = entries.of("policy")[0].values
    jurisdictions = tuple(policy.get("jurisdictions", (DEFAULT_JURISDICTION,)))
    governing = MappingProxyType({code: law[code] for code in jurisdictions})
    purposes = build.every(entries, "purpose", build.purpose)
    points = build.every(entries, "collection", lambda entry: build.point(entry, document))
    roles = build.every(entries, "role", build.role)
    return Rulebook(
        id=rulebook_id(canonical, governing),
        name=name,
        text=canonical,
        title=policy["title"],
        controller=build.controller(entries.of("controller")[0]),
        effective=policy["effective"],
        updated=policy["updated"],
        jurisdictions=jurisdictions,
        evidence_is_public=policy.get("evidence") == "public",
        metrics=policy.get("metrics", ""),
        metrics_by_people=policy.get("metrics_by_people", False),
        brands=build.every(entries, "brand", build.brand),
        websites=build.every(entries, "website", build.website),
        messages=build.every(entries, "message", build.messages),
        contacts=build.every(entries, "contact", build.contact),
        sources=MappingProxyType({**build.usual_sources(), **build.every(entries, "source", build.source)}),
        data=build.every(entries, "data", build.data_item),
        purposes=purposes,
        points=points,
        backup_days=build.only(entries, "backups", build.backups),
        duties=build.every(entries, "duty", build.duty),
        automated_decisions=build.every(entries, "automated_decision", build.automated_decision),
        incentives=build.every(entries, "incentive", build.incentive),
        datasets=build.every(entries, "dataset", build.dataset),
        recipients=build.recipients(entries),
        external_links=build.every(entries, "external_link", build.external_link),
        signals=build.every(entries, "signal", build.signal),
        choices=build.choices(entries, purposes),
        rights=build.every(entries, "right", build.right),
        changes=build.told(entries.of("changes")[0]),
        business_transfer=build.only(entries, "business_transfer", build.told),
        agents=build.only(entries, "agents", build.agents),
        children=build.only(entries, "children", build.children),
        incidents=build.only(entries, "incidents", build.incidents),
        legal_process=build.only(entries, "legal_process", build.legal_process),
        accessibility=build.only(entries, "accessibility", build.accessibility),
        roles=with_administrator(roles, points, purposes),
        declares_roles=bool(roles),
        law=governing,
    )
