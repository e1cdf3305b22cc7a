"""What this version of the software carries out: a policy that promises more is not served.

The language can declare everything that a company's website does; the software grows towards it. A declaration that
nothing would carry out is an error of group AV07, so that no visitor reads a promise that nobody keeps.
Rule: Bus. & Prof. Code § 22576 (breaking one's own policy).
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from avow.definitions import RequestKind, Technology
from avow.policy import build
from avow.policy.diagnostics import Diagnostic, diagnostic
from avow.policy.parse import Document
from avow.policy.prose import denies_sale
from avow.policy.read import Entries, Entry
from avow.policy.vocabulary import METHODS, RETENTION_CRITERIA, RETENTION_STARTS, RIGHTS, TECHNOLOGIES

_LATER: Final = "wait for a version that does it, or take it out of the policy; --draft judges the text alone"


@dataclass(frozen=True, slots=True)
class CarriedOut:
    """What a version of the software does with a declaration."""

    technologies: frozenset[str]
    methods: frozenset[str]
    rights: frozenset[str]
    retention_starts: frozenset[str]
    retention_criteria: frozenset[str]
    third_parties: bool
    keeping_recipients: bool
    duties: bool
    datasets: bool


#: The language alone: nothing is held against the policy.
EVERYTHING: Final = CarriedOut(
    technologies=frozenset(TECHNOLOGIES),
    methods=frozenset(METHODS),
    rights=frozenset(RIGHTS),
    retention_starts=frozenset(RETENTION_STARTS),
    retention_criteria=frozenset(RETENTION_CRITERIA),
    third_parties=True,
    keeping_recipients=True,
    duties=True,
    datasets=True,
)
THIS_VERSION: Final = CarriedOut(
    technologies=frozenset(
        {
            Technology.FORM,
            Technology.CAREERS_PORTAL,
            Technology.FEED,
            Technology.TAG,
            Technology.WEB_BEACON,
            Technology.SERVER_LOG,
        }
    ),
    methods=frozenset(METHODS) - {"account"},
    rights=frozenset(RequestKind),
    retention_starts=frozenset({"collection", "last-contact", "decision"}),
    retention_criteria=frozenset(),
    third_parties=False,
    keeping_recipients=False,
    duties=False,
    datasets=False,
)


def check_carried_out(document: Document, entries: Entries, does: CarriedOut) -> Iterator[Diagnostic]:
    """Find the declarations that this version of the software would not carry out."""
    for point in entries.of("collection"):
        yield from _point(entries, point, does)
    for right in entries.of("right"):
        if right.name not in does.rights and not right.values.get("by_people", False):
            message = f'this version does not carry out the right "{right.name}"'
            web = ' and take "web" out of the methods' if "web" in right.values["methods"] else ""
            mend = f"add by_people = true{web} if your staff carry it out, or remove the right"
            yield diagnostic("AV0701", right.here, message, mend)
        for place, method in enumerate(right.values["methods"]):
            if method not in does.methods:
                message = f'this version has no way to take requests to {right.name} by "{method}"'
                yield diagnostic(
                    "AV0701", right.at("methods", place), message, "remove the method, or wait for a version that has it"
                )
    denied = denies_sale(document)  # then the contradiction is reported there, once
    for recipient in entries.of("recipient"):
        yield from _recipient(recipient, does, denied=denied)
    if not does.datasets:
        for dataset in entries.of("dataset"):
            yield diagnostic("AV0707", dataset.here, f'this version does not release the data set "{dataset.name}"', _LATER)


def _point(entries: Entries, point: Entry, does: CarriedOut) -> Iterator[Diagnostic]:
    technology = point.values["technology"]
    if technology not in does.technologies and "collected_by" not in point.values:
        message = f'this version does not collect by "{technology}"'
        yield diagnostic("AV0704", point.at("technology"), message, _LATER)
    for place, duty in enumerate(point.values.get("duties", ())):
        if not does.duties and duty in entries.declared("duty"):
            message = f'this version erases records of "{point.name}" on request, whatever "{duty}" says'
            yield diagnostic("AV0705", point.at("duties", place), message, _LATER)
    for way, period in build.periods(point):
        for key, known in (("after", does.retention_starts), ("until", does.retention_criteria)):
            if key in period and period[key] not in known:
                message = f'this version does not see "{period[key]}", so it cannot keep to this period'
                yield diagnostic("AV0706", point.at(*way, key), message, _LATER)


def _recipient(recipient: Entry, does: CarriedOut, *, denied: bool) -> Iterator[Diagnostic]:
    if not does.third_parties and recipient.values["role"] == "third-party" and not denied:
        message = f'"{recipient.name}" is a third party, and this version cannot stop what it is given when somebody opts out'
        yield diagnostic("AV0702", recipient.here, message, _LATER)
    days = recipient.values["keeps_days"]
    if not does.keeping_recipients and days > 0:
        message = f'"{recipient.name}" keeps data for {days} days, and nothing tells it to delete on request'
        mend = "agree that it keeps nothing (keeps_days = 0): instructions to delete are not carried out yet"
        yield diagnostic("AV0703", recipient.at("keeps_days"), message, mend)
