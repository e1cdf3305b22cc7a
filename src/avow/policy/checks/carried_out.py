"""What this version of the software carries out: a policy that promises more is not served.

The language can declare everything that a company's website does; the software grows towards it. A declaration that
nothing would carry out is an error of group AV07, so that no visitor reads a promise that nobody keeps.
Rule: Bus. & Prof. Code § 22576 (breaking one's own policy).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from avow.definitions import LETTERS, SERVER_FIELDS, Technology
from avow.policy.checks.external_links import linked
from avow.policy.checks.mail_points import check_mail_point
from avow.policy.checks.selling import contradicted
from avow.policy.checks.stood_by import THIS_VERSION as STOOD_BY
from avow.policy.checks.stood_by import VERIFIED, StoodBy, check_stood_by
from avow.policy.findings.diagnostics import Diagnostic, diagnostic
from avow.policy.language.parse import Document
from avow.policy.language.read import Entries, Entry
from avow.policy.language.vocabulary import (
    METHODS,
    NOTED_ENDS,
    NOTED_STARTS,
    RETENTION_CRITERIA,
    RETENTION_STARTS,
    RIGHTS,
    SOURCES,
    TAKEN_FOR_PEOPLE,
    TECHNOLOGIES,
)
from avow.policy.rulebook import build
from avow.policy.rulebook.own_cookies import RESERVED

_LATER: Final = "wait for a version that does it, or take it out of the policy; --draft judges the text alone"


#: What the visitor's own browser keeps, and nobody else.
_IN_BROWSER: Final = frozenset({Technology.COOKIE, Technology.LOCAL_STORAGE})
#: What goes out by e-mail and comes back from it.
_BY_MAIL: Final = frozenset({Technology.EMAIL, Technology.CLEAR_GIF})
#: What people send, one record at a time, but for subscriptions, which end by being unsubscribed.
_SENT: Final = LETTERS - {Technology.EMAIL}
#: What finds what people send.
_ADDRESSES: Final = frozenset({"email", "phone"})
_BY_CONSENT: Final = (
    "let every purpose of the point ask for consent, every period of it end so, and an address be among what is required; "
    "what serves another purpose as well goes to a point of its own"
)
_COOKIE_NAME: Final = re.compile(r"[A-Za-z0-9_.-]{1,60}")


@dataclass(frozen=True, slots=True)
class CarriedOut:
    """What a version of the software does with a declaration.

    `withdrawn` are the technologies whose data goes when a yes is taken back; `own_choice_only`: browsers keep only what
    people chose, and it is given to nobody; `own_mailings_only`: e-mail is what `avow mail send` sends, and what it can measure.
    `consent_criteria` are the ends of what came by the technologies `consented` for what its person said yes to alone.
    `noted_starts` and `noted_criteria` are what staff note of what people sent. `combined` are the technologies of what it shows
    next to a letter of the same person. `stands_by` is what it does about rights and standing promises; None takes all of them.
    """

    technologies: frozenset[str]
    methods: frozenset[str]
    rights: frozenset[str]
    retention_starts: frozenset[str]
    retention_criteria: frozenset[str]
    noted_starts: frozenset[str]
    noted_criteria: frozenset[str]
    recording_criteria: frozenset[str]
    consented: frozenset[str]
    consent_criteria: frozenset[str]
    deidentified_recordings: bool
    withdrawn: frozenset[str]
    subscription_criteria: frozenset[str]
    own_choice_only: bool
    own_mailings_only: bool
    combined: frozenset[str]
    datasets: bool
    stands_by: StoodBy | None


#: The language alone: nothing is held against the policy.
EVERYTHING: Final = CarriedOut(
    technologies=frozenset(TECHNOLOGIES),
    methods=frozenset(METHODS),
    rights=frozenset(RIGHTS),
    retention_starts=frozenset(RETENTION_STARTS),
    retention_criteria=frozenset(RETENTION_CRITERIA),
    noted_starts=frozenset(RETENTION_STARTS),
    noted_criteria=frozenset(RETENTION_CRITERIA),
    recording_criteria=frozenset(RETENTION_CRITERIA),
    consented=frozenset(TECHNOLOGIES),
    consent_criteria=frozenset(RETENTION_CRITERIA),
    deidentified_recordings=True,
    withdrawn=frozenset(TECHNOLOGIES),
    subscription_criteria=frozenset(RETENTION_CRITERIA),
    own_choice_only=False,
    own_mailings_only=False,
    combined=frozenset(TECHNOLOGIES),
    datasets=True,
    stands_by=None,
)
#: Rights that the switches of the privacy centre carry out: at once, and nobody is asked who they are.
_BY_SWITCH: Final = frozenset({"opt-out", "withdraw-consent"})
#: Rights that hold at once by a request, which nobody has to prove; and what a member of staff decides.
_AT_ONCE: Final = frozenset({"limit", "object", "appeal"})
THIS_VERSION: Final = CarriedOut(
    technologies=frozenset(
        {
            Technology.FORM,
            Technology.CAREERS_PORTAL,
            Technology.FEED,
            Technology.TAG,
            Technology.WEB_BEACON,
            Technology.PIXEL,
            Technology.SERVER_LOG,
            Technology.SESSION_RECORDING,
            Technology.EMAIL,
            Technology.CLEAR_GIF,
            *_IN_BROWSER,
        }
    ),
    methods=frozenset(METHODS) - {"account"},
    rights=VERIFIED | _BY_SWITCH | _AT_ONCE,
    retention_starts=frozenset({"collection", "last-contact", "decision"}),
    retention_criteria=frozenset(),
    noted_starts=NOTED_STARTS,
    noted_criteria=NOTED_ENDS,
    consented=_SENT,
    consent_criteria=frozenset({"consent-withdrawn"}),  # of what people send for what they said yes to, and for nothing else
    recording_criteria=frozenset({"consent-withdrawn"}),  # of a session recording that is found again by its visitor
    deidentified_recordings=False,
    withdrawn=_IN_BROWSER,
    subscription_criteria=frozenset({"unsubscribed"}),
    own_choice_only=True,
    own_mailings_only=True,
    combined=LETTERS | {Technology.TAG, Technology.WEB_BEACON, Technology.PIXEL, Technology.CLEAR_GIF},
    datasets=False,
    stands_by=STOOD_BY,
)


def check_carried_out(document: Document, entries: Entries, does: CarriedOut) -> Iterator[Diagnostic]:
    """Find the declarations that this version of the software would not carry out.

    Rule: Bus. & Prof. Code § 22576. Why: decision 0014.
    """
    for point in entries.of("collection"):
        yield from _technology(entries, point, does)
        yield from _periods(entries, point, does)
    yield from _combined(entries, does)
    for right in entries.of("right"):
        yield from _right(right, does)
    if does is not EVERYTHING:
        yield from _recipients(document, entries)
    if does.stands_by is not None:
        yield from check_stood_by(entries, does.stands_by)
    if not does.datasets:
        for dataset in entries.of("dataset"):
            yield diagnostic("AV0707", dataset.here, f'this version does not release the data set "{dataset.name}"', _LATER)


def _right(right: Entry, does: CarriedOut) -> Iterator[Diagnostic]:
    """Check that this version carries out a right, and takes it by each way that the policy names. Rule: 11 CCR 7020."""
    by_switch = right.name not in _BY_SWITCH or "web" in right.values["methods"] or does is EVERYTHING
    if not (right.name in does.rights and by_switch) and not right.values.get("by_people", False):
        message = f'this version does not carry out the right "{right.name}"'
        is_taken = "web" not in right.values["methods"] or right.name in TAKEN_FOR_PEOPLE
        web = "" if is_taken else ' and take "web" out of the methods'
        mend = f"add by_people = true{web} if your staff carry it out, or remove the right"
        yield diagnostic("AV0701", right.here, message, mend)
    for place, method in enumerate(right.values["methods"]):
        if method not in does.methods:
            message = f'this version has no way to take requests to {right.name} by "{method}"'
            yield diagnostic(
                "AV0712", right.at("methods", place), message, "remove the method, or wait for a version that has it"
            )


def _technology(entries: Entries, point: Entry, does: CarriedOut) -> Iterator[Diagnostic]:
    """Check that this version collects by the technology of a point, in the way that the point declares."""
    technology = point.values["technology"]
    if technology not in does.technologies and "collected_by" not in point.values:
        message = f'this version does not collect by "{technology}"'
        yield diagnostic("AV0704", point.at("technology"), message, _LATER)
    elif technology == Technology.PIXEL and does is not EVERYTHING and not _reporting(entries, point):
        message = f'nothing lets "{point.values["source"]}" report to "{point.name}"'
        mend = 'name it as the reports of an [external_link.name], or write source = "device" for what our own pages say'
        yield diagnostic("AV0704", point.at("source"), message, mend)
    elif does.own_choice_only and technology in _IN_BROWSER and "collected_by" not in point.values:
        yield from _in_browser(entries, point)
    elif does.own_mailings_only and technology in _BY_MAIL and "collected_by" not in point.values:
        yield from check_mail_point(entries, point)


def _combined(entries: Entries, does: CarriedOut) -> Iterator[Diagnostic]:
    """Check that this version shows what purposes combine: records of one person, next to a letter of theirs."""
    points = {point.name: point.values["technology"] for point in entries.of("collection")}
    for purpose in entries.of("purpose"):
        named = {place: points[name] for place, name in enumerate(purpose.values.get("combines", ())) if name in points}
        for place in (place for place, technology in named.items() if technology not in does.combined):
            message = f'this version does not put what comes by "{named[place]}" together with anything else'
            mend = f'take "{purpose.values["combines"][place]}" out of combines'
            yield diagnostic("AV0711", purpose.at("combines", place), message, mend)
        if does is not EVERYTHING and named and not LETTERS & set(named.values()):
            message = f'"{purpose.name}" combines no form, feed or subscription, and this version shows records on no other page'
            mend = "add the form whose messages are read for it, or remove combines"
            yield diagnostic("AV0711", purpose.at("combines"), message, mend)


def _periods(entries: Entries, point: Entry, does: CarriedOut) -> Iterator[Diagnostic]:
    """Check that this version sees when each period of a point begins and ends."""
    technology = point.values["technology"]
    criteria = does.retention_criteria | (does.recording_criteria if _finds_recordings(point) else frozenset())
    criteria |= does.subscription_criteria if technology == Technology.EMAIL else frozenset()
    criteria |= does.noted_criteria if technology in LETTERS else frozenset()
    criteria |= does.consent_criteria if _rests_on_consent(entries, point) else frozenset()
    starts = does.retention_starts | (does.noted_starts if technology in LETTERS else frozenset())
    for way, period in build.periods(point):
        for key, known in (("after", starts), ("until", criteria)):
            withdrawn = key == "until" and period.get(key) == "consent-withdrawn" and technology in does.withdrawn
            if key in period and period[key] not in known and not withdrawn:
                message = f'this version does not see "{period[key]}", so it cannot keep to this period'
                mend = _BY_CONSENT if period[key] in does.consent_criteria and technology in does.consented else _LATER
                yield diagnostic("AV0706", point.at(*way, key), message, mend)
        if technology == Technology.SESSION_RECORDING and period.get("then") == "deidentify" and not does.deidentified_recordings:
            message = "this version erases a session recording; it has no way to deidentify one"
            yield diagnostic("AV0706", point.at(*way, "then"), message, 'write then = "erase"')


def _in_browser(entries: Entries, point: Entry) -> Iterator[Diagnostic]:
    """Check what the visitor's own browser is to keep: chosen values, each under a name of its own, that go to nobody."""
    items = {item.name: item.values for item in entries.of("data")}
    for place, name in enumerate(point.values["data"]):
        if name in SERVER_FIELDS or items.get(name, {}).get("identifier"):
            message = (
                f'this version keeps what a visitor chose by "{point.values["technology"]}", and "{name}" is nothing to choose'
            )
            yield diagnostic("AV0704", point.at("data", place), message, "take it to a point by tag, or out of the policy")
    stores = point.values.get("stores", ())
    wanted = 1 if point.values["technology"] == Technology.COOKIE else len(point.values["data"])
    usable = [name for name in stores if _COOKIE_NAME.fullmatch(name) and name not in RESERVED]
    if stores and (len(usable) != len(stores) or len(stores) != wanted):
        what = "one cookie for all of its data" if wanted == 1 else "one key of the local storage for each of its data"
        message = f'this version keeps "{point.name}" in {what}, under a name of letters, digits, ".", "_" and "-"'
        yield diagnostic("AV0704", point.at("stores"), message, "name as many stores, none of them Avow's own cookies")
    for place, name in enumerate(point.values.get("recipients", ())):
        message = f'what a browser keeps for "{point.name}" goes to nobody, so "{name}" cannot get it'
        yield diagnostic("AV0704", point.at("recipients", place), message, "take the recipient out")
    for way, period in build.periods(point):
        for key, plain in (("after", "collection"), ("then", "erase")):
            if period.get(key, plain) != plain:
                message = f'a browser counts from the day on which something was kept, and then erases it; not by "{period[key]}"'
                yield diagnostic("AV0704", point.at(*way, key), message, f'take "{key}" out of the retention')


