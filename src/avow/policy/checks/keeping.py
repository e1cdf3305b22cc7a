"""Check what duties and exceptions keep beyond an erasure: that the law has them, and that they find what they keep.

Rule: Cal. Civ. Code § 1798.105(d), § 1798.145; 11 CCR 7022(f). Why: decision 0080.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from avow.definitions import LETTERS, Technology
from avow.policy.findings.diagnostics import Diagnostic, diagnostic
from avow.policy.language.read import Entries, Entry, did_you_mean
from avow.policy.language.vocabulary import DECLARED_EXCEPTIONS, LEGAL_OBLIGATION, SOURCES
from avow.policy.law import LawTable

#: What is kept as single records with fields: a recording has none, and what a browser keeps is not here.
_KEPT: Final = LETTERS | {
    Technology.TAG,
    Technology.WEB_BEACON,
    Technology.PIXEL,
    Technology.CLEAR_GIF,
    Technology.SERVER_LOG,
    Technology.CONVERSATION,
}
#: The exception of what was not collected from the person.
_NOT_FROM_THEM: Final = "F1"


def check_keeping(entries: Entries, law: Mapping[str, LawTable]) -> Iterator[Diagnostic]:
    """Find duties that keep nothing, or under no exception; and exceptions of the right to delete that no duty declares."""
    points: dict[str, list[Entry]] = {}
    for point in entries.of("collection"):
        for name in point.values.get("duties", ()):
            points.setdefault(name, []).append(point)
    for duty in entries.of("duty"):
        yield from _exception(duty, law)
        if duty.name in points:
            yield from _fields(duty, points[duty.name])
            yield from _points(duty, points[duty.name])
    yield from _promised(entries, points)


def _code(duty: Entry) -> str:
    return str(duty.values.get("exception", LEGAL_OBLIGATION))


def _exception(duty: Entry, law: Mapping[str, LawTable]) -> Iterator[Diagnostic]:
    """Rule: Cal. Civ. Code § 1798.105(d), § 1798.145: only as an exception of the law, and one whose facts are known before."""
    code = _code(duty)
    if code in DECLARED_EXCEPTIONS:
        return
    known = {one.code for table in law.values() for one in table.exceptions}
    if code in known:
        message = f'"{code}" weighs one case, and "{duty.name}" would use it for every record'
        mend = "a person decides it, request by request; remove the duty, or name another exception"
    else:
        message, mend = f'the law has no exception "{code}" from deletion', did_you_mean(code, DECLARED_EXCEPTIONS)
    yield diagnostic("AV0718", duty.at("exception"), message, mend)


def _fields(duty: Entry, points: list[Entry]) -> Iterator[Diagnostic]:
    """Rule: 11 CCR 7022(f): what is kept is named, and only what is needed."""
    taken = {name for point in points for name in point.values["data"]}
    for place, name in enumerate(duty.values["fields"]):
        if name not in taken:
            message = f'"{duty.name}" keeps "{name}", which none of its points takes'
            yield diagnostic("AV0719", duty.at("fields", place), message, f'{did_you_mean(name, taken)} - or remove "{name}"')


def _points(duty: Entry, points: list[Entry]) -> Iterator[Diagnostic]:
    for point in points:
        place = point.values["duties"].index(duty.name)
        why = _why_not(duty, point)
        if why:
            message = f'"{duty.name}" keeps nothing of "{point.name}": {why}'
            yield diagnostic("AV0720", point.at("duties", place), message, f'remove "{duty.name}" here')


def _why_not(duty: Entry, point: Entry) -> str:
    """Return why a duty can keep nothing of a point; "" when it can."""
    if "collected_by" in point.values:
        return f'"{point.values["collected_by"]}" has the records'
    if point.values["technology"] not in _KEPT:
        return f'what comes by "{point.values["technology"]}" has no single fields here'
    if _code(duty) == _NOT_FROM_THEM and point.values["source"] in SOURCES:
        return "it is collected from the person, and F1 is about what is not"
    return ""


def _promised(entries: Entries, points: Mapping[str, list[Entry]]) -> Iterator[Diagnostic]:
    """Check that the right to delete names the exceptions that duties use, and no others but what staff weigh case by case.

    Rule: 11 CCR 7022(f).
    """
    used = {_code(duty): duty for duty in entries.of("duty") if duty.name in points and _code(duty) in DECLARED_EXCEPTIONS}
    for right in entries.of("right"):
        if right.name != "delete" or right.values.get("by_people", False):
            continue
        named = right.values.get("exceptions", ())
        for code in sorted(used.keys() - set(named)):
            message = f'"{used[code].name}" keeps records under the exception "{code}", and the right to delete does not say so'
            mend = f'add "{code}" to the exceptions of [right.delete]'
            yield diagnostic("AV0721", right.here, message, mend)
        for place, code in enumerate(named):
            if code in DECLARED_EXCEPTIONS - used.keys():
                message = f'the right to delete names the exception "{code}", and no duty says what is kept under it'
                mend = f'remove it, or declare what is kept: [duty.NAME] with exception = "{code}", named by a point'
                yield diagnostic("AV0721", right.at("exceptions", place), message, mend)
