"""Check what who asks for their data may be asked, and whether it is enough for what the policy offers by form.

Rule: 11 CCR 7060(c), (d) (match what is held, ask for nothing new or sensitive), 7062 (how many data points).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from avow.definitions import IdentifierKind
from avow.policy.findings.diagnostics import Diagnostic, diagnostic
from avow.policy.language.read import Entries, Entry
from avow.policy.language.vocabulary import LEVELS
from avow.policy.law import LawTable

#: What of an item forbids to ask for it -> why.
_NEVER: Final[Mapping[str, str]] = {
    "sensitive": "it is sensitive, and nobody is asked for such a thing to prove who they are",
    "says_age": "a date of birth or an age is never asked to prove who somebody is",
    "never_disclose": "such a number is never asked to prove who somebody is; `confirm-identifier` answers by yes or no",
    "file": "it is a file, which nobody can type",
}
#: What is proved by other means than by typing it.
_PROVED: Final[Mapping[str, str]] = {
    IdentifierKind.EMAIL: "the link that is sent to the address proves it",
    IdentifierKind.VISITOR: "the cookie of the browser proves it",
}


def check_matching(entries: Entries, law: Mapping[str, LawTable]) -> Iterator[Diagnostic]:
    """Find items that cannot be asked, and rights whose degree nobody can reach by form. Rule: 11 CCR 7060(c), (d), 7062."""
    for item in entries.of("data"):
        if "match" in item.values:
            yield from _item(item, entries)
    if entries.is_whole("collection") and entries.is_whole("data"):
        for right in entries.of("right"):
            yield from _right(right, entries, law)


def _item(item: Entry, entries: Entries) -> Iterator[Diagnostic]:
    values = item.values
    because = next(
        (why for key, why in _NEVER.items() if values.get(key, "none") != "none"), _PROVED.get(values.get("identifier", ""), "")
    )
    if because:
        yield diagnostic("AV0715", item.at("match"), f'"{item.name}" is no question: {because}', "remove match")
    elif entries.is_whole("collection") and not any(item.name in data for data in _with_address(entries)):
        message = (
            f'no collection point takes "{item.name}" together with an e-mail address, so it is held of nobody who could ask'
        )
        yield diagnostic(
            "AV0715", item.at("match"), message, "add it to the data of a point that takes an e-mail address, or remove match"
        )


def _right(right: Entry, entries: Entries, law: Mapping[str, LawTable]) -> Iterator[Diagnostic]:
    """Find a right by form whose degree nobody reaches; a policy that asks nothing leaves it to staff.

    Rule: 11 CCR 7062(c), (g).
    """
    values, name = right.values, right.name
    if values.get("by_people") or "web" not in values["methods"]:
        return
    tables = [table for code, table in law.items() if code in values.get("jurisdictions", law)]
    wanted = max((table.know_specific_points for table in tables), default=0) if name == "know" else 0
    if values["level"] == "reasonably-high":
        wanted = max(wanted, *(table.high_points for table in tables), 0)
    asked = {item.name for item in entries.of("data") if "match" in item.values and not any(_item(item, entries))}
    if not asked and values["level"] != "reasonably-high":
        return
    most = 1 + max((len(asked & data) for data in _with_address(entries)), default=0)
    if most < wanted and any(_with_address(entries)):
        words = LEVELS["reasonably-high"]
        need = f'of {wanted} data points that "{name}" needs, {most} can be proved'
        message = f"nobody who wrote can be verified {words} by form: {need}"
        mend = "give items that forms take next to an e-mail address a match, so that they can be asked; else staff decide"
        yield diagnostic("AV0716", right.at("level"), message, mend)


def _with_address(entries: Entries) -> list[frozenset[str]]:
    """Return the data of each point that takes an e-mail address, by which who wrote there is found."""
    addresses = {item.name for item in entries.of("data") if item.values.get("identifier") == IdentifierKind.EMAIL}
    return [frozenset(point.values["data"]) for point in entries.of("collection") if addresses & set(point.values["data"])]
