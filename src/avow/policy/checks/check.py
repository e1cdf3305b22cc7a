"""Check what can be read: the names meet, and each declaration keeps to the rules of its kind.

Checks look at sound entries only, and stay silent about a name whose declaration is broken, so that one mistake is
reported once. Further checks: `disclosures` (recipients), `roles` (who of the staff), `requirements` (what every policy
must have), `prose`, `selling`, `subjects`, `receivers`, `said_of_staff` and `promises` (the words against the declarations),
`carried_out` (what this version does).
"""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Iterator, Mapping
from datetime import date
from typing import Final

from avow.definitions import FORMS, Technology
from avow.policy.checks.ages import check_ages
from avow.policy.checks.answers import check_answers
from avow.policy.checks.automated import check_automated
from avow.policy.checks.carried_out import CarriedOut, check_carried_out
from avow.policy.checks.combining import check_combining
from avow.policy.checks.disclosures import check_disclosures
from avow.policy.checks.external_links import check_links, linked
from avow.policy.checks.files import check_authorisations, check_files
from avow.policy.checks.incentives import check_incentives
from avow.policy.checks.keeping import check_keeping
from avow.policy.checks.matching import check_matching
from avow.policy.checks.people import check_people
from avow.policy.checks.promises import check_promises
from avow.policy.checks.prose import check_prose
from avow.policy.checks.receivers import check_receivers
from avow.policy.checks.requirements import check_requirements
from avow.policy.checks.roles import check_held, check_roles
from avow.policy.checks.said_of_staff import check_said_of_staff
from avow.policy.checks.selling import check_selling
from avow.policy.checks.stated_dates import check_stated_dates
from avow.policy.checks.subjects import check_subjects
from avow.policy.findings.diagnostics import Diagnostic, diagnostic
from avow.policy.language.grammar import RETENTION_UNITS
from avow.policy.language.parse import PLACEHOLDER, Document
from avow.policy.language.read import Entries, Entry, did_you_mean
from avow.policy.language.vocabulary import CATEGORIES, PLACEHOLDERS, SENSITIVE, SHORT_CATEGORIES, SOURCES
from avow.policy.law import LawTable
from avow.policy.rulebook import build
from avow.policy.rulebook.browser_policy import is_origin
from avow.policy.rulebook.declarations import Retention

_DPV: Final = re.compile(r"[a-z][a-z-]*:[A-Za-z][A-Za-z]*")
#: List of names -> the kinds that may declare them, the code and what they are called.
_MEETING: Final[Mapping[str, tuple[tuple[str, ...], str, str]]] = {
    "data": (("data",), "AV0201", "data item"),
    "purpose": (("purpose",), "AV0202", "purpose"),
    "recipient": (("recipient",), "AV0203", "recipient"),
    "collection": (("collection",), "AV0204", "collection point"),
    "source": (("source",), "AV0210", "source"),
    "on": (("website", "message"), "AV0211", "website or message"),
    "brand": (("brand",), "AV0211", "brand"),
    "duty": (("duty",), "AV0212", "duty"),
}


def check(
    document: Document, entries: Entries, law: Mapping[str, LawTable], today: date, does: CarriedOut
) -> Iterator[Diagnostic]:
    """Find everything that is wrong with a policy beyond its structure."""
    # What is missing or misspelt may stand in a block that cannot be read.
    misplaced = tuple(_placeholders(document))
    whole = not document.unreadable and not entries.unknown and not misplaced
    yield from misplaced
    yield from _categories(entries)
    yield from _origins(entries)
    yield from _loads(entries)
    for point in entries.of("collection"):
        yield from _point(entries, point)
    yield from check_files(entries)
    yield from check_authorisations(entries)
    yield from check_ages(entries)
    yield from check_answers(entries)
    yield from check_matching(entries, law)
    yield from check_automated(entries, law, today)
    yield from check_incentives(entries, law)
    yield from check_people(entries)
    yield from check_links(entries)
    yield from check_combining(entries)
    if whole:
        yield from check_keeping(entries, law)
    for dataset in entries.of("dataset"):
        if not dataset.values["never_reidentified"]:
            message = f'whoever releases "{dataset.name}" must promise never to find out whom it was about'
            yield diagnostic(
                "AV0317",
                dataset.at("never_reidentified"),
                message,
                "if nobody ever tries to find people in it again, write never_reidentified = true; else remove the data set",
            )
    yield from _switches(entries)
    yield from _sections(document, entries)
    contradictions = tuple(check_roles(entries))
    yield from contradictions
    if whole:
        unmet = tuple(_meeting(entries))
        yield from unmet
        if not unmet and not contradictions:
            yield from check_held(entries)
        yield from _unused(entries, {item.code for item in unmet})
        yield from check_receivers(document, entries)
    yield from check_disclosures(document, entries, today, whole=whole)
    yield from check_selling(document, entries)
    yield from check_prose(document, entries)
    yield from check_stated_dates(document, entries)
    yield from check_subjects(document, entries, law, whole=whole)
    yield from check_promises(document, entries, law)
    yield from check_said_of_staff(document, entries)
    yield from check_requirements(document, entries, law, today, whole=whole)
    yield from check_carried_out(document, entries, does)


