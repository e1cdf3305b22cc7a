"""Check what can be read: the names meet, and the policy as a whole says what the law asks of it.

Prose against declarations is checked in `prose`. Checks look at sound entries only, and stay silent about a name whose
declaration is broken, so that one mistake is reported once.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import date
from typing import Final

from avow.policy import build
from avow.policy.diagnostics import Diagnostic, Span, diagnostic
from avow.policy.grammar import REQUIRED_RIGHTS, REQUIRED_TABLES
from avow.policy.law import LawTable
from avow.policy.law.counting import add_months
from avow.policy.parse import PLACEHOLDER, Document
from avow.policy.promises import check_promises
from avow.policy.prose import check_prose, denies_sale, third_party_because
from avow.policy.read import Entries, Entry, did_you_mean
from avow.policy.vocabulary import CATEGORIES, CLAUSES, PLACEHOLDERS, SENSITIVE, SIGNALS

_TOLL_FREE: Final = re.compile(r"(?:\+?1[ .-]?)?\(?8(?:00|33|44|55|66|77|88)\)?[ .-]?\d{3}[ .-]?\d{4}")
_TABLE_EXAMPLES: Final = {
    "policy": 'add [policy] with title = "...", effective = 2026-11-01, updated = 2026-11-01',
    "controller": "add [controller] with name, address, email, phone, website",
    "changes": 'add [changes] with told_by = ["banner"], days_before = 30',
}


def check(document: Document, entries: Entries, law: Mapping[str, LawTable], today: date) -> Iterator[Diagnostic]:
    """Find everything that is wrong with a policy beyond its structure."""
    # What is missing or misspelt may stand in a block that cannot be read.
    whole = not document.unreadable and not entries.unknown
    yield from _placeholders(document)
    yield from _categories(entries)
    for point in entries.of("collection"):
        yield from _point(entries, point, whole=whole)
    denied = denies_sale(document)  # then the contradiction is reported there, once
    for recipient in entries.of("recipient"):
        yield from _recipient(entries, recipient, whole=whole)
        if not denied:
            yield from _third_party(recipient)
    yield from _signals(entries, whole=whole)
    for right in entries.of("right"):
        yield from _right(entries, right, whole=whole)
    yield from check_prose(document, entries)
    yield from check_promises(document, entries, law)
    if whole:
        yield from _unused(entries)
        yield from _whole(document, entries)
    yield from _law(entries, law, today)


def _names(
    entries: Entries, entry: Entry, way: tuple[str, ...], names: Iterable[str], kind: str, *, whole: bool
) -> Iterator[Diagnostic]:
    """Report each name of a list that no declaration of that kind has."""
    code, called = {
        "data": ("AV0201", "data item"),
        "purpose": ("AV0202", "purpose"),
        "recipient": ("AV0203", "recipient"),
    }[kind]
    known = entries.declared(kind)
    if not whole:
        return
    for place, name in enumerate(names):
        if name not in known:
            message = f'{called} "{name}" is used by {entry.kind} "{entry.name}" but not declared'
            mend = f"{did_you_mean(name, known)} - or declare it with [{kind}.{name}], or remove it here"
            yield diagnostic(code, entry.at(*way, place), message, mend)


def _categories(entries: Entries) -> Iterator[Diagnostic]:
    """Check statutory categories by their letters. Rule: Cal. Civ. Code § 1798.140(v)(1), (ae)."""
    for item in entries.of("data"):
        if item.values["category"] not in CATEGORIES:
            message = f'the statute has no category "{item.values["category"]}"'
            mend = "use a letter from A to L: A identifiers, D commercial, F network activity, G geolocation, I professional"
            yield diagnostic("AV0208", item.at("category"), message, mend)
        if "sensitive" in item.values and item.values["sensitive"] not in SENSITIVE:
            message = f'the statute has no sensitive category "{item.values["sensitive"]}"'
            yield diagnostic("AV0209", item.at("sensitive"), message, "use a code from S1 to S11")
    for recipient in entries.of("recipient"):
        for place, letter in enumerate(recipient.values["categories"]):
            if letter not in CATEGORIES:
                message = f'the statute has no category "{letter}"'
                yield diagnostic("AV0208", recipient.at("categories", place), message, "use a letter from A to L")


def _point(entries: Entries, point: Entry, *, whole: bool) -> Iterator[Diagnostic]:
    """Check one collection point: its names, its fields, its purposes and its cookie. Rule: Cal. Civ. Code § 1798.100(a), (c)."""
    values = point.values
    yield from _names(entries, point, ("data",), values["data"], "data", whole=whole)
    yield from _names(entries, point, ("purposes",), values["purposes"], "purpose", whole=whole)
    yield from _names(entries, point, ("recipients",), values.get("recipients", ()), "recipient", whole=whole)
    if not values["purposes"]:
        message = f'"{point.name}" collects data for no purpose'
        yield diagnostic(
            "AV0301", point.at("purposes"), message, "name the purpose that needs the data, or remove the collection point"
        )
    for place, item in enumerate(values.get("required", ())):
        if item not in values["data"]:
            yield _foreign(point, ("required", place), item, values["data"])
    for item, purposes in values.get("only", {}).items():
        if item not in values["data"]:
            yield _foreign(point, ("only", item), item, values["data"])
        for place, purpose in enumerate(purposes):
            if purpose not in values["purposes"]:
                yield _foreign(point, ("only", item, place), purpose, values["purposes"])
    yield from _cookie(entries, point)
    yield from _given(entries, point)


def _foreign(point: Entry, way: tuple[str | int, ...], name: str, known: Iterable[str]) -> Diagnostic:
    message = f'"{name}" does not belong to collection point "{point.name}"'
    where = point.block.key((*point.way, *way)) if isinstance(way[-1], str) else point.at(*way)
    return diagnostic("AV0305", where, message, f"{did_you_mean(name, known)} - or add it to the collection point")


def _cookie(entries: Entries, point: Entry) -> Iterator[Diagnostic]:
    visitor = {item.name for item in entries.of("data") if item.values.get("identifier") == "visitor"}
    for place, item in enumerate(point.values["data"]):
        if item in visitor and "cookie_days" not in point.values:
            message = f'"{item}" is kept in a cookie, and its lifetime is not declared'
            yield diagnostic("AV0307", point.at("data", place), message, "add cookie_days = 395")


def _given(entries: Entries, point: Entry) -> Iterator[Diagnostic]:
    """Check that what a point gives to a recipient lies within its declaration. Rule: 11 CCR 7051(a) (specific purposes)."""
    data = {item.name: item.values["category"] for item in entries.of("data")}
    recipients = {entry.name: entry for entry in entries.of("recipient")}
    for place, name in enumerate(point.values.get("recipients", ())):
        if name not in recipients:
            continue
        declared = recipients[name].values
        if point.values["purposes"] and not set(declared["purposes"]) & set(point.values["purposes"]):
            message = f'"{name}" serves no purpose of collection point "{point.name}"'
            mend = "add one of the point's purposes to the recipient, or remove the recipient from the point"
            yield diagnostic("AV0306", point.at("recipients", place), message, mend)
        beyond = sorted({data[item] for item in point.values["data"] if item in data} - set(declared["categories"]))
        if beyond:
            message = f'"{name}" is given category {", ".join(beyond)} by "{point.name}" but is not declared for it'
            mend = "add the category to the recipient, if its contract covers it, or remove the recipient from the point"
            yield diagnostic("AV0306", point.at("recipients", place), message, mend)


def _recipient(entries: Entries, recipient: Entry, *, whole: bool) -> Iterator[Diagnostic]:
    """Check a recipient's purposes and own copies. Rule: Cal. Civ. Code § 1798.105(c), § 1798.140(ag)."""
    yield from _names(entries, recipient, ("purposes",), recipient.values["purposes"], "purpose", whole=whole)
    if recipient.values["keeps_days"] > 0:
        message = (
            f'"{recipient.name}" keeps data for {recipient.values["keeps_days"]} days, and nothing tells it to delete on request'
        )
        mend = "agree that it keeps nothing (keeps_days = 0): instructions to delete are not carried out yet"
        yield diagnostic("AV0403", recipient.at("keeps_days"), message, mend)


