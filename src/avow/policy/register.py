"""Printout: the register of processing activities, one row for each collection point, as a page and as rows.

Rule: GDPR Art. 30(1): (a) controller and contacts, (b) purposes, (c) categories of people and of data, (d) recipients,
(e) transfers to third countries with their safeguards, (f) time limits for erasure, (g) security measures.
"""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass
from typing import Final

from markupsafe import Markup

from avow.definitions import Technology
from avow.policy.markup import bullets, day, joined, lowered, table
from avow.policy.measures import measures
from avow.policy.rulebook import CollectionPoint, Recipient, Rulebook
from avow.policy.tables import contact_lines
from avow.policy.vocabulary import ROLES, SHORT_CATEGORIES

#: Countries of the European Economic Area, as a policy may write them: a recipient elsewhere is in a third country.
_EEA_WORDS: Final = """
Austria Belgium Bulgaria Croatia Cyprus Czechia Denmark Estonia Finland France Germany Greece Hungary Iceland Ireland Italy Latvia
Liechtenstein Lithuania Luxembourg Malta Netherlands Norway Poland Portugal Romania Slovakia Slovenia Spain Sweden
AT BE BG HR CY CZ DK EE FI FR DE GR HU IS IE IT LV LI LT LU MT NL NO PL PT RO SK SI ES SE
"""
EEA: Final = frozenset(_EEA_WORDS.split())
#: Technology -> the people whose data it takes in (Art. 30(1)(c)).
PEOPLE: Final = {Technology.FORM: "people who write to us"}
VISITORS: Final = "visitors of our websites"
COLUMNS: Final = (
    "Activity",
    "Purposes",
    "Categories of people",
    "Categories of personal data",
    "Recipients",
    "Third-country transfers and safeguards",
    "Time limit for erasure",
    "Security measures",
)


@dataclass(frozen=True, slots=True)
class Activity:
    """One processing activity of the register, in words; the tuples are lists of what the law asks for."""

    name: str
    label: str
    purposes: tuple[str, ...]
    people: str
    data: tuple[str, ...]
    recipients: tuple[str, ...]
    transfers: tuple[str, ...]
    erasure: str
    measures: tuple[str, ...]


def register(rulebook: Rulebook) -> tuple[Activity, ...]:
    """Return the register in the order of the policy. Rule: GDPR Art. 30(1)(b)-(g)."""
    return tuple(_activity(rulebook, point) for point in rulebook.points.values())


def register_page(rulebook: Rulebook) -> Markup:
    """Return the register as a table with the controller above it. Rule: GDPR Art. 30(1)."""
    rows = (
        (
            one.label,
            bullets(one.purposes),
            one.people,
            bullets(one.data),
            bullets(one.recipients) if one.recipients else "nobody",
            bullets(one.transfers) if one.transfers else "none",
            one.erasure,
            bullets(one.measures),
        )
        for one in register(rulebook)
    )
    dates = Markup("<p>Version <code>{}</code> of the policy, effective {}, last updated {}.</p>\n").format(
        rulebook.id[:12], day(rulebook.effective), day(rulebook.updated)
    )
    return (
        Markup("<h2>Controller</h2>\n")
        + contact_lines(rulebook)
        + dates
        + Markup("<h2>Processing activities</h2>\n")
        + table("Register of processing activities (GDPR Art. 30)", COLUMNS, rows)
    )


def register_csv(rulebook: Rulebook) -> str:
    """Return the register as CSV: a heading, then a row for each activity with the controller in front; lists by "; "."""
    who = rulebook.controller
    contact = "; ".join(part for part in (who.email, who.phone, who.website) if part)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")  # RFC 4180
    writer.writerow(("Controller", "Address", "Contact", *COLUMNS, "Policy version", "Effective"))
    for one in register(rulebook):
        lists = ("; ".join(one.recipients), "; ".join(one.transfers), one.erasure, "; ".join(one.measures))
        cells = (one.label, "; ".join(one.purposes), one.people, "; ".join(one.data), *lists)
        row = (who.name, who.address, contact, *cells, rulebook.id, rulebook.effective.isoformat())
        writer.writerow([_inert(cell) for cell in row])
    return text.getvalue()


def _activity(rulebook: Rulebook, point: CollectionPoint) -> Activity:
    recipients = [recipient for name, recipient in rulebook.recipients.items() if name in point.recipients]
    return Activity(
        name=point.name,
        label=point.label,
        purposes=tuple(purpose.label for purpose in rulebook.purposes.values() if purpose.name in point.purposes),
        people=PEOPLE.get(point.technology, VISITORS),
        data=tuple(_by_category(rulebook, point)),
        recipients=tuple(f"{one.label} ({ROLES[one.effective_role]}): {one.services}" for one in recipients),
        transfers=tuple(_transfer(one) for one in recipients if one.country not in EEA),
        erasure=point.retention.words,
        measures=tuple(measure.words for measure in measures(rulebook, point)),
    )


def _by_category(rulebook: Rulebook, point: CollectionPoint) -> list[str]:
    """Return the point's data by statutory category, with what is sensitive marked (Art. 9 asks for more there)."""
    found = []
    for letter, called in SHORT_CATEGORIES.items():
        items = [rulebook.data[name] for name in point.fields if rulebook.data[name].category == letter]
        if items:
            labels = joined(lowered(item.label) + (" (sensitive)" if item.sensitive else "") for item in items)
            found.append(f"{called}: {labels}")
    return found


def _transfer(recipient: Recipient) -> str:
    """Say where the data goes and on what it rests; the policy declares contracts, and no safeguard of Art. 46 by name."""
    rests = f"contract of {recipient.contract.signed.isoformat()}" if recipient.contract else "no contract"
    return f"{recipient.label}, {recipient.country}: {rests}; no safeguard of Art. 46 is declared in the policy"


def _inert(cell: str) -> str:
    """Return a cell that a spreadsheet shows and does not calculate: a leading =, +, - or @ gets an apostrophe before it."""
    return f"'{cell}" if cell[:1] in {"=", "+", "-", "@", "\t", "\r"} else cell