#: Where names stand: the declaration, its key, and what the names are of.
_USES: Final = (
    ("collection", "source", "source"),
    ("collection", "data", "data"),
    ("collection", "purposes", "purpose"),
    ("collection", "recipients", "recipient"),
    ("collection", "collected_by", "recipient"),
    ("collection", "on", "on"),
    ("collection", "authorised_by", "collection"),
    ("collection", "duties", "duty"),
    ("duty", "fields", "data"),
    ("duty", "purpose", "purpose"),
    ("recipient", "purposes", "purpose"),
    ("recipient", "needs_authorisation", "collection"),
    ("purpose", "combines", "collection"),
    ("signal", "stops", "purpose"),
    ("choice", "stops", "purpose"),
    ("role", "points", "collection"),
    ("role", "purposes", "purpose"),
    ("role", "hides", "data"),
    ("right", "form", "collection"),
    ("dataset", "collections", "collection"),
    ("automated_decision", "collections", "collection"),
    ("incentive", "purposes", "purpose"),
    ("website", "brand", "brand"),
    ("message", "brand", "brand"),
    ("external_link", "clicks", "collection"),
    ("external_link", "reports", "collection"),
    ("external_link", "recipient", "recipient"),
)


def _meeting(entries: Entries) -> Iterator[Diagnostic]:
    """Report each name that is used and declared nowhere. Rule: Cal. Civ. Code § 1798.100(a)(1)."""
    for kind, key, wanted in _USES:
        for entry in entries.of(kind):
            yield from _named(entries, entry, key, wanted)


def _named(entries: Entries, entry: Entry, key: str, wanted: str) -> Iterator[Diagnostic]:
    """Report each name of a value, or of a list, that no declaration of that kind has."""
    kinds, code, called = _MEETING[wanted]
    declared = {name for kind in kinds for name in entries.declared(kind)} | (set(SOURCES) if wanted == "source" else set())
    value = entry.values.get(key)
    listed = value if isinstance(value, list) else [] if value is None else [value]
    for place, name in enumerate(listed):
        if name not in declared:
            message = f'{called} "{name}" is used by {entry.kind} "{entry.name}" but not declared'
            mend = f"{did_you_mean(name, declared)} - or declare it with [{kinds[0]}.{name}], or remove it here"
            here = entry.at(key, place) if isinstance(value, list) else entry.at(key)
            yield diagnostic(code, here, message, mend)


def _categories(entries: Entries) -> Iterator[Diagnostic]:
    """Check statutory categories by their letters. Rule: Cal. Civ. Code § 1798.140(v)(1), (ae)."""
    for item in entries.of("data"):
        if item.values["category"] not in CATEGORIES:
            message = f'the statute has no category "{item.values["category"]}"'
            yield diagnostic("AV0208", item.at("category"), message, _letter_for(item.values["category"]))
        yield from _letters(item, "also")
        if "sensitive" in item.values and item.values["sensitive"] not in SENSITIVE:
            message = f'the statute has no sensitive category "{item.values["sensitive"]}"'
            mend = "use a code from S1 to S11: S1 numbers of papers, S3 precise place, S4 origin and belief, S8 health"
            yield diagnostic("AV0209", item.at("sensitive"), message, mend)
    for recipient in entries.of("recipient"):
        yield from _letters(recipient, "categories")
    for kind in ("data", "purpose"):
        for entry in entries.of(kind):
            if "dpv" in entry.values and not _DPV.fullmatch(entry.values["dpv"]):
                message = f'"{entry.values["dpv"]}" is not a term of the Data Privacy Vocabulary'
                yield diagnostic("AV0105", entry.at("dpv"), message, 'write prefix and name, as "pd:EmailAddress"')