def _third_party(recipient: Entry) -> Iterator[Diagnostic]:
    """Refuse a recipient that is a third party by computation. Rule: Cal. Civ. Code § 1798.135(a); 11 CCR 7051(c)."""
    if build.recipient(recipient).effective_role == "third-party":
        because = third_party_because(recipient)
        unable = "this software cannot carry out an opt-out of sale and sharing yet"
        message = f'"{recipient.name}" is a third party ({because}), and {unable}'
        yield diagnostic("AV0402", recipient.here, message, _contract_mend(recipient))


def _contract_mend(recipient: Entry) -> str:
    return f"declare [recipient.{recipient.name}.contract] with {len(CLAUSES)} clauses"


def _signals(entries: Entries, *, whole: bool) -> Iterator[Diagnostic]:
    """Check that what a signal stops can be stopped. Rule: 11 CCR 7025(c)(1)."""
    optional = {entry.name: entry.values.get("optional", False) for entry in entries.of("purpose")}
    for signal in entries.of("signal"):
        yield from _names(entries, signal, ("stops",), signal.values["stops"], "purpose", whole=whole)
        for place, purpose in enumerate(signal.values["stops"]):
            if optional.get(purpose) is False:
                message = f'"{signal.name}" stops "{purpose}", but nobody can opt out of that purpose'
                mend = f"add optional = true to [purpose.{purpose}], or remove it from the signal"
                yield diagnostic("AV0308", signal.at("stops", place), message, mend)