def _finds_recordings(point: Entry) -> bool:
    """Return whether every recording of a point can be found again by its visitor, who takes the yes back."""
    values = point.values
    is_recording = values["technology"] == Technology.SESSION_RECORDING
    return is_recording and "visitor-id" in values["data"] and "visitor-id" not in values.get("only", {})


def _rests_on_consent(entries: Entries, point: Entry) -> bool:
    """Return whether all that a point takes in rests on consents, and is found by an address that is required.

    Rule: GDPR Art. 7(3), 17(1)(b) (no other ground to keep it). Why: decision 0087.
    """
    values, items = point.values, {item.name: item.values for item in entries.of("data")}
    asked = {purpose.name for purpose in entries.of("purpose") if purpose.values.get("choice") == "consent"}
    found = any(items.get(name, {}).get("identifier") in _ADDRESSES for name in values.get("required", ()))
    is_all = all(period.get("until") == "consent-withdrawn" for _, period in build.periods(point))
    is_alone = asked.issuperset(values["purposes"]) and not values.get("duties")  # a duty is another ground
    return values["technology"] in _SENT and found and is_all and is_alone


def _reporting(entries: Entries, point: Entry) -> bool:
    """Return whether a pixel is taken in by whom it says: our own pages, or the company behind a link."""
    return point.values["source"] in SOURCES or "collected_by" in point.values or point.name in linked(entries)


