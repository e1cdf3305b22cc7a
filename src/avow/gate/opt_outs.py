"""Opt-outs and who is to be told of them: every third party that got something for what was refused, and who keeps it for us.

An opt-out has its effect here at once: what waits is taken back with it, and whatever has its turn later is asked again. What
left before, or was in hand at that moment, is in the log of disclosures; so who is to be told is worked out from that, whenever
it is asked. Third parties are told to stop, and to tell whomever they gave it; a service provider or contractor that keeps it for
that purpose, not to use it so (a suppression). The house tells who got it before the opt-out, too. What went after a later yes is
nothing of it. Who was told is told again of what it got since.

    queue     (a job, `recipients.passing_on`) a delivery for each recipient that has a connection, or a contact
    left      it has left: the recipient was told, and the opt-out is over with the last of them
    told      a member of staff told it

Rule: 11 CCR 7026(f)(1)-(3), 7052(a); Cal. Civ. Code § 1798.135(f).
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from functools import partial
from typing import Final

from avow.definitions import IdentifierKind, Refusal, identifier, local_date
from avow.gate import choices, deliveries, disclosures, entries, recipients
from avow.gate.disclosures import Disclosure
from avow.gate.parcels import PassedOn
from avow.gate.recipients import Gap
from avow.gate.versions import Versions
from avow.policy import Rulebook
from avow.policy.law import counting, rules
from avow.policy.rulebook import refusals
from avow.store.aside import attempted
from avow.store.control import Transaction
from avow.store.control import choices as chosen
from avow.store.control import opt_outs as rows
from avow.store.control.opt_outs import OptOutRow, Told
from avow.store.store import Store

#: How a recipient may have been told.
WAYS: Final = ("its own form", "e-mail", "telephone", "post", "other")
#: What telling a recipient of one is for, as a delivery says it.
PURPOSE: Final = "opt-outs"
#: Opt-outs that are listed at once.
LISTED: Final = 500
#: What waits for a person is looked at again after this time, milliseconds: what went to a recipient may be forgotten by then.
LOOKED_AT_MS: Final = 24 * 3_600_000
#: Opt-outs that are read at once.
_PAGE: Final = 500
_GONE: Final = Refusal("there is no such opt-out of which somebody is to be told", rules.OPT_OUT_PASSED_ON)


@dataclass(frozen=True, slots=True)
class ToTell:
    """A recipient that is to be told of an opt-out, by what finds the person there: our numbers of the records that went.

    `last_on` is the day on which something last went to it, `told_on` that on which it was told, None while it was not, or more
    went since. `delivery` is the id of what tells it by itself, of which there may be none.
    """

    recipient: str
    label: str
    is_third_party: bool
    categories: str
    records: tuple[str, ...]
    last_on: date
    told_on: date | None
    how: str
    delivery: str


@dataclass(frozen=True, slots=True)
class OptOut:
    """One opt-out by a purpose, under the version `rulebook_id`: late after `target`, too late after `act_by`.

    `tells` is empty where nobody got anything for it.
    """

    id: str
    purpose: str
    source: str
    site: str
    rulebook_id: str
    received_on: date
    target: date
    act_by: date
    tells: tuple[ToTell, ...]

    @property
    def waits(self) -> bool:
        """Whether somebody is still to be told."""
        return any(one.told_on is None for one in self.tells)


@dataclass(frozen=True, slots=True)
class OptOuts:
    """The opt-outs of people of whom something went to a recipient."""

    store: Store
    versions: Versions
    now_ms: Callable[[], int]

    def open_ones(self) -> tuple[OptOut, ...]:
        """Return the opt-outs of which somebody is still to be told, the oldest first, so many at most as are listed.

        One that cannot be read is left out: the job sets it aside. Rule: 11 CCR 7026(f)(2), (3).
        """
        found: list[OptOut] = []
        for row in self.open_rows():
            with self.store.control.reading() as tx:
                _, one = attempted(partial(self.whole, tx, row))
            if one is not None and one.waits:
                found.append(one)
            if len(found) == LISTED:
                break
        return tuple(found)

    def count_late(self) -> int:
        """Return how many opt-outs somebody is still to be told of after their day, of the oldest, so many at most as are listed.

        Rule: 11 CCR 7026(f)(1), (2).
        """
        today = self.versions.today()
        with self.store.control.reading() as tx:
            found = rows.open_ones(tx, LISTED)
        return sum(self._due(row)[1].target < today for row in found)

    def mark(self) -> tuple[object, ...]:
        """Return what says whether there may be something new to tell: opt-outs to look at, contacts and the version."""
        with self.store.control.reading() as tx:
            return rows.due_mark(tx, self.now_ms(), _PAGE), recipients.changes(tx), self.versions.in_force().id

    def due_rows(self) -> Iterator[OptOutRow]:
        """Yield every opt-out that is to be looked at now, what was said last first; no transaction is open meanwhile."""
        after, now_ms = None, self.now_ms()
        while True:
            with self.store.control.reading() as tx:
                found = rows.due(tx, now_ms, _PAGE, after)
            yield from found
            if len(found) < _PAGE:
                return
            after = found[-1]

    def of_names(self, names: Iterable[str]) -> Iterator[OptOutRow]:
        """Yield those of some ids that are not over."""
        for name in names:
            with self.store.control.reading() as tx:
                row = rows.get(tx, name)
            if row is not None and row.closed_ms is None and row.subject is not None:
                yield row

    def look_at_all(self) -> None:
        """Have all that are not over looked at: a contact, a connection or the version in force is another one."""
        with self.store.control.transaction() as tx:
            rows.look(tx, 0)

    def open_rows(self) -> Iterator[OptOutRow]:
        """Yield every opt-out that is not known to be over, the oldest first; no transaction is open meanwhile."""
        after: OptOutRow | None = None
        while True:
            with self.store.control.reading() as tx:
                found = rows.open_ones(tx, _PAGE, after)
            yield from found
            if len(found) < _PAGE:
                return
            after = found[-1]

    def get(self, opt_out_id: str) -> OptOut | None:
        """Return one, with everybody who is to be told of it, or was."""
        with self.store.control.reading() as tx:
            row = rows.get(tx, opt_out_id)
            return None if row is None else self.whole(tx, row)

    def to_tell(self, opt_out_id: str, recipient: str) -> tuple[OptOut, ToTell] | None:
        """Return what there is to tell a recipient of an opt-out; None when it was told, or there is nothing any more."""
        one = self.get(opt_out_id)
        waiting = [told for told in one.tells if told.recipient == recipient and told.told_on is None] if one else []
        return (one, waiting[0]) if one is not None and waiting else None

    def told(self, opt_out_id: str, recipient: str, how: str, staff_id: str) -> Refusal | None:
        """Note that a recipient was told, and how; `staff_id` "" is the command line. Rule: 11 CCR 7026(f)(2), 7101(a)."""
        if how not in WAYS:
            return Refusal("say how it was told: " + ", ".join(WAYS), rules.RECORDS_KEPT)
        found = self.to_tell(opt_out_id, recipient)
        if found is None:
            return _GONE
        told, now_ms = found[1], self.now_ms()
        with self.store.control.transaction() as tx:
            deliveries.withdraw(tx, told.delivery, "a member of staff told it")  # before the opt-out: in the order of `left`
            row = rows.get(tx, opt_out_id, locks=True)
            if row is None or not any(one == told for one in self.whole(tx, row).tells):
                return _GONE
            self._note(tx, row, PassedOn(opt_out_id, recipient, told.records), how, now_ms, staff_id)
        return None

    def left(self, tx: Transaction, said: PassedOn, how: str, now_ms: int) -> None:
        """Note that something left that told a recipient, in the transaction that notes it. Rule: 11 CCR 7026(f)(2), 7101(a)."""
        row = rows.get(tx, said.opt_out, locks=True)
        if row is not None:
            self._note(tx, row, said, how, now_ms, None)

    def settle(self, tx: Transaction, row: OptOutRow, now_ms: int) -> OptOut:
        """Return an opt-out, which is over where nobody is to be told of it; what goes for it later opens it again."""
        one = self.whole(tx, rows.get(tx, row.id, locks=True) or row)
        if one.waits:
            rows.looked_at(tx, row.id, now_ms + LOOKED_AT_MS)
        else:
            rows.close(tx, row.id, now_ms)
        return one

    def parent_says(self, address: str, purposes: tuple[str, ...], way: str) -> Refusal | None:
        """Keep what a parent allowed of a child under 13, whom an address finds. Rule: 11 CCR 7070(a)."""
        child = [identifier(IdentifierKind.EMAIL, address)]
        return choices.parent_says(self.store, child, purposes, way, self.versions.in_force(), "", self.now_ms())

    def rulebook(self, one: OptOut) -> Rulebook:
        """Return the version under which an opt-out was said; the one in force where that is not known any more."""
        return self.versions.rulebook(one.rulebook_id) or self.versions.in_force()

    def whole(self, tx: Transaction, row: OptOutRow) -> OptOut:
        """Return an opt-out with who is to be told of it now."""
        received_on, due = self._due(row)
        named = (row.id, row.purpose, row.source, row.site, row.rulebook_id, received_on, due.target, due.outer)
        return OptOut(*named, self._tells(tx, row))

    def _due(self, row: OptOutRow) -> tuple[date, counting.Due]:
        """Return the day on which an opt-out was received, and those by which it is carried out."""
        table = (self.versions.rulebook(row.rulebook_id) or self.versions.in_force()).law_table
        received_on = min(local_date(row.at_ms, self.versions.timezone), local_date(row.at_ms, table.timezone))
        return received_on, counting.due(received_on, table.optout, table.counting)

    def _note(self, tx: Transaction, row: OptOutRow, said: PassedOn, how: str, now_ms: int, staff_id: str | None) -> None:
        """Keep that a recipient was told; `staff_id` None: by what left by itself."""
        rows.tell(tx, row.id, Told(said.recipient, now_ms, staff_id or "", how, " ".join(said.records)))
        by = entries.by_whom(staff_id) if staff_id is not None else {}
        entries.record(tx, now_ms, entries.OptOutTold(row.id, said.recipient, how, **by))
        self.settle(tx, row, now_ms)

    def _tells(self, tx: Transaction, row: OptOutRow) -> tuple[ToTell, ...]:
        if row.subject is None:
            return ()
        said = chosen.of_subjects(tx, [row.subject])
        later = [one.at_ms for one in said if one.purpose == row.purpose and not one.opted_out and one.at_ms > row.at_ms]
        until_ms = min(later, default=None)
        told = {one.recipient: one for one in rows.told(tx, row.id)}
        by_recipient: dict[str, list[Disclosure]] = {}
        for one in disclosures.of_subject(tx, row.subject):
            is_of_it = self._reaches(row.purpose, one) and (until_ms is None or one.at_ms < until_ms)
            if is_of_it and not one.demonstration:
                by_recipient.setdefault(one.recipient, []).append(one)
        gaps = recipients.gaps(tx) if by_recipient else ()
        found = (self._tell(row.id, name, given, told.get(name), gaps) for name, given in sorted(by_recipient.items()))
        return tuple(one for one in found if one is not None)

    def _reaches(self, refused: str, one: Disclosure) -> bool:
        """Return whether what went is of what was refused: for that purpose, or what a limit or an objection stops.

        Of a version that nobody knows any more, all that went is. Rule: 11 CCR 7026(f)(2), 7027(g)(2), (3).
        """
        if refused not in refusals.WORDS:
            return one.purpose == refused
        rulebook = self.versions.rulebook(one.rulebook_id)
        if rulebook is None or one.purpose not in rulebook.purposes:
            return True
        items = [rulebook.data[name] for name in one.items.split() if name in rulebook.data]
        return refusals.reaches(refused, rulebook.purposes[one.purpose], items)

    def _tell(  # what who is to be told follows from
        self, opt_out_id: str, name: str, given: list[Disclosure], told: Told | None, gaps: Sequence[Gap]
    ) -> ToTell | None:
        """Return what there is to tell one recipient; None for who works for us and keeps nothing."""
        last = max(given, key=lambda one: one.at_ms)
        rulebook = self.versions.rulebook(last.rulebook_id)
        declared = rulebook.recipients.get(name) if rulebook else None
        then = (
            recipients.as_it_was(self.versions.rulebook(one.rulebook_id), name, recipients.lacked(gaps, name, one.at_ms))
            for one in given
        )
        is_third_party = any(one is None or one.effective_role == "third-party" for one in then)
        if declared is not None and not is_third_party and not declared.keeps_days:
            return None
        timezone, is_told = self.versions.timezone, told is not None and _knows(told, given)
        return ToTell(
            recipient=name,
            label=declared.label if declared else name,
            is_third_party=is_third_party,
            categories="".join(sorted({letter for one in given for letter in one.categories})),
            records=tuple(dict.fromkeys(one.record for one in given if one.record)),
            last_on=local_date(last.at_ms, timezone),
            told_on=local_date(told.told_ms, timezone) if told and is_told else None,
            how=told.how if told and is_told else "",
            delivery=deliveries.opt_out_id(opt_out_id, name, told.told_ms if told else 0),
        )


def are_open(store: Store, opt_out_ids: Collection[str]) -> bool:
    """Return whether somebody may still have to be told of one of these. Rule: 11 CCR 7026(f)(2), (3)."""
    with store.control.reading() as tx:
        found = [rows.get(tx, one) for one in opt_out_ids]
    return any(one is not None and one.subject is not None and one.closed_ms is None for one in found)


def _knows(told: Told, given: list[Disclosure]) -> bool:
    """Return whether a recipient was told of all that it was given, as what it is; earlier versions did not keep of what."""
    if told.records == rows.AS_OURS:
        return False
    known = None if told.records is None else set(told.records.split())
    return all(one.at_ms <= told.told_ms and (known is None or not one.record or one.record in known) for one in given)