def _right(entries: Entries, right: Entry, *, whole: bool) -> Iterator[Diagnostic]:
    """Check one right: carried out, enough methods, an existing form. Rule: Cal. Civ. Code § 1798.130(a)(1); 11 CCR 7020."""
    if right.name not in REQUIRED_RIGHTS:
        message = f'the right "{right.name}" cannot be enforced: this software does not carry it out yet'
        mend = "remove the declaration, and say in a paragraph marked {.statement} how a person at your business does it"
        yield diagnostic("AV0603", right.here, message, mend)
        return
    form = right.values.get("form")
    if whole and form is not None and form not in entries.declared("collection"):
        message = f'collection point "{form}" is not declared'
        yield diagnostic("AV0204", right.at("form"), message, did_you_mean(form, entries.declared("collection")))
    controllers = entries.of("controller")
    if not controllers:
        return
    controller = controllers[0].values
    methods = right.values["methods"]
    if controller.get("online_only", False):
        if not methods:
            yield diagnostic(
                "AV0604", right.at("methods"), f'nobody can ask for the right "{right.name}"', 'add methods = ["email"]'
            )
        return
    if len(methods) < 2:  # noqa: PLR2004 - "two or more designated methods"
        message = f'the right "{right.name}" has {len(methods)} method; at least two must be offered'
        yield diagnostic("AV0604", right.at("methods"), message, 'write methods = ["web", "email", "phone"]')
    phone = controller.get("phone", "")
    if "phone" not in methods:
        message = f'the right "{right.name}" cannot be asked for by telephone'
        mend = 'add "phone" to the methods, or online_only = true to [controller] if you deal with people online only'
        yield diagnostic("AV0605", right.at("methods"), message, mend)
    elif not _TOLL_FREE.fullmatch(phone.strip()):
        message = f'"{phone}" is not a toll-free number' if phone else "the controller has no telephone number"
        mend = 'write a number that is free to call: phone = "1-800-555-0142"'
        yield diagnostic("AV0605", controllers[0].at("phone"), message, mend)


