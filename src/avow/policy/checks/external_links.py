"""Check external links: whether the collection points that they name can hold what the policy says of a click.

What these points are for: `rulebook.conversions`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from avow.definitions import SERVER_FIELDS, Technology
from avow.policy.findings.diagnostics import Diagnostic, diagnostic
from avow.policy.language.read import Entries, Entry
from avow.policy.language.vocabulary import SOURCES
from avow.policy.rulebook.conversions import CLICK_FIELDS, CLICK_ID, LINKED, VISITOR_ID

_PARAMETER: Final = re.compile(r"[A-Za-z][A-Za-z0-9_.-]{0,39}")


def linked(entries: Entries) -> frozenset[str]:
    """Return the collection points that external links name."""
    return frozenset(link.values[key] for link in entries.of("external_link") for key in LINKED if key in link.values)


def check_links(entries: Entries) -> Iterator[Diagnostic]:
    """Find external links whose clicks or reports cannot be what the policy says of them.

    Rule: Cal. Civ. Code § 1798.100(a)(1) (the notice says what is collected), § 1798.130(a)(5)(B) (who receives it is named).
    """
    points = {point.name: point for point in entries.of("collection")}
    taken: set[str] = set()
    for link in entries.of("external_link"):
        for key in LINKED:
            point = points.get(link.values.get(key, ""))
            if point is None:
                continue
            if point.name in taken:
                message = f'"{point.name}" belongs to another link already, and nobody could tell whose clicks it holds'
                yield diagnostic("AV0325", link.at(key), message, "give each link collection points of its own")
            taken.add(point.name)
            yield from _point(entries, link, key, point)
        yield from _handed_over(link, points)


def _point(entries: Entries, link: Entry, key: str, point: Entry) -> Iterator[Diagnostic]:
    """Check one collection point that a link names."""
    if point.values["technology"] != Technology.PIXEL or "collected_by" in point.values:
        message = f'"{point.name}" is no pixel of our own, so nothing of the link "{link.name}" can be kept there'
        yield diagnostic("AV0325", link.at(key), message, 'name a collection point with technology = "pixel"')
    its_own = point.values["source"] in SOURCES
    if its_own is (key == "reports"):
        who = "another company reports to it" if its_own else "our own server counts it"
        mend = "declare the other company as a [source.name], and name it" if its_own else 'write source = "device"'
        yield diagnostic("AV0325", point.at("source"), f'"{point.name}" has another source: {who}', mend)
    allowed = CLICK_FIELDS if key == "clicks" else None
    for place, name in enumerate(point.values["data"]):
        is_known = name in allowed if allowed else name not in SERVER_FIELDS or name == VISITOR_ID
        if name in entries.declared("data") and not is_known:
            message = f'nothing writes "{name}" of a click' if allowed else f'nobody can report "{name}": the server fills it in'
            yield diagnostic("AV0325", point.at("data", place), message, "take it out of this collection point")


def _handed_over(link: Entry, points: dict[str, Entry]) -> Iterator[Diagnostic]:
    """Check that a click's number can go out with the link, and come back with a report."""
    values, clicks = link.values, points.get(link.values.get("clicks", ""))
    wanted = [key for key in ("recipient", "parameter", "reports") if key in values]
    missing = [key for key in ("clicks", "recipient", "parameter") if key not in values]
    if wanted and missing:
        message = f'"{link.name}" says "{wanted[0]}" and not "{missing[0]}": no number of a click goes out and comes back'
        yield diagnostic("AV0325", link.at(wanted[0]), message, f"add {missing[0]}, or remove {', '.join(wanted)}")
    if "parameter" in values and not _PARAMETER.fullmatch(values["parameter"]):
        message = f'"{values["parameter"]}" is no name of a parameter'
        yield diagnostic("AV0325", link.at("parameter"), message, 'write letters, digits, "_", "." and "-", as "click"')
    if clicks is None or "recipient" not in values:
        return
    if values["recipient"] not in clicks.values.get("recipients", ()):
        message = f'"{values["recipient"]}" gets the number of a click, and "{clicks.name}" does not say so'
        mend = f'add recipients = ["{values["recipient"]}"] to collection.{clicks.name}'
        yield diagnostic("AV0325", link.at("recipient"), message, mend)
    if CLICK_ID not in clicks.values["data"]:
        message = f'"{clicks.name}" has no "{CLICK_ID}", which is what "{values["recipient"]}" gets'
        yield diagnostic("AV0325", clicks.at("data"), message, f'add "{CLICK_ID}" to its data')
    reports = points.get(values.get("reports", ""))
    if reports is not None and not set(reports.values["purposes"]) <= set(clicks.values["purposes"]):
        message = f'"{reports.name}" has a purpose that "{clicks.name}" does not have, so nobody was asked about it at the click'
        yield diagnostic("AV0325", reports.at("purposes"), message, f"take purposes of {clicks.name}, and no others")
