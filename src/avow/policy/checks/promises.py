"""Check that each promise of the prose is carried out: by a declaration of its section, and with the same durations.

A paragraph promises something when it says what "we" do, what is done to data, or what "you can" do. It is carried out
when its section (for other than the title's, also a section within it) declares something that acts, or shows a table
computed from what acts. Rule: Bus. & Prof. Code § 22576 (breaking one's own policy).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Final

from avow.policy.checks.durations import Duration, Said, durations
from avow.policy.checks.prose import sentences
from avow.policy.checks.requirements import jurisdictions
from avow.policy.checks.said_periods import Weight, weight
from avow.policy.findings.diagnostics import Diagnostic, diagnostic
from avow.policy.language.parse import Document, Prose
from avow.policy.language.read import Entries, Entry
from avow.policy.law import LawTable
from avow.policy.rulebook import build
from avow.policy.rulebook.declarations import Retention

#: Declarations that only give names to things; every other one stands for something that is done.
_NAMING: Final = frozenset({"policy", "controller", "data", "brand", "contact", "source"})
#: Placeholders that show only names; every other one shows what is done.
_TELLING: Final = frozenset({"contact"})

_PROMISE: Final = re.compile(
    r"\b(?:we|us|our|ours)\b|\byou (?:can|may)\b"
    r"|\b(?:is|are|be|been|being|was|were) (?:\w+ )?(?:collected|used|kept|stored|deleted|erased|removed|shared|sold|disclosed"
    r"|encrypted|protected|retained|destroyed|sent|passed|transferred|anonymi[sz]ed)\b",
    re.IGNORECASE,
)

#: A sentence about the policy itself: "this page says what we collect" promises no more than the page says elsewhere.
_ABOUT_ITSELF: Final = re.compile(
    r"^\W*(?:this|our|the) (?:\w+ ){0,3}?(?:policy|page|notice|statement|document) "
    r"(?:says|tells|explains|describes|sets out|covers|is about)(?: you)? (?:what|how|why|which|who|whom|when|where)\b"
    r"(?!.*[:;]$)",
    re.IGNORECASE,
)


def check_promises(document: Document, entries: Entries, law: Mapping[str, LawTable]) -> Iterator[Diagnostic]:
    """Find paragraphs that nothing carries out, and durations that nothing in their section has.

    Rule: Bus. & Prof. Code § 22576.
    """
    for prose in document.prose:
        if prose.kind != "paragraph" or _unjudgeable(document, entries, prose.section):
            continue
        carried = _is_carried_out(document, entries, prose.section)
        if not carried and not prose.statement:
            yield from _promise(prose)
        else:
            declared = _declared(document, entries, law, prose.section)
            if prose.statement and declared is not None and not declared:
                everywhere = None if entries.faulty else _everywhere(entries, law)  # what has a mistake may have it
                yield from _durations(prose, everywhere, "the whole policy")
            else:
                yield from _durations(prose, declared, "what its section declares")
            yield from _starts(prose, _kept(document, entries, prose.section))


def _unjudgeable(document: Document, entries: Entries, section: int) -> bool:
    """Whether something in the section could not be read, so that what it declares is unknown."""
    return any(covers(document, section, other) for other in document.unreadable | entries.faulty)


def covers(document: Document, section: int, other: int) -> bool:
    """Whether what is in the other section stands for this one as well: itself, or within, the title apart."""
    return other == section or (document.sections[section].level > 1 and document.within(other, section))


def _is_carried_out(document: Document, entries: Entries, section: int) -> bool:
    acting = (other for other, kinds in entries.sections.items() if kinds - _NAMING)
    showing = (placeholder.section for placeholder in document.placeholders if placeholder.name not in _TELLING)
    return any(covers(document, section, other) for other in (*acting, *showing))


def _promise(prose: Prose) -> Iterator[Diagnostic]:
    for start, sentence in sentences(prose):
        if _PROMISE.search(sentence) and not _ABOUT_ITSELF.search(sentence):
            message = "this promises something that no declaration of its section carries out"
            mend = "put the avow block that carries it out into this section, or end the paragraph with {.statement}"
            yield diagnostic("AV0501", prose.span(start, start + len(sentence)), message, mend)
            return


def _durations(prose: Prose, declared: frozenset[Duration] | None, where: str) -> Iterator[Diagnostic]:
    """Report each duration of a promise that no declaration has, and ask about one that may be meant as a promise."""
    if declared is None:
        return
    for start, sentence in sentences(prose):
        for said in durations(sentence):
            found = Weight.NOTHING if said.duration in declared else weight(sentence, said, statement=prose.statement)
            place = prose.span(start + said.start, start + said.end)
            if found is Weight.PROMISE:
                yield diagnostic("AV0502", place, _other_than(said, declared, where), _WHICHEVER)
            elif found is Weight.DOUBT:
                message = f'nobody can tell whether "{said.words}" is how long something is kept; {where} has no such duration'
                yield diagnostic("AV0520", place, message, _UNDOUBTED)


_WHICHEVER: Final = "change the prose or the declaration, whichever is wrong; the mark of a statement does not excuse it"
_UNDOUBTED: Final = (
    "say what is kept or done so long, and declare it; where it is no information about people, use another word than keep, "
    "store, hold or erase, and end the paragraph with {.statement}"
)


def _other_than(said: Said, declared: frozenset[Duration], where: str) -> str:
    if said.duration is None:
        return f'the words and the figures of "{said.words}" disagree'
    known = ", ".join(f"{number} {unit}" for number, unit in sorted(declared, key=lambda each: each[::-1]))
    return f'the prose says "{said.words}", but {where} has {known or "no duration at all"}'


#: How prose says when a period starts. What it says otherwise is not compared.
_STARTS: Final[Mapping[str, re.Pattern[str]]] = {
    start: re.compile(rf"\s(?:after|from|of|following|since) (?:{words})\b", re.IGNORECASE)
    for start, words in {
        "last-contact": r"(?:our|your|the|we|you) last (?:\w+ )?(?:contact|exchange|message|letter|e-?mail|heard|wrote|spoke)",
        "collection": r"(?:the )?collection|(?:we|it is|it was|they are|they were) (?:collected|received|sent)|(?:we )?receipt",
        "decision": r"(?:the|our|a) decision",
        "contract-end": r"(?:the|our|your) (?:end of (?:the|our|your) contract|contract (?:ends|ended|is over))",
        "account-closed": r"(?:you close|the closing of|your account is closed|closing) ?(?:your account)?",
    }.items()
}


def _kept(document: Document, entries: Entries, section: int) -> Mapping[Duration, set[str]]:
    """Return from when the periods of a section's collection points and duties count, by their length."""
    starts: dict[Duration, set[str]] = {}
    for entry in entries.sound:
        if covers(document, section, entry.block.section):
            periods = [period for _, period in build.periods(entry)] if entry.kind == "collection" else []
            for period in [*periods, *([entry.values["keeps"]] if entry.kind == "duty" else [])]:
                kept = build.retention(period)
                starts.setdefault(_length(kept), set()).add(kept.after)
    return starts


