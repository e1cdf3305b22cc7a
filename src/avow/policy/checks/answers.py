"""Check what the answers to requests to know follow from: which item is never shown, and which records are not searched.

Rule: 11 CCR 7024(c), (d).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from avow.policy.findings.diagnostics import Diagnostic, diagnostic
from avow.policy.language.read import Entries, Entry
from avow.policy.language.vocabulary import NEVER_DISCLOSED, NEVER_DISCLOSED_BY, NONE_OF_THEM

#: Words in the label or the name of an item -> what it may be.
_SPOKEN: Final = (
    (re.compile(r"social[ -]security|\bssn\b", re.IGNORECASE), "social-security-number"),
    (re.compile(r"driv(?:er|ing)\W?s?[ -](?:licen[cs]e|permit)", re.IGNORECASE), "drivers-license"),
    (re.compile(r"passport|identity[ -]card|tax[ -](?:id|number)|visa[ -]number|\bitin\b", re.IGNORECASE), "government-id"),
    (re.compile(r"(?:account|routing|card)[ -]number|\biban\b|sort[ -]code", re.IGNORECASE), "financial-account"),
    (re.compile(r"insurance[ -](?:id|number)|medical[ -](?:id|record)|member[ -]id|medicare", re.IGNORECASE), "medical-id"),
    (re.compile(r"passw|passcode|\bpin\b", re.IGNORECASE), "password"),
    (re.compile(r"security[ -](?:question|answer)|maiden[ -]name", re.IGNORECASE), "security-answers"),
    (re.compile(r"biometric|fingerprint|face[ -]?(?:print|scan)|iris|voice[ -]?print", re.IGNORECASE), "biometric"),
)
#: The four facts because of which records need not be searched. Rule: 11 CCR 7024(c)(1)-(4).
FACTS: Final = ("not_searched", "not_searchable", "legal_only", "no_commercial_use")


def check_answers(entries: Entries) -> Iterator[Diagnostic]:
    """Find items that may be one of the eight kinds and do not say, and records that are left unsearched without all four facts.

    Rule: 11 CCR 7024(c), (d).
    """
    for item in entries.of("data"):
        if "never_disclose" not in item.values:
            yield from _unsaid(item)
    third = {one.name for one in entries.of("recipient") if one.values["role"] == "third-party" or one.values.get("own_use")}
    for point in entries.of("collection"):
        yield from _unsearched(point, third)


def _unsaid(item: Entry) -> Iterator[Diagnostic]:
    by_law = NEVER_DISCLOSED_BY.get(item.values.get("sensitive", "")) or NEVER_DISCLOSED_BY.get(item.values["category"])
    words = f"{item.values['label']} {item.name}"
    spoken = next((kind for pattern, kind in _SPOKEN if pattern.search(words)), None)
    if (kind := spoken or by_law) is not None:
        message = f'"{item.name}" may be {NEVER_DISCLOSED[kind]}, and does not say whether an answer shows it'
        mend = f'add never_disclose = "{kind}", another of the eight kinds, or "{NONE_OF_THEM}" if it is none of them'
        yield diagnostic("AV0332", item.at("label"), message, mend)


def _unsearched(point: Entry, third: set[str]) -> Iterator[Diagnostic]:
    said = [key for key in FACTS if key in point.values]
    missing = [key for key in FACTS if key not in point.values]
    if said and missing:
        message = f'"{point.name}" says {len(said)} of the four facts, so its records are searched all the same'
        mend = f"add {', '.join(missing)} where it is true, or remove {', '.join(said)}"
        yield diagnostic("AV0333", point.at(said[0]), message, mend)
    given = [name for name in point.values.get("recipients", ()) if name in third]
    if said and not missing and given:
        message = f'"{point.name}" is not searched because nobody gains by it, and "{given[0]}" gets it as a third party'
        yield diagnostic("AV0334", point.at("no_commercial_use"), message, "remove the four facts, or the recipient")