def _stops_by_form(entries: Entries) -> bool:
    """Whether the link to the choices stops sale and sharing; where no such right is declared, that is reported already.

    Rule: 11 CCR 7026(a): the signal and, where business is done online, a form behind the link; a banner is none.
    """
    rights = [right.values for right in entries.of("right") if right.name == "opt-out"]
    return not rights or any("web" in values["methods"] for values in rights)


def _only_loaded(entries: Entries, name: str) -> bool:
    """Whether a recipient gets nothing but what its own script or image collects where pages load it: an opt-out stops that."""
    points = [
        point
        for point in entries.of("collection")
        if name in point.values.get("recipients", ()) or point.values.get("collected_by") == name
    ]
    return bool(points) and all("loads" in point.values and point.values.get("collected_by") == name for point in points)


def _recipients(document: Document, entries: Entries) -> Iterator[Diagnostic]:
    """Check that an opt-out stops what third parties get, and that who keeps copies is told to delete."""
    denied = contradicted(document, entries)  # then the contradiction is reported there, once
    known = build.recipients(entries)
    for recipient in entries.of("recipient"):
        is_third = known[recipient.name].effective_role == "third-party"
        if is_third and recipient.name not in denied and not _stops_by_form(entries):
            message = f'"{recipient.name}" is a third party, and the link by which people opt out leads to no form'
            yield diagnostic("AV0702", recipient.here, message, 'add "web" to the methods of [right.opt-out]')
        yield from _told(recipient, only_loaded=is_third and _only_loaded(entries, recipient.name))


def _told(recipient: Entry, *, only_loaded: bool) -> Iterator[Diagnostic]:
    """Check that a recipient that keeps data is told to delete it."""
    days = recipient.values["keeps_days"]
    # What a third party's own script collected never passed through here: nothing here names a person to it, so the letter
    # about a deletion says where it takes an opt-out itself. Rule: Cal. Civ. Code § 1798.105(c)(1); 11 CCR 7022(b)(3).
    if "instruct" not in recipient.values and days > 0 and not only_loaded:
        message = f'"{recipient.name}" keeps data for {days} days, and nothing tells it to delete on request'
        mend = 'add instruct = "page": it answers on a page that staff pass on; or "mail", "webhook", "opendsr"'
        yield diagnostic("AV0703", recipient.at("keeps_days"), message, mend)