def _starts(prose: Prose, kept: Mapping[Duration, set[str]]) -> Iterator[Diagnostic]:
    """Report a period that starts with something else than its declaration. Rule: Bus. & Prof. Code § 22576."""
    for found in durations(prose.words):
        declared = kept.get(found.duration) if found.duration else None
        for start, pattern in _STARTS.items():
            said = pattern.match(prose.words, found.end)
            if declared and said and start not in declared:
                other = ", ".join(sorted(declared))
                message = f'the prose says "{found.words}{said[0]}", but the declarations of this section count from: {other}'
                mend = f'write after = "{start}" in the retention, or change the prose, whichever is wrong'
                yield diagnostic("AV0502", prose.span(found.start, said.end()), message, mend)


def _declared(document: Document, entries: Entries, law: Mapping[str, LawTable], section: int) -> frozenset[Duration] | None:
    """Return every duration that the section's declarations and tables have; None when the law's are not known."""
    here = [entry for entry in entries.sound if covers(document, section, entry.block.section)]
    shown = {placeholder.name for placeholder in document.placeholders if covers(document, section, placeholder.section)}
    if shown & {"retention", "technologies"}:
        if not entries.is_whole("collection"):
            return None  # the one with a mistake, which is reported, may have it
        here = [*here, *entries.of("collection")]
    kinds = shown | {entry.kind for entry in here}
    found = {duration for entry in here for duration in _of(entry)}
    found |= set(_with_backups(entries, here))
    found |= {
        duration for kind in ("changes", "business_transfer") if kind in shown for e in entries.of(kind) for duration in _of(e)
    }
    if kinds & {"chart", "recipients", "recipient"}:
        found.add((12, "months"))  # the period of the two disclosure lists: Cal. Civ. Code § 1798.130(a)(5)(C)
    if kinds & {"rights", "right", "incidents"}:
        tables = [law.get(code) for code in jurisdictions(entries)]
        if not entries.of("policy") or None in tables:
            return None
        found |= {duration for table in tables if table for duration in _of_law(table, breach="incidents" in kinds)}
    return frozenset(found)


