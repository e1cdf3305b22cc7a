"""Check the items by which a person is known to be under 16: what nobody is asked for tells nobody's age.

Rule: Cal. Civ. Code § 1798.120(c): no sale or sharing of who is known to be younger, and to disregard an age is to know it.
"""

from __future__ import annotations

from collections.abc import Iterator

from avow.definitions import FORMS, Technology
from avow.policy.findings.diagnostics import Diagnostic, diagnostic
from avow.policy.language.read import Entries

#: What cannot hold an age: who it is, or a file.
_OTHERWISE = ("identifier", "file")


def check_ages(entries: Entries) -> Iterator[Diagnostic]:
    """Find items that are said to tell an age and cannot. Rule: Cal. Civ. Code § 1798.120(c)."""
    asked = {
        name
        for point in entries.of("collection")
        if Technology(point.values["technology"]) in FORMS and "collected_by" not in point.values
        for name in point.values["data"]
    }
    for item in entries.of("data"):
        if "says_age" not in item.values:
            continue
        other = next((key for key in _OTHERWISE if key in item.values), None)
        if other:
            message = f'"{item.name}" has "{other}", so it holds no age'
            yield diagnostic("AV0331", item.at("says_age"), message, "ask for the age by an item of its own")
        elif entries.is_whole("collection") and item.name not in asked:
            message = f'no form of ours asks for "{item.name}", so nobody is known by it to be under 16'
            mend = 'add it to the data of a point by technology = "form" or "careers-portal", or remove says_age'
            yield diagnostic("AV0331", item.at("says_age"), message, mend)