def _origins(entries: Entries) -> Iterator[Diagnostic]:
    """Check that origins are origins: they are in the websites' Content-Security-Policy, where ";" begins a directive."""
    for recipient in entries.of("recipient"):
        for place, origin in enumerate(recipient.values.get("origins", ())):
            if not is_origin(origin):
                message = f'"{origin}" is not an origin'
                mend = 'write scheme and host, in small letters and nothing after them, as "https://pixel.example"'
                yield diagnostic("AV0105", recipient.at("origins", place), message, mend)


def _loads(entries: Entries) -> Iterator[Diagnostic]:
    """Check that what a page loads of another company comes from an origin that the policy declares for it.

    Rule: Cal. Civ. Code § 1798.130(a)(5)(B): who receives it is named.
    """
    origins = {one.name: one.values.get("origins", ()) for one in entries.of("recipient")}
    for point in entries.of("collection"):
        address, taker = point.values.get("loads"), point.values.get("collected_by", "")
        if address is None or (taker and taker not in origins):  # then the taker is reported as not declared
            continue
        if not taker:
            message, mend = "nobody is said to take in what this loads", 'add collected_by = "…", the recipient whose it is'
        elif point.values["technology"] not in {Technology.TAG, Technology.PIXEL}:
            message, mend = "only a script or an image is loaded", 'write technology = "tag" for a script, "pixel" for an image'
        elif not any(address.startswith(f"{origin}/") for origin in origins[taker]):
            message, mend = (
                f'"{taker}" has no such origin',
                f"add its scheme and host to the origins of recipient.{taker}",
            )
        else:
            continue
        yield diagnostic("AV0105", point.at("loads"), message, mend)


def _letters(entry: Entry, key: str) -> Iterator[Diagnostic]:
    for place, letter in enumerate(entry.values.get(key, ())):
        if letter not in CATEGORIES:
            message = f'the statute has no category "{letter}"'
            yield diagnostic("AV0208", entry.at(key, place), message, _letter_for(letter))


def _letter_for(said: str) -> str:
    """Return how to write a category that was written in words, or in a small letter."""
    meant = next((letter for letter in CATEGORIES if said.upper() == letter), "")
    close = next((letter for letter, name in SHORT_CATEGORIES.items() if said and name.lower().startswith(said.lower())), "")
    if meant or close:
        return f'did you mean "{meant or close}"?'
    return "use a letter from A to L: A identifiers, D commercial, F network activity, G geolocation, I professional"


def _point(entries: Entries, point: Entry) -> Iterator[Diagnostic]:
    """Check one collection point: its fields, purposes, periods and technology. Rule: Cal. Civ. Code § 1798.100(a), (c)."""
    values = point.values
    if not values["purposes"]:
        message = f'"{point.name}" collects data for no purpose'
        mend = "name the purpose that needs the data, or remove the collection point"
        yield diagnostic("AV0301", point.at("purposes"), message, mend)
    for place, item in enumerate(values.get("required", ())):
        if item not in values["data"]:
            yield _foreign(point, ("required", place), item, values["data"])
    for item, purposes in values.get("only", {}).items():
        if item not in values["data"]:
            yield _foreign(point, ("only", item), item, values["data"])
        for place, purpose in enumerate(purposes):
            if purpose not in values["purposes"]:
                yield _foreign(point, ("only", item, place), purpose, values["purposes"])
    yield from _periods(entries, point)
    yield from _stored(entries, point)
    yield from _watched(entries, point)


def _foreign(point: Entry, way: tuple[str | int, ...], name: str, known: Iterable[str]) -> Diagnostic:
    message = f'"{name}" does not belong to collection point "{point.name}"'
    where = point.block.key((*point.way, *way)) if isinstance(way[-1], str) else point.at(*way)
    return diagnostic("AV0305", where, message, f"{did_you_mean(name, known)} - or add it to the collection point")


def _periods(entries: Entries, point: Entry) -> Iterator[Diagnostic]:
    """Check that each purpose, field and duty has its period. Rule: Cal. Civ. Code § 1798.100(a)(3)."""
    values, kept = point.values, build.retentions(point)
    by_purpose = all(isinstance(period, dict) for period in values["retention"].values())
    for purpose in values["retention"] if by_purpose else ():
        if purpose not in values["purposes"]:
            yield _foreign(point, ("retention", purpose), purpose, values["purposes"])
    for place, purpose in enumerate(values["purposes"]):
        if purpose not in kept:
            message = f'"{point.name}" has no period for the purpose "{purpose}"'
            mend = f"add to its retention {purpose} = {{ months = ... }}, with the true number"
            yield diagnostic("AV0309", point.at("purposes", place), message, mend)
    if kept and not set(values["purposes"]) - set(kept):
        yield from _longest(entries, point, kept)