def _everywhere(entries: Entries, law: Mapping[str, LawTable]) -> frozenset[Duration]:
    """Return every duration of the whole policy, backups after it and the clocks of its laws included."""
    of_law = (one for code in jurisdictions(entries) if code in law for one in _of_law(law[code], breach=True))
    said = (one for entry in entries.sound for one in _of(entry))
    return frozenset({*said, *_with_backups(entries, entries.sound), *of_law})


def _of(entry: Entry) -> Iterator[Duration]:
    values = entry.values
    if entry.kind == "collection":
        for _, period in build.periods(entry):
            yield _length(build.retention(period))
        if "cookie_days" in values:
            yield values["cookie_days"], "days"
    elif entry.kind == "duty":
        yield _length(build.retention(values["keeps"]))
    elif entry.kind == "backups":
        yield values["days"], "days"
    elif entry.kind in {"changes", "business_transfer"}:
        yield values["days_before"], "days"
    elif entry.kind == "recipient" and values["keeps_days"]:
        yield values["keeps_days"], "days"


def _with_backups(entries: Entries, here: list[Entry]) -> Iterator[Duration]:
    """Yield the days until the last copy in a backup is gone as well: period and backups together."""
    for backups in entries.of("backups"):
        for point in (entry for entry in here if entry.kind == "collection"):
            for _, period in build.periods(point):
                number, unit = _length(build.retention(period))
                if unit == "days":
                    yield number + backups.values["days"], unit


def _length(kept: Retention) -> Duration:
    return (kept.days, "days") if kept.days is not None else ((kept.months or 0) + 12 * (kept.years or 0), "months")


def _of_law(table: LawTable, *, breach: bool) -> set[Duration]:
    """Return the clocks of consumer requests, the window of free ones included, and those of a breach where it is spoken of.

    Rule (US-CA): 11 CCR 7021; Cal. Civ. Code § 1798.130, § 1798.82.
    """
    told = ("breach_people", "breach_authority", "breach_authority_after_notice") if breach else ()
    periods = {*table.request_periods, *(table.period(name) for name in told)} - {None}
    whole = (f"{period.number} {period.unit.removeprefix('calendar ')}" for period in periods if period)
    return {said.duration for words in whole for said in durations(words) if said.duration}


def promising(prose: Prose) -> tuple[str, ...]:
    """Return the sentences of a paragraph that promise something, each whole: a colon or semicolon ends none.

    Rule: Bus. & Prof. Code § 22576.
    """
    whole = [""]
    for _, part in sentences(prose):
        whole[-1] = f"{whole[-1]} {part}".strip()
        if not part.endswith((":", ";")):
            whole.append("")
    return tuple(sentence for sentence in whole if _PROMISE.search(sentence))
