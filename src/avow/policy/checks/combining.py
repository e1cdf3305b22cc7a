"""Check what purposes combine: whether records of one person can be told, and whether that person is asked.

Rule: Cal. Civ. Code § 1798.100(a)(1), (c), § 1798.121; 11 CCR 7002, 7027(m). Why: decision 0067.
"""

from __future__ import annotations

from collections.abc import Iterator

from avow.definitions import FORMS, LETTERS, IdentifierKind, Technology
from avow.policy.findings.diagnostics import Diagnostic, diagnostic
from avow.policy.language.read import Entries, Entry
from avow.policy.language.vocabulary import SENSITIVE
from avow.policy.law import rules
from avow.policy.rulebook.combining import finding
from avow.policy.rulebook.conversions import VISITOR_ID


def check_combining(entries: Entries) -> Iterator[Diagnostic]:
    """Find purposes that combine what they may not, or what nothing shows to be of one person; and forms that note for nothing.

    Rule: Cal. Civ. Code § 1798.100(a)(1), (c): only what the purpose was told for, and needs.
    """
    points = {point.name: point for point in entries.of("collection")}
    for purpose in entries.of("purpose"):
        named = purpose.values.get("combines", ())
        if named and all(name in points for name in named):  # any other is reported as not declared, or is broken itself
            yield from _purpose(entries, purpose, [points[name] for name in named])
    for point in points.values():
        yield from _noted(entries, point)


def _purpose(entries: Entries, purpose: Entry, combined: list[Entry]) -> Iterator[Diagnostic]:
    """Report one mistake of a purpose: the first point that does not serve it, else each that nothing joins, else who asks."""
    strangers = [(place, one) for place, one in enumerate(combined) if purpose.name not in one.values["purposes"]]
    if strangers:
        place, point = strangers[0]
        message = f'"{point.name}" is not collected for "{purpose.name}", so it may not be combined for it'
        mend = f'add "{purpose.name}" to the purposes of [collection.{point.name}], or take it out of combines'
        yield diagnostic("AV0305", purpose.at("combines", place), message, mend)
        return
    found = {point.name: _found_by(entries, point, purpose.name) for point in combined}
    alone = [(place, name) for place, name in enumerate(found) if not found[name] & _by_others(found, name)]
    if len(alone) == len(combined):
        named = " and ".join(f'"{name}"' for name in found)
        message = f"nothing shows which records of {named} are of one person"
        mend = f'let them take the same identifier for "{purpose.name}": "{VISITOR_ID}", or an address; or remove combines'
        yield diagnostic("AV0327", purpose.at("combines"), message, mend)
        return
    for place, name in alone:
        message = f'nothing shows which records of "{name}" and of the others are of one person'
        mend = f'let "{name}" and another of them take the same identifier for "{purpose.name}", or take it out of combines'
        yield diagnostic("AV0327", purpose.at("combines", place), message, mend)
    if not alone:
        yield from _asked(purpose, combined, found)
        yield from _sensitive(entries, purpose, combined)


def _found_by(entries: Entries, point: Entry, purpose: str) -> frozenset[IdentifierKind]:
    """Return by what the records of a point are found for a purpose."""
    if "collected_by" in point.values or any(right.values.get("form") == point.name for right in entries.of("right")):
        return frozenset()  # nothing of it is here; or it is a request's, which serves nothing else
    kinds = {item.name: item.values.get("identifier") for item in entries.of("data")}
    needed = {name: kinds.get(name) for name in _needed(point, purpose)}
    return finding(Technology(point.values["technology"]), needed)


def _needed(point: Entry, purpose: str) -> list[str]:
    """Return the items of a point that a purpose needs."""
    only = point.values.get("only", {})
    return [name for name in point.values["data"] if purpose in only.get(name, point.values["purposes"])]


def _by_others(found: dict[str, frozenset[IdentifierKind]], name: str) -> frozenset[IdentifierKind]:
    return frozenset().union(*(kinds for other, kinds in found.items() if other != name))


def _asked(purpose: Entry, combined: list[Entry], found: dict[str, frozenset[IdentifierKind]]) -> Iterator[Diagnostic]:
    """Report what is joined by a browser's number with what its person wrote, unless they decide about it.

    Nobody who writes to a company expects that it looks up what they did before. Rule: 11 CCR 7002.
    """
    letters = [one.name for one in combined if Technology(one.values["technology"]) in LETTERS]
    by_number = any(IdentifierKind.VISITOR in found[name] for name in letters)
    if by_number and purpose.values.get("choice", "none") == "none":
        message = f'"{purpose.name}" puts what a browser told next to what its person wrote, and nobody can say no'
        mend = f'write choice = "consent" in [purpose.{purpose.name}], or "opt-out"'
        yield diagnostic("AV0328", purpose.at("combines"), message, mend)


def _sensitive(entries: Entries, purpose: Entry, combined: list[Entry]) -> Iterator[Diagnostic]:
    """Report sensitive information that is combined for a use that the law does not name. Rule: 11 CCR 7027(m)."""
    if "sensitive_use" in purpose.values:
        return
    sensitive = {item.name for item in entries.of("data") if item.values.get("sensitive") in SENSITIVE}
    for place, point in enumerate(combined):
        held = [name for name in _needed(point, purpose.name) if name in sensitive]
        if held:
            message = f'"{held[0]}" of "{point.name}" is sensitive, and is combined with what else is known of its person'
            mend = (
                f"keep it from this purpose: only = {{ {held[0]} = [...] }}; or add sensitive_use where {rules.SENSITIVE_USES} "
                "allows it"
            )
            yield diagnostic("AV0329", purpose.at("combines", place), message, mend)


def _noted(entries: Entries, form: Entry) -> Iterator[Diagnostic]:
    """Report a form that notes which browser it came from for a purpose that combines nothing of it. Rule: § 1798.100(c)."""
    values = form.values
    if Technology(values["technology"]) not in FORMS or VISITOR_ID not in values["data"] or "collected_by" in values:
        return
    combining = {one.name for one in entries.of("purpose") if form.name in one.values.get("combines", ())}
    sound = {one.name for one in entries.of("purpose")}
    wanting = values.get("only", {}).get(VISITOR_ID, values["purposes"])
    beyond = [name for name in wanting if name in sound and name not in combining]
    if beyond:
        message = f'"{form.name}" notes which browser it came from for "{beyond[0]}", which combines nothing by it'
        kept = ", ".join(f'"{name}"' for name in wanting if name in combining)
        mend = f"write only = {{ {VISITOR_ID} = [{kept}] }}" if kept else f'take "{VISITOR_ID}" out of its data'
        yield diagnostic("AV0330", form.at("data", values["data"].index(VISITOR_ID)), message, mend)
