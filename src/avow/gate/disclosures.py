"""What leaves, decided once, before it does: the decision travels with what leaves, and is noted as it was decided.

    a message to somebody         carries their address to who runs the mail server
    a click on a counted link     takes a number of its own to the other company
    a script that a page loads    takes in for the other company; counted by page view, without anybody in it

What such a script takes in never passes through here; that it may load is decided here, once for each page view, so that
is what can be counted. A browser's blocker may have kept it out all the same: the figure is never too small for that.
Rule: Cal. Civ. Code § 1798.130(a)(5)(C); § 1798.110(a)(4); § 1798.140(ad), (ah) (making available is selling or sharing).
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from operator import itemgetter
from typing import Final

from avow.definitions import Event, Identifier, IdentifierKind, Record, Refusal, identifier, moment
from avow.gate import entries
from avow.gate.counts import Counts
from avow.policy import Rulebook
from avow.policy.law import rules
from avow.policy.law.counting import add_months
from avow.policy.rulebook import refusals
from avow.policy.rulebook.conversions import CLICK_ID
from avow.store.control import Transaction, disclosures, opt_outs
from avow.store.control.dated import DISCLOSED_MONTHS
from avow.store.control.disclosures import Disclosure, DisclosureTotal
from avow.store.holdings import Holdings
from avow.store.store import Store

__all__ = [
    "ADDRESS",
    "Disclosure",
    "DisclosureTotal",
    "Leave",
    "Loaded",
    "PartyLoads",
    "collected",
    "date_earlier",
    "decide",
    "forget_on",
    "note",
    "note_handed_over",
    "of_people",
    "of_subject",
    "stand",
    "standing_of",
    "totals",
]

#: What an e-mail carries to who runs the mail server: identifiers (Cal. Civ. Code § 1798.140(v)(1)(A)).
ADDRESS: Final = "A"
#: Rows a worker counts between two flushes; they are points of the policy, so there are few.
_ROWS: Final = 500
RulebookOf = Callable[[str], Rulebook | None]


@dataclass(frozen=True, slots=True)
class Leave:
    """What the gate says of something that goes out: under which version, for what, from which point, to whom, what, whose.

    `point` is "" for what belongs to no collection point, `subject` None for nobody who is known; `categories` are the letters
    of § 1798.140(v)(1), `site` is the name of the website that it was given on. `items` are the policy's names of what goes of a
    `record`, `others` the further pseudonyms of its person, and `delivery` is by which it leaves.
    """

    rulebook: Rulebook
    recipient: str
    purpose: str
    point: str
    categories: str
    site: str
    subject: bytes | None = None
    items: tuple[str, ...] = ()
    record: str = ""
    others: frozenset[bytes] = frozenset()
    delivery: str = ""

    def disclosure(self, at_ms: int, *, count: int = 1, demonstration: bool = False) -> Disclosure:
        """Return what is kept of it once it has left at a moment."""
        until = forget_on(self.rulebook, self.recipient, at_ms) if self.subject is not None else None
        named = (self.recipient, self.categories, self.purpose, self.point, self.rulebook.id, self.subject)
        is_known = self.subject is not None
        return Disclosure(
            at_ms,
            *named,
            count,
            demonstration=demonstration,
            forget_on=until,
            site=self.site,
            items=" ".join(self.items),
            record=self.record if is_known else "",
            delivery=self.delivery if is_known else "",
        )


def decide(
    rulebook: Rulebook,
    recipient: str,
    purpose: str,
    point: str,
    categories: str,
    site: str,
    allowed: Collection[str] | None = None,
) -> Leave | Refusal:
    """Return the leave of something that would go to a recipient, by the version under which it was given on a website.

    `allowed` are the recipients that the version allows it; by default those of its point. A later version adds none.
    Rule: Cal. Civ. Code § 1798.100(a)(1), (d).
    """
    declared = rulebook.points.get(point)
    recipients = allowed if allowed is not None else declared.recipients if declared else frozenset[str]()
    if recipient not in recipients:
        return Refusal(f"“{point}” does not go to “{recipient}”", rules.NOTICE_AT_COLLECTION)
    return Leave(rulebook, recipient, purpose, point, categories, site)


def note(tx: Transaction, leave: Leave, at_ms: int, own_id: str | None = None, *, demonstration: bool = False) -> bool:
    """Note that something left, with its entry of the log, which names nobody; False when it is noted already.

    `own_id` is there for what may be noted again (`of_delivery`). Invented people are in no log. What carries nothing of anybody,
    an instruction with a link in it, is no disclosure. Rule: Cal. Civ. Code § 1798.130(a)(5)(C).
    """
    if not leave.categories:
        return False
    whose = sorted(one for one in {leave.subject, *leave.others} if one is not None)
    for subject in whose:
        opt_outs.hold(tx, subject)
    one = leave.disclosure(at_ms, demonstration=demonstration)
    is_new = disclosures.add(tx, one, own_id)
    if not is_new and one.delivery and one.forget_on is not None:
        disclosures.put_off(tx, one.delivery, one.forget_on)
    for other in sorted(leave.others) if is_new else ():  # found by each of its identifiers, and counted once
        disclosures.add(tx, replace(leave, subject=other).disclosure(at_ms, count=0, demonstration=demonstration))
    for subject in whose if is_new else ():
        if opt_outs.there_are(tx, subject):
            opt_outs.reopen(tx, subject, {leave.purpose, *refusals.WORDS}, at_ms)
            opt_outs.add_said(tx, subject, () if demonstration else {leave.purpose, *refusals.WORDS})
    if is_new and not demonstration:
        entries.record(tx, at_ms, entries.Disclosed(leave.recipient, leave.categories, leave.purpose))
    return is_new


def of_delivery(leave: Leave) -> str:
    """Return the id of the disclosure by a delivery: it is one, however often it is handed over."""
    return _id(f"delivery {leave.delivery} {leave.purpose} {' '.join(leave.items)}")


def forget_on(rulebook: Rulebook | None, recipient: str, at_ms: int) -> date:
    """Return the day from which nobody need know any more whose data a recipient was given at a moment.

    As long as the recipient keeps it by the version under which it went, and a year at least; else a deletion, an opt-out or
    the lists that a person may ask for could not be carried out there. Rule: Cal. Civ. Code § 1798.130(a)(5)(C) (12 months),
    § 1798.105(c)(1), § 1798.110(a)(4).
    """
    went = moment(at_ms).date()
    declared = rulebook.recipients.get(recipient) if rulebook else None
    kept = timedelta(days=declared.keeps_days if declared else 0)
    return max(add_months(went, DISCLOSED_MONTHS), went + kept) + timedelta(days=1)


def date_earlier(store: Store, rulebook_of: RulebookOf) -> int:
    """Give the disclosures of earlier versions their day; return how many. Called once, before the jobs begin."""
    with store.control.transaction() as tx:
        rows = disclosures.undated(tx)
        days = {row_id: forget_on(rulebook_of(rulebook_id), recipient, at_ms) for row_id, rulebook_id, recipient, at_ms in rows}
        disclosures.date_them(tx, days)
    return len(days)


def totals(store: Store, since_ms: int) -> tuple[DisclosureTotal, ...]:
    """Return what went to whom since a moment, apart by the version under which it went."""
    with store.control.reading() as tx:
        return disclosures.totals(tx, since_ms)


def of_subject(tx: Transaction, subject: bytes) -> tuple[Disclosure, ...]:
    """Return what of one person went to whom, as long as somebody need know. Rule: 11 CCR 7026(f)(2), (3)."""
    return disclosures.of_subjects(tx, [subject])


def of_people(store: Store, people: Iterable[Identifier]) -> tuple[Disclosure, ...]:
    """Return what of these people went to whom, oldest first, for as long as anybody need know whose it was."""
    subjects = store.vault.subjects_of(people)
    with store.control.reading() as tx:
        return disclosures.of_subjects(tx, subjects) if subjects else ()


def standing_of(store: Store, people: Iterable[Identifier], rulebook_of: RulebookOf) -> tuple[Disclosure, ...]:
    """Return what of these people who stores or carries for us may keep beyond us, as of the last moment at which it had it.

    Whoever keeps nothing of its own has what is on our machines, and loses it with us. Rule: Cal. Civ. Code § 1798.105(c)(1).
    """
    with store.control.reading() as tx:
        stood = disclosures.standing(tx)
    versions = {one.rulebook_id: rulebook_of(one.rulebook_id) for one in stood}
    keeping = [one for one in stood if _keeps(versions[one.rulebook_id], one.recipient)]
    held = store.find(people) if keeping else Holdings()
    points = {(one.point, one.rulebook_id): one.site for one in held.events}
    points |= {(one.point, one.rulebook_id): one.site for one in held.submissions}
    found = [(one, points.get((one.point, one.rulebook_id))) for one in keeping]
    return tuple(one.of(one.until_ms, site) for one, site in found if site is not None)


def _keeps(rulebook: Rulebook | None, recipient: str) -> bool:
    declared = rulebook.recipients.get(recipient) if rulebook else None
    return declared is not None and declared.keeps_days > 0


def stand(store: Store, rulebook: Rulebook, recipients: Collection[str], now_ms: int) -> None:
    """Note that these recipients store or carry for us all the time what their points take in, by the version in force.

    Rule: Cal. Civ. Code § 1798.130(a)(5)(C), § 1798.110(a)(4): who runs the machine has it, though nothing is sent.
    """
    with store.control.transaction() as tx:
        for name in sorted(set(recipients) & rulebook.recipients.keys()):
            declared = rulebook.recipients[name]
            for point in (one for one in rulebook.points.values() if name in one.recipients):
                for purpose in sorted(point.purposes & declared.purposes):
                    items = [item for item in point.fields if purpose in point.needing(item)]
                    letters = "".join(sorted({letter for item in items for letter in rulebook.data[item].categories}))
                    facts = (name, point.name, purpose, rulebook.id, letters, " ".join(sorted(items)), now_ms, now_ms)
                    disclosures.stand(tx, disclosures.Standing(*facts))


# -- numbers that go out with a link -----------------------------------------------------------------------------------------


def note_handed_over(store: Store, records: Iterable[Record], rulebook_of: RulebookOf) -> None:
    """Note each number that went out with a link, as a disclosure about its person; a repetition adds nothing.

    Rule: Cal. Civ. Code § 1798.130(a)(5)(C), § 1798.110(a)(4).
    """
    for record in records:
        if not isinstance(record, Event) or CLICK_ID not in record.sealed:
            continue
        rulebook = rulebook_of(record.rulebook_id)
        links = rulebook.external_links.values() if rulebook else ()
        link = next((one for one in links if one.clicks == record.point and one.recipient), None)
        if rulebook is not None and link is not None:
            own_id = _id(f"click {record.record_id}")
            with store.control.transaction() as tx:
                leave = _of_click(store, record, rulebook, link.recipient)
                note(tx, leave, record.collected_ms, own_id, demonstration=record.demonstration)


def _of_click(store: Store, click: Event, rulebook: Rulebook, recipient: str) -> Leave:
    """Return the leave of a click's number: it was decided with the click's permit, before it went."""
    person = identifier(IdentifierKind.VISITOR, click.visitor) if click.visitor else None
    subject = store.vault.lookup([person]).get(person) if person else None
    categories = "".join(sorted(rulebook.data[CLICK_ID].categories))
    needing = rulebook.points[click.point].needing(CLICK_ID) & rulebook.recipients[recipient].purposes
    what = (rulebook, recipient, min(needing, default=""), click.point, categories, click.site, subject)
    return Leave(*what, items=(CLICK_ID,), record=click.record_id)  # the number by which the other company knows the click


# -- other companies' scripts ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Loaded:
    """A point at which another company takes in itself, let load on a website on a day (UTC) under a version."""

    day: date
    site: str
    point: str
    rulebook_id: str
    demonstration: bool


class PartyLoads:
    """Counts in memory; `flush` adds them to the disclosures of their day."""

    def __init__(self) -> None:
        self._counts: Counts[Loaded] = Counts(_ROWS, lambda row: row)

    def add(self, row: Loaded) -> None:
        """Count one page view."""
        self._counts.add(row)

    def flush(self, store: Store, rulebook_of: RulebookOf) -> None:
        """Add what was counted since the last flush; kept for the next one when the store does not take it."""
        self._counts.flush(lambda found: _keep(store, rulebook_of, found))


def _keep(store: Store, rulebook_of: RulebookOf, found: Mapping[Loaded, int]) -> None:
    books = {row: rulebook_of(row.rulebook_id) for row in found}
    wanted = [one for row, book in books.items() if book for one in _of_loads(book, row, found[row])]
    with store.control.transaction() as tx:
        for own_id, disclosure in sorted(wanted, key=itemgetter(0)):  # in one order: who add to the same rows wait in turn
            disclosures.add_up(tx, disclosure, own_id)


def _of_loads(rulebook: Rulebook, row: Loaded, count: int) -> list[tuple[str, Disclosure]]:
    """Return the disclosures of a day: one for each purpose of the point, with every category that it can take in."""
    point = rulebook.points[row.point]
    letters = {letter for name in point.fields for letter in rulebook.data[name].categories}
    at_ms = int(datetime.combine(row.day, time(), UTC).timestamp() * 1000)
    made = []
    for purpose in sorted(point.purposes):
        own_id = _id(f"load {row.day} {row.site} {row.point} {purpose} {row.rulebook_id} {row.demonstration}")
        leave = Leave(rulebook, point.collected_by or "", purpose, row.point, "".join(sorted(letters)), row.site)
        made.append((own_id, leave.disclosure(at_ms, count=count, demonstration=row.demonstration)))
    return made


def collected(totals: tuple[DisclosureTotal, ...], rulebook_of: RulebookOf) -> dict[str, int]:
    """Return by point how many page views let another company's script take in; each has one total for each purpose."""
    views: dict[tuple[str, str], int] = {}
    for one in totals:
        rulebook = rulebook_of(one.rulebook_id)
        point = rulebook.points.get(one.point) if rulebook else None
        if point is not None and point.loads and point.collected_by == one.recipient:
            key = one.point, one.rulebook_id
            views[key] = max(views.get(key, 0), one.count)
    found: dict[str, int] = {}
    for (name, _), count in views.items():
        found[name] = found.get(name, 0) + count
    return found


def _id(of_what: str) -> str:
    """Return the id of a disclosure that may be noted again."""
    return hashlib.blake2b(of_what.encode(), digest_size=16).hexdigest()