def _longest(entries: Entries, point: Entry, kept: Mapping[str, Retention]) -> Iterator[Diagnostic]:
    """Check the record's own period against its fields' and its duties'."""
    longest = max(kept.values(), key=lambda period: period.due(_SOME_DAY))
    for item, purposes in point.values.get("only", {}).items():
        needed = [kept[name] for name in purposes if name in kept]
        if needed and max(period.due(_SOME_DAY) for period in needed) < longest.due(_SOME_DAY):
            message = f'"{item}" is kept {longest.length} with its record, and what needs it ends earlier'
            mend = "give the field a collection point of its own, or the purposes of this one the same period"
            yield diagnostic("AV0310", point.block.key((*point.way, "only", item)), message, mend)
    duties = {entry.name: build.duty(entry) for entry in entries.of("duty")}
    for place, name in enumerate(point.values.get("duties", ())):
        if name in duties and longest.due(_SOME_DAY) < duties[name].keeps.due(_SOME_DAY):
            message = f'"{point.name}" is erased after {longest.length}, but "{name}" keeps it {duties[name].keeps.length}'
            keeps = ", ".join(f"{unit} = {number}" for unit, number in _units(duties[name].keeps))
            mend = f"keep the records as long as the duty asks: retention = {{ {keeps} }}"
            yield diagnostic("AV0313", point.at("duties", place), message, mend)


def _units(kept: Retention) -> Iterator[tuple[str, int]]:
    for unit in RETENTION_UNITS:
        number = getattr(kept, unit)
        if number is not None:
            yield unit, number


#: Any day does to tell which of two periods is longer; a leap year keeps "12 months" and "365 days" apart.
_SOME_DAY: Final = date(2027, 3, 1)


def _stored(entries: Entries, point: Entry) -> Iterator[Diagnostic]:
    """Check what is put into the browser: its lifetime and its names. Rule: Cal. Civ. Code § 1798.100(a)(1), (3)."""
    technology = point.values["technology"]
    visitor = {item.name for item in entries.of("data") if item.values.get("identifier") == "visitor"}
    # What a link counts, another company reports or a form brings finds a browser that is recognised already: no cookie is set.
    sets_none = point.name in linked(entries) or technology in FORMS
    recognises = [place for place, item in enumerate(point.values["data"]) if item in visitor and not sets_none]
    if "cookie_days" not in point.values and (recognises or technology == Technology.COOKIE):
        where = point.at("data", recognises[0]) if recognises else point.at("technology")
        message = f'"{point.name}" sets a cookie, and its lifetime is not declared'
        yield diagnostic("AV0307", where, message, "add cookie_days = ..., the days that the cookie really lives")
    if technology in {Technology.COOKIE, Technology.LOCAL_STORAGE} and not point.values.get("stores"):
        message = f'"{point.name}" does not say what it stores in the browser'
        yield diagnostic("AV0315", point.at("technology"), message, 'add stores = ["name-of-the-cookie"]')


def _watched(entries: Entries, point: Entry) -> Iterator[Diagnostic]:
    """Check what must not start before a yes. Rule: Cal. Penal Code §§ 631, 638.51 (LAW.md TRK-01, TRK-02, TRK-05)."""
    technology = point.values["technology"]
    code = {Technology.SESSION_RECORDING: "AV0311", Technology.CLEAR_GIF: "AV0314"}.get(technology)
    choices = {entry.name: entry.values.get("choice", "none") for entry in entries.of("purpose")}
    for place, purpose in enumerate(point.values["purposes"]):
        if code and choices.get(purpose, "consent") != "consent":
            message = f'"{point.name}" starts before anybody said yes to "{purpose}"'
            mend = f'write choice = "consent" in [purpose.{purpose}]'
            yield diagnostic(code, point.at("purposes", place), message, mend)
    if technology == Technology.SESSION_RECORDING and not point.values.get("masked", False):
        message = f'"{point.name}" records what people type'
        yield diagnostic(
            "AV0312", point.at("technology"), message, "add masked = true: then the recorder keeps typed text in the browser"
        )


