"""Check that anyone who sends something can be found again, to be shown it or to have it erased, and by what.

Rule: Cal. Civ. Code § 1798.105, § 1798.110, § 1798.130(a)(3)(B).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from avow.definitions import FORMS, IdentifierKind, Technology
from avow.policy.findings.diagnostics import Diagnostic, diagnostic
from avow.policy.language.read import Entries, Entry
from avow.telephones import REGIONS

#: What finds somebody by what they wrote: a request is proved by a link to an address.
FINDS: Final = IdentifierKind.EMAIL


def _region(item: Entry) -> Iterator[Diagnostic]:
    region = item.values.get("region")
    if region is None:
        return
    if item.values.get("identifier") != IdentifierKind.PHONE:
        message = f'"{item.name}" is no telephone number, so no region says how it is read'
        yield diagnostic("AV0105", item.at("region"), message, f'add identifier = "{IdentifierKind.PHONE}", or remove region')
    elif region not in REGIONS:
        message = f'"{region}" is no country whose telephone numbers are known'
        yield diagnostic("AV0105", item.at("region"), message, 'write two capital letters of ISO 3166, as "US"')


def check_people(entries: Entries) -> Iterator[Diagnostic]:
    """Find forms, feeds and portals whose people no request would reach.

    Of files AV0319 says it, of authorisations AV0320, of subscriptions AV0704.

    And regions of telephone numbers that there are not. Rule: Cal. Civ. Code § 1798.105, § 1798.110.
    """
    for item in entries.of("data"):
        yield from _region(item)
    files = {item.name for item in entries.of("data") if "file" in item.values}
    found, numbers = _named(entries, FINDS), _named(entries, IdentifierKind.PHONE)
    name = min(found, default="email")
    agreed = {point.values["authorised_by"] for point in entries.of("collection") if "authorised_by" in point.values}
    for point in entries.of("collection"):
        taken, required = point.values["data"], set(point.values.get("required", ()))
        is_sent = Technology(point.values["technology"]) in FORMS | {Technology.FEED} and "collected_by" not in point.values
        is_authorised = point.name in agreed or "authorised_by" in point.values
        if not is_sent or is_authorised or files & set(taken) or found & required:
            continue
        if not found & set(taken):
            message = f'"{point.name}" asks for nothing by which its person could be found again'
            mend = f'add "{name}", an item with identifier = "{FINDS}", to its data; who wants to stay unknown may leave it empty'
            yield diagnostic("AV0326", point.at("data"), message, mend)
        elif (number := next((place for place, one in enumerate(taken) if one in numbers), None)) is not None:
            message = f'"{point.name}" finds people by a number, and does not require the address by which a request is proved'
            yield diagnostic("AV0326", point.at("data", number), message, f'add "{name}" to required')


def _named(entries: Entries, kind: IdentifierKind) -> set[str]:
    return {item.name for item in entries.of("data") if item.values.get("identifier") == kind}
