"""Check that whoever sends something can be found again, to be shown it or to have it erased.

Rule: Cal. Civ. Code § 1798.105, § 1798.110, § 1798.130(a)(3)(B).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from avow.definitions import FORMS, IdentifierKind, Technology
from avow.policy.diagnostics import Diagnostic, diagnostic
from avow.policy.read import Entries

#: What finds somebody by what they wrote: a request is proved by a link to an address.
FINDS: Final = IdentifierKind.EMAIL


def check_people(entries: Entries) -> Iterator[Diagnostic]:
    """Find forms, feeds and portals whose people no request would reach.

    Of files AV0319 says it, of authorisations AV0320, of subscriptions AV0704.

    Rule: Cal. Civ. Code § 1798.105, § 1798.110.
    """
    files = {item.name for item in entries.of("data") if "file" in item.values}
    found = {item.name for item in entries.of("data") if item.values.get("identifier") == FINDS}
    name = min(found, default="email")
    agreed = {point.values["authorised_by"] for point in entries.of("collection") if "authorised_by" in point.values}
    for point in entries.of("collection"):
        is_sent = Technology(point.values["technology"]) in FORMS | {Technology.FEED} and "collected_by" not in point.values
        is_authorised = point.name in agreed or "authorised_by" in point.values
        if not is_sent or is_authorised or (found | files) & set(point.values["data"]):
            continue
        message = f'"{point.name}" asks for nothing by which its person could be found again'
        mend = f'add "{name}", an item with identifier = "{FINDS}", to its data; who wants to stay unknown may leave it empty'
        yield diagnostic("AV0326", point.at("data"), message, mend)