def _switches(entries: Entries) -> Iterator[Diagnostic]:
    """Check that what a signal or a choice stops can be stopped. Rule: 11 CCR 7025(c)(1), 7026."""
    choices = {entry.name: entry.values.get("choice", "none") for entry in entries.of("purpose")}
    for switch in [*entries.of("signal"), *entries.of("choice")]:
        for place, purpose in enumerate(switch.values["stops"]):
            if choices.get(purpose) == "none":
                message = f'"{switch.name}" stops "{purpose}", but nobody can opt out of that purpose'
                mend = f'add choice = "opt-out" to [purpose.{purpose}], or remove it from the {switch.kind}'
                yield diagnostic("AV0308", switch.at("stops", place), message, mend)
    for switch in entries.of("choice"):
        decided = {choices[name] for name in switch.values["stops"] if choices.get(name, "none") != "none"}
        if len(decided) > 1:
            message = (
                f'"{switch.name}" is off until a person says yes for some of its purposes, and on until they say no for others'
            )
            mend = "make two choices of it, or give all of its purposes the same choice"
            yield diagnostic("AV0318", switch.at("stops"), message, mend)


def _sections(document: Document, entries: Entries) -> Iterator[Diagnostic]:
    """Check that a section is marked for websites and jurisdictions that the policy has."""
    policies = entries.of("policy")
    laws = policies[0].values.get("jurisdictions", ["US-CA"]) if policies else None
    for section in document.sections:
        for name in section.websites:
            if name not in entries.declared("website"):
                mend = did_you_mean(name, entries.declared("website"))
                yield diagnostic("AV0114", section.span, f'there is no website "{name}"', mend)
        for code in section.jurisdictions:
            if laws is not None and code not in laws:
                yield diagnostic("AV0114", section.span, f'the policy has no jurisdiction "{code}"', did_you_mean(code, laws))


def _unused(entries: Entries, unmet: Container[str]) -> Iterator[Diagnostic]:
    """Find declarations that nothing uses; what a misspelt name was meant for is not unused.

    Rule: Cal. Civ. Code § 1798.100(c) (necessary and proportionate).
    """
    if not entries.is_whole("collection"):
        return
    points = entries.of("collection")
    used = {key: {name for point in points for name in point.values.get(key, ())} for key in _LISTS}
    used["recipients"] |= {point.values["collected_by"] for point in points if "collected_by" in point.values}
    used["purposes"] |= {duty.values["purpose"] for duty in entries.of("duty")}
    used["source"] = {point.values["source"] for point in points}
    used["brand"] = {place.values.get("brand") for kind in ("website", "message") for place in entries.of(kind)}
    looked = {
        "data": ("data", "AV0205", "is taken by no collection point"),
        "purpose": ("purposes", "AV0206", "has nothing collected for it"),
        "recipient": ("recipients", "AV0207", "is given nothing by any collection point"),
        "source": ("source", "AV0214", "gives nothing to any collection point"),
        "duty": ("duties", "AV0214", "keeps nothing of any collection point"),
        "brand": ("brand", "AV0214", "has neither website nor messages"),
    }
    if not all(point.values["purposes"] for point in points):
        del looked["purpose"]  # the point that lacks a purpose may lack just this one
    for kind, (key, code, said) in looked.items():
        if _MEETING[kind][1] in unmet:
            continue
        for entry in entries.of(kind):
            if entry.name not in used[key]:
                yield diagnostic(code, entry.here, f'{kind} "{entry.name}" {said}', "use it or remove it")


_INCLUDE: Final = (
    "to put in a file, write {{ include some/file.md }} at the start of a line: small letters, no spaces in the path"
)
_LISTS: Final = ("data", "purposes", "recipients", "duties")


def _placeholders(document: Document) -> Iterator[Diagnostic]:
    for placeholder in document.placeholders:
        if placeholder.name not in PLACEHOLDERS:
            message = f'there is no placeholder "{placeholder.name}"'
            includes = re.match(r"includes?\b", placeholder.name, re.IGNORECASE)
            mend = _INCLUDE if includes else did_you_mean(placeholder.name, PLACEHOLDERS)
            yield diagnostic("AV0107", placeholder.span, message, mend)
    for prose in document.prose:
        for found in PLACEHOLDER.finditer(prose.words):
            message = f'the placeholder "{found[1]}" stands inside a paragraph'
            mend = "put it on a line of its own with an empty line before and after"
            yield diagnostic("AV0107", prose.span(found.start(), found.end()), message, mend)