def _unused(entries: Entries) -> Iterator[Diagnostic]:
    """Find declarations that nothing uses. Rule: Cal. Civ. Code § 1798.100(c) (necessary and proportionate)."""
    if not entries.is_whole("collection"):
        return
    points = entries.of("collection")
    uses = {
        "data": ({name for point in points for name in point.values["data"]}, "AV0205", "is taken by no collection point"),
        "purpose": ({name for point in points for name in point.values["purposes"]}, "AV0206", "has nothing collected for it"),
        "recipient": (
            {name for point in points for name in point.values.get("recipients", ())},
            "AV0207",
            "is given nothing by any collection point",
        ),
    }
    if not all(point.values["purposes"] for point in points):
        del uses["purpose"]  # the point that lacks a purpose may lack just this one
    for kind, (used, code, said) in uses.items():
        for entry in entries.of(kind):
            if entry.name not in used:
                yield diagnostic(code, entry.here, f'{kind} "{entry.name}" {said}', "use it or remove it")


def _placeholders(document: Document) -> Iterator[Diagnostic]:
    for placeholder in document.placeholders:
        if placeholder.name not in PLACEHOLDERS:
            message = f'there is no placeholder "{placeholder.name}"'
            yield diagnostic("AV0107", placeholder.span, message, did_you_mean(placeholder.name, PLACEHOLDERS))
    for prose in document.prose:
        for found in PLACEHOLDER.finditer(prose.words):
            message = f'the placeholder "{found[1]}" stands inside a paragraph'
            mend = "put it on a line of its own with an empty line before and after"
            yield diagnostic("AV0107", prose.span(found.start(), found.end()), message, mend)


def _whole(document: Document, entries: Entries) -> Iterator[Diagnostic]:
    """Find what every policy must have and this one lacks.

    Rule: 11 CCR 7011(e); Bus. & Prof. Code § 22575(b); Cal. Civ. Code § 1798.130(a)(5).
    """
    top = document.sections[1].span if len(document.sections) > 1 else Span(1, 1, 1)
    for table in REQUIRED_TABLES:
        if table not in entries.declared(table):
            yield diagnostic("AV0601", top, f"the policy has no [{table}]", _TABLE_EXAMPLES[table])
    for right in REQUIRED_RIGHTS:
        if right not in entries.declared("right"):
            mend = f'add [right.{right}] with methods = ["web", "email", "phone"] and verification = "..."'
            yield diagnostic("AV0602", top, f'the right "{right}" is not offered', mend)
    for signal, called in SIGNALS.items():
        if signal not in entries.declared("signal"):
            mend = f"add [signal.{signal}] with stops = [...] (may be empty) and sentence"
            yield diagnostic("AV0607", top, f"the policy does not say what happens on {called}", mend)
    if not any(placeholder.name == "chart" for placeholder in document.placeholders):
        mend = "put {{ chart }} on a line of its own"
        yield diagnostic("AV0609", top, "the policy does not show the categories of the last 12 months", mend)


def _law(entries: Entries, law: Mapping[str, LawTable], today: date) -> Iterator[Diagnostic]:
    """Check the policy's jurisdiction and age. Rule: Cal. Civ. Code § 1798.130(a)(5) (update every 12 months)."""
    for policy in entries.of("policy"):
        code = policy.values.get("jurisdiction", "US-CA")
        table = law.get(code)
        if table is None:
            yield diagnostic("AV0608", policy.at("jurisdiction"), f'there is no law table "{code}"', did_you_mean(code, law))
            continue
        due = add_months(policy.values["updated"], table.policy_update_months)
        if today > due:
            message = f"last updated {policy.values['updated']}; it had to be updated by {due}"
            mend = "review the policy, then set updated to the day of the review"
            yield diagnostic("AV0606", policy.at("updated"), message, mend)
