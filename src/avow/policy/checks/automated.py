"""Check what a policy says of significant decisions that a program takes or replaces: notice before its use, opt-out, access.

Where the law is not in force yet on the policy's first day, what is missing is a warning that names the day.
Rule: 11 CCR 7200, 7220 (notice before its use), 7221 (two ways to opt out), 7222 (access); LAW.md ADM-01, APP-06.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date

from avow.definitions import LETTERS, Technology
from avow.policy.checks.requirements import jurisdictions
from avow.policy.findings.diagnostics import Diagnostic, diagnostic
from avow.policy.language.read import Entries, Entry
from avow.policy.law import LawTable
from avow.policy.rulebook import scores

_RIGHT = "automated-decision"


def check_automated(entries: Entries, law: Mapping[str, LawTable], today: date) -> Iterator[Diagnostic]:
    """Find automated decisions without what the law asks for, and what looks like one and is not said to be. Rule: see above."""
    points = {point.name: point for point in entries.of("collection")}
    for decision in entries.of("automated_decision"):
        for place, name in enumerate(decision.values["collections"]):
            if name in points and not points[name].values.get("admt", False):
                message = f'"{name}" is said to be used by "{decision.name}", and does not say so itself'
                yield diagnostic("AV0727", decision.at("collections", place), message, f"add admt = true to [collection.{name}]")
    tables = [law[code] for code in jurisdictions(entries) if code in law and law[code].automated_from]
    for point in points.values():
        if point.values.get("admt", False):
            yield from _lacks(entries, point, tables, today)
        elif "admt" not in point.values and Technology(point.values["technology"]) in LETTERS:
            yield from _looks(point)


def _lacks(entries: Entries, point: Entry, tables: list[LawTable], today: date) -> Iterator[Diagnostic]:
    """Yield what a point with an automated decision lacks: an error from the law's day on, a warning before."""
    if not tables or not entries.is_whole("automated_decision") or not entries.is_whole("right"):
        return
    starts = min(one.automated_from for one in tables if one.automated_from)
    missing = list(_missing(entries, point, max(one.automated_methods for one in tables)))
    if not missing:
        return
    first = max([today, *(policy.values["effective"] for policy in entries.of("policy"))])
    code, when = ("AV0725", f"since {starts}") if first >= starts else ("AV0726", f"from {starts}")
    message = f'a program decides by "{point.name}", which {when} needs {" and ".join(said for said, _ in missing)}'
    yield diagnostic(code, point.at("admt"), message, "; ".join(mend for _, mend in missing))


def _missing(entries: Entries, point: Entry, methods: int) -> Iterator[tuple[str, str]]:
    """Yield what is missing, and how to mend it."""
    if not any(point.name in one.values["collections"] for one in entries.of("automated_decision")):
        yield "a notice before its use", f'add [automated_decision.NAME] with collections = ["{point.name}"]'
    right = next((one for one in entries.of("right") if one.name == _RIGHT), None)
    gives = tuple(right.values.get("gives", ())) if right else ()
    if right is None or "opt-out" not in gives or len(right.values["methods"]) < methods:
        yield f"{methods} ways to opt out", f'add [right.{_RIGHT}] with {methods} methods and gives = ["opt-out", "access"]'
    if "access" not in gives:
        yield "access to how it decided", f'add "access" to gives of [right.{_RIGHT}]'


def _looks(point: Entry) -> Iterator[Diagnostic]:
    """Yield items that look like a program's result, where the policy does not say whether they decide something."""
    for place, name in enumerate(point.values["data"]):
        if scores.looks_like_one(name):
            message = f'"{name}" looks like a score or a decision, and "{point.name}" does not say what a program decides by it'
            mend = "add admt = true with [automated_decision.NAME], or admt = false if no program decides anything by it"
            yield diagnostic("AV0728", point.at("data", place), message, mend)
