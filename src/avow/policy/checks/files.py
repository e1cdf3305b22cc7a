"""Check the data items that are files, and the text that must not hold what nobody should keep.

A file is found, given out and erased with the person who sent it, so a form that takes one must know whose it is.
Rule: Cal. Civ. Code § 1798.105, § 1798.110.
"""

from __future__ import annotations

from collections.abc import Iterator

from avow.definitions import FORMS, Technology
from avow.policy.findings.diagnostics import Diagnostic, diagnostic
from avow.policy.language.read import Entries, Entry


def check_files(entries: Entries) -> Iterator[Diagnostic]:
    """Find files that nobody could find again, and items that say what only text or only files can hold.

    Rule: Cal. Civ. Code § 1798.105, § 1798.110.
    """
    for item in entries.of("data"):
        yield from _kind(item)
    files = {item.name for item in entries.of("data") if "file" in item.values}
    emails = {item.name for item in entries.of("data") if item.values.get("identifier") == "email"}
    for point in entries.of("collection"):
        taken = [place for place, name in enumerate(point.values["data"]) if name in files]
        if not taken or "collected_by" in point.values:
            continue
        name = point.values["data"][taken[0]]
        if Technology(point.values["technology"]) not in FORMS | {Technology.FEED}:
            message = f'"{name}" is a file, and "{point.name}" is no form and no feed'
            mend = 'take files by technology = "form", "careers-portal" or "feed", or take it out of this collection point'
            yield diagnostic("AV0319", point.at("data", taken[0]), message, mend)
        elif not emails & set(point.values.get("required", ())):
            message = f'"{point.name}" takes the file "{name}" and does not ask whose it is'
            yield diagnostic("AV0319", point.at("data", taken[0]), message, _whose(emails))


def check_authorisations(entries: Entries) -> Iterator[Diagnostic]:
    """Find authorisations that could not be found on file. Rule: 15 U.S.C. 1681b(b)(2): in writing, before the report."""
    points = {point.name: point for point in entries.of("collection")}
    emails = {item.name for item in entries.of("data") if item.values.get("identifier") == "email"}
    for recipient in entries.of("recipient"):
        form = points.get(recipient.values.get("needs_authorisation", ""))
        if form is not None:
            yield from _authorises(recipient, "needs_authorisation", form, emails)
    for point in points.values():
        form = points.get(point.values.get("authorised_by", ""))
        if form is None:
            continue
        if point.values["technology"] != Technology.FEED:
            message = f'"{point.name}" is no feed, and only what a feed brings is held against an authorisation'
            yield diagnostic("AV0320", point.at("authorised_by"), message, "remove authorised_by")
        if not emails & set(point.values.get("required", ())):
            yield _nobodys(point, "authorised_by", point, emails)
        else:
            yield from _authorises(point, "authorised_by", form, emails)


def _authorises(entry: Entry, key: str, form: Entry, emails: set[str]) -> Iterator[Diagnostic]:
    """Check that a person can agree by the form that an entry names, and is found by it. Rule: 15 U.S.C. 1681b(b)(2)."""
    if Technology(form.values["technology"]) not in FORMS or "collected_by" in form.values:
        message = f'"{form.name}" is no form of ours, so nobody can agree by it'
        yield diagnostic("AV0320", entry.at(key), message, "name a form in which a person agrees in writing")
    elif not emails & set(form.values.get("required", ())):
        yield _nobodys(entry, key, form, emails)


def _nobodys(entry: Entry, key: str, point: Entry, emails: set[str]) -> Diagnostic:
    message = f'"{point.name}" does not ask whose it is, so no authorisation can be found'
    return diagnostic("AV0320", entry.at(key), message, _whose(emails))


def _whose(emails: set[str]) -> str:
    name = min(emails, default="email")
    return f'add "{name}" to its data and to required: by it the file is found, given out and erased'


def _kind(item: Entry) -> Iterator[Diagnostic]:
    """Check that nothing is said of an item that it cannot hold."""
    values = item.values
    if "file" in values:
        for key in ("identifier", "max_length", "never"):
            if key in values:
                message = f'"{item.name}" is a file, so it has no "{key}"'
                yield diagnostic("AV0319", item.at(key), message, f"remove {key}, or declare the text as an item of its own")
    if "on_found" in values and "never" not in values:
        message = f'"{item.name}" says what happens to text that nothing is looked for in'
        yield diagnostic("AV0319", item.at("on_found"), message, 'add never = ["card-number", "social-security-number"]')
