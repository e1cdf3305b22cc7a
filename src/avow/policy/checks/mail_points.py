"""What this version can carry out of e-mail: who subscribes by which address, and what a clear GIF can tell.

A subscription is found by an address that its owner confirmed. A clear GIF and the links of a mailing say which mailing it
was, which link was followed, and what the mail program's own request tells; nothing else comes back from an e-mail.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from avow.definitions import READABLE_CATEGORIES, SERVER_FIELDS, Technology
from avow.policy.findings.diagnostics import Diagnostic, diagnostic
from avow.policy.language.read import Entries, Entry

#: The item that says which mailing was opened.
MAILING: Final = "mailing"
#: What a clear GIF and a followed link can tell, beside whose e-mail it was.
TOLD: Final = frozenset({MAILING, "link-followed", "browser", "operating-system", "device-type", "country"})


def check_mail_point(entries: Entries, point: Entry) -> Iterator[Diagnostic]:
    """Find what this version cannot carry out at a point by e-mail or clear GIF. Rule: Bus. & Prof. Code § 22576."""
    items = {item.name: item.values for item in entries.of("data")}
    addresses = {name for name, item in items.items() if item.get("identifier") == "email"}
    if point.values["technology"] == Technology.EMAIL:
        yield from _subscription(entries, point, addresses)
    else:
        yield from _clear_gif(point, items, addresses)


def _subscription(entries: Entries, point: Entry, addresses: set[str]) -> Iterator[Diagnostic]:
    items = {item.name: item.values for item in entries.of("data")}
    if not addresses & set(point.values.get("required", ())):
        message = f'"{point.name}" takes subscriptions, and no e-mail address is required'
        yield diagnostic(
            "AV0704", point.at("technology"), message, 'add an item with identifier = "email" to data and to required'
        )
    for place, name in enumerate(point.values["data"]):
        if name in SERVER_FIELDS or "file" in items.get(name, {}) or items.get(name, {}).get("identifier") == "visitor":
            message = f'a subscription is what a person writes into a form, and "{name}" is not'
            yield diagnostic("AV0704", point.at("data", place), message, "take it out of the subscription")
    kinds = {message.name: message.values["kind"] for message in entries.of("message")}
    for place, name in enumerate(point.values.get("on", ())):
        if kinds.get(name, "email") != "email":
            message = f'this version sends e-mails, and "{name}" is a {kinds[name]}'
            yield diagnostic("AV0704", point.at("on", place), message, "take it out, or wait for a version that sends it")


def _clear_gif(point: Entry, items: dict[str, dict[str, object]], addresses: set[str]) -> Iterator[Diagnostic]:
    data = point.values["data"]
    if MAILING not in data:
        message = f'"{point.name}" does not say which mailing was opened, so nobody could count'
        yield diagnostic("AV0704", point.at("data"), message, f'add "{MAILING}", an item of category F')
    for place, name in enumerate(data):
        if name not in TOLD | addresses:
            message = f'a clear GIF does not tell "{name}"'
            yield diagnostic(
                "AV0704", point.at("data", place), message, f"it tells {', '.join(sorted(TOLD))}, and whose e-mail it was"
            )
        elif name == MAILING and items.get(name, {}).get("category", "F") not in READABLE_CATEGORIES:
            message = f'"{name}" says which mailing it was, nothing about a person'
            yield diagnostic("AV0704", point.at("data", place), message, f'write category = "F" in [data.{name}]')
