"""Printout: the register of processing activities, one row for each collection point, as a page and as rows.

Rule: GDPR Art. 30(1): (a) controller and contacts, (b) purposes, (c) categories of people and of data, (d) recipients,
(e) transfers to third countries with their safeguards, (f) time limits for erasure, (g) security measures.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from markupsafe import Markup

from avow.policy.language.vocabulary import EEA, EFFECTIVE_ROLES, PEOPLE, SAFEGUARDS, SHORT_CATEGORIES
from avow.policy.law import rules
from avow.policy.markup import bullets, day, joined, lowered, table
from avow.policy.printouts.recipients import binding
from avow.policy.printouts.tables import contact_lines
from avow.policy.rulebook import combining
from avow.policy.rulebook.measures import measures
from avow.policy.rulebook.periods import periods
from avow.policy.rulebook.rulebook import CollectionPoint, Recipient, Rulebook

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
    erasure: tuple[str, ...]
    measures: tuple[str, ...]


def register(rulebook: Rulebook) -> tuple[Activity, ...]:
    """Return the register in the order of the policy. Rule: GDPR Art. 30(1)(b)-(g)."""
    return tuple(_activity(rulebook, point) for point in rulebook.points.values())


def register_page(rulebook: Rulebook) -> Markup:
    """Return the register with the controller above it, a table for each activity. Rule: GDPR Art. 30(1)."""
    dates = Markup("<p>Version <code>{}</code> of the policy, effective {}, last updated {}.</p>\n").format(
        rulebook.id[:12], day(rulebook.effective), day(rulebook.updated)
    )
    activities = Markup("").join(_table(one) for one in register(rulebook))
    head = Markup("<h2>Controller</h2>\n") + contact_lines(rulebook) + dates
    return head + Markup("<h2>Processing activities ({})</h2>\n").format(rules.PROCESSING_RECORDS) + activities


def _table(one: Activity) -> Markup:
    """Return one activity: what the article asks for at the left, what holds at the right."""
    cells = (
        bullets(one.purposes),
        one.people,
        bullets(one.data),
        bullets(one.recipients) if one.recipients else "nobody",
        bullets(one.transfers) if one.transfers else "none",
        bullets(one.erasure),
        bullets(one.measures),
    )
    return table(one.label, ("The register asks for", "What holds"), zip(COLUMNS[1:], cells, strict=True))


def register_csv(rulebook: Rulebook) -> str:
    """Return the register as CSV: a heading, then a row for each activity with the controller in front; lists by "; ".

    Rule: GDPR Art. 30(1).
    """
    who = rulebook.controller
    officers = (("representative", who.representative), ("data protection officer", who.data_protection_officer))
    named = (f"{role}: {name}" for role, name in officers if name)
    contact = "; ".join(part for part in (who.email, who.phone, who.website, *named) if part)
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\r\n")  # RFC 4180
    writer.writerow(("Controller", "Address", "Contact", *COLUMNS, "Policy version", "Effective"))
    for one in register(rulebook):
        lists = ("; ".join(one.recipients), "; ".join(one.transfers), "; ".join(one.erasure), "; ".join(one.measures))
        cells = (one.label, "; ".join(one.purposes), one.people, "; ".join(one.data), *lists)
        row = (who.name, who.address, contact, *cells, rulebook.id, rulebook.effective.isoformat())
        writer.writerow([_inert(cell) for cell in row])
    return text.getvalue()


def _activity(rulebook: Rulebook, point: CollectionPoint) -> Activity:
    given = {*point.recipients, point.collected_by}
    recipients = [recipient for name, recipient in rulebook.recipients.items() if name in given]
    return Activity(
        name=point.name,
        label=point.label,
        purposes=tuple(_used_for(rulebook, point, name) for name in rulebook.purposes if name in point.purposes),
        people=PEOPLE[point.people],
        data=tuple(_by_category(rulebook, point)),
        recipients=tuple(_recipient(rulebook, one) for one in recipients),
        transfers=tuple(_transfer(one) for one in recipients if one.country not in EEA),
        erasure=tuple(_limits(rulebook, point)),
        measures=tuple(_protecting(rulebook, point)),
    )


def _used_for(rulebook: Rulebook, point: CollectionPoint, purpose: str) -> str:
    """Return what a purpose is called, and with which other points it puts this one together."""
    others = joined(combining.called(rulebook, name) for name in combining.others(rulebook, purpose, point.name))
    label = rulebook.purposes[purpose].label
    return f"{label} (put together with {others})" if others else label


def _limits(rulebook: Rulebook, point: CollectionPoint) -> Iterator[str]:
    """Yield the time limits of a point: one for all purposes, or one for each that differs; and duties to keep longer."""
    kept = periods(rulebook, point)
    for retention, purposes in kept:
        called = joined(lowered(rulebook.purposes[name].label) for name in purposes)
        yield retention.words if len(kept) == 1 else f"{called}: {retention.words}"
    if rulebook.backup_days is not None:
        yield f"in backups for {rulebook.backup_days} days more"
    for duty in (rulebook.duties[name] for name in point.duties):
        fields = joined(lowered(rulebook.data[name].label) for name in point.fields if name in duty.fields)
        yield f"{duty.label}: {fields}, {duty.keeps.words} ({duty.rule})"


def _by_category(rulebook: Rulebook, point: CollectionPoint) -> list[str]:
    """Return the point's data by statutory category, with what is sensitive marked (Art. 9 asks for more there)."""
    found = []
    for letter, called in SHORT_CATEGORIES.items():
        items = [rulebook.data[name] for name in point.fields if letter in rulebook.data[name].categories]
        if items:
            labels = joined(lowered(item.label) + (" (sensitive)" if item.sensitive else "") for item in items)
            found.append(f"{called}: {labels}")
    return found


def _protecting(rulebook: Rulebook, point: CollectionPoint) -> Iterator[str]:
    if point.collected_by:
        yield f"those of {rulebook.recipients[point.collected_by].label}, which takes the data in itself"
    yield from (measure.words for measure in measures(rulebook, point))


def _recipient(rulebook: Rulebook, recipient: Recipient) -> str:
    """Return a recipient with its role, what it does, and what else binds it."""
    held = ", ".join(binding(rulebook, recipient))
    words = f"{recipient.label} ({EFFECTIVE_ROLES[recipient.effective_role]}): {recipient.services}"
    return f"{words} ({held})" if held else words


def _transfer(recipient: Recipient) -> str:
    """Say where the data goes and on what that rests (Art. 44-49)."""
    rests = SAFEGUARDS.get(recipient.safeguards, "no safeguard is declared")
    signed = f"; contract of {recipient.contract.signed.isoformat()}" if recipient.contract else ""
    return f"{recipient.label}, {recipient.country}: {rests}{signed}"


def _inert(cell: str) -> str:
    """Return a cell that a spreadsheet shows and does not calculate: a leading =, +, - or @ gets an apostrophe before it."""
    return f"'{cell}" if cell[:1] in {"=", "+", "-", "@", "\t", "\r"} else cell
