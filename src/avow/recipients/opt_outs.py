"""Opt-outs and who is to be told of them: every third party that got something for what was refused, and who keeps it for us.

An opt-out has its effect here at once: what waits is taken back with it, and whatever has its turn later is asked again. What
left before, or was in hand at that moment, is in the log of disclosures; so who is to be told is worked out from that, whenever
it is asked. Third parties are told to stop, and to tell whomever they gave it; a service provider or contractor that keeps it for
that purpose, not to use it so (a suppression). The house tells who got it before the opt-out, too.
Rule: 11 CCR 7026(f)(1)-(3), 7052(a); Cal. Civ. Code § 1798.135(f).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import Final

from avow.definitions import IdentifierKind, Refusal, identifier, local_date
from avow.gate import choices, disclosures, entries
from avow.gate.disclosures import Disclosure
from avow.gate.versions import Versions
from avow.policy.law import counting, rules
from avow.store.control import Transaction
from avow.store.control import opt_outs as rows
from avow.store.control.opt_outs import OptOutRow, Told
from avow.store.store import Store

#: How a recipient may have been told.
WAYS: Final = ("its own form", "e-mail", "telephone", "post", "other")
#: Opt-outs that are listed at once.
LISTED: Final = 500
_GONE: Final = Refusal("there is no such opt-out of which somebody is to be told", rules.OPT_OUT_PASSED_ON)


@dataclass(frozen=True, slots=True)
class ToTell:
    """A recipient that is to be told of an opt-out, by what finds the person there: our numbers of the records that went.

    `last_on` is the day on which something last went to it, `told_on` that on which it was told, None while it was not.
    """

    recipient: str
    label: str
    is_third_party: bool
    categories: str
    records: tuple[str, ...]
    last_on: date
    told_on: date | None
    how: str


@dataclass(frozen=True, slots=True)
class OptOut:
    """One opt-out by a purpose: late after `target`, too late after `act_by`.

    `tells` is empty where nobody got anything for it.
    """

    id: str
    purpose: str
    source: str
    site: str
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
        """Return the opt-outs of which somebody is still to be told, the oldest first. Rule: 11 CCR 7026(f)(2), (3)."""
        with self.store.control.reading() as tx:
            found = [self._whole(tx, row) for row in rows.open_ones(tx, LISTED)]
        return tuple(one for one in found if one.waits)

    def get(self, opt_out_id: str) -> OptOut | None:
        """Return one, with everybody who is to be told of it, or was."""
        with self.store.control.reading() as tx:
            row = rows.get(tx, opt_out_id)
            return None if row is None else self._whole(tx, row)

    def told(self, opt_out_id: str, recipient: str, how: str, staff_id: str) -> Refusal | None:
        """Note that a recipient was told, and how; `staff_id` "" is the command line. Rule: 11 CCR 7026(f)(2), 7101(a)."""
        if how not in WAYS:
            return Refusal("say how it was told: " + ", ".join(WAYS), rules.RECORDS_KEPT)
        now_ms = self.now_ms()
        with self.store.control.transaction() as tx:
            row = rows.get(tx, opt_out_id)
            found = self._whole(tx, row) if row is not None else None
            if found is None or recipient not in {one.recipient for one in found.tells if one.told_on is None}:
                return _GONE
            if not rows.tell(tx, opt_out_id, Told(recipient, now_ms, staff_id, how)):
                return _GONE
            entries.record(tx, now_ms, entries.OptOutTold(opt_out_id, recipient, how, **entries.by_whom(staff_id)))
            if row is not None and not self._whole(tx, row).waits:
                rows.close(tx, opt_out_id, now_ms)
        return None

    def parent_says(self, address: str, purposes: tuple[str, ...], way: str) -> Refusal | None:
        """Keep what a parent allowed of a child under 13, whom an address finds. Rule: 11 CCR 7070(a)."""
        child = [identifier(IdentifierKind.EMAIL, address)]
        return choices.parent_says(self.store, child, purposes, way, self.versions.in_force(), "", self.now_ms())

    def _whole(self, tx: Transaction, row: OptOutRow) -> OptOut:
        """Return an opt-out with who is to be told of it now."""
        in_force = self.versions.in_force()
        table = (self.versions.rulebook(row.rulebook_id) or in_force).law_table
        received_on = min(local_date(row.at_ms, self.versions.timezone), local_date(row.at_ms, table.timezone))
        due = counting.due(received_on, table.optout, table.counting)
        named = (row.id, row.purpose, row.source, row.site, received_on, due.target, due.outer)
        return OptOut(*named, self._tells(tx, row))

    def _tells(self, tx: Transaction, row: OptOutRow) -> tuple[ToTell, ...]:
        went = disclosures.of_subject(tx, row.subject) if row.subject else ()
        told = {one.recipient: one for one in rows.told(tx, row.id)}
        by_recipient: dict[str, list[Disclosure]] = {}
        for one in went:
            if one.purpose == row.purpose and not one.demonstration:
                by_recipient.setdefault(one.recipient, []).append(one)
        found = (self._tell(name, given, told.get(name)) for name, given in sorted(by_recipient.items()))
        return tuple(one for one in found if one is not None)

    def _tell(self, name: str, given: list[Disclosure], told: Told | None) -> ToTell | None:
        """Return what there is to tell one recipient; None for who works for us and keeps nothing."""
        last = max(given, key=lambda one: one.at_ms)
        rulebook = self.versions.rulebook(last.rulebook_id)
        declared = rulebook.recipients.get(name) if rulebook else None
        is_third_party = declared is None or declared.effective_role == "third-party"
        if declared is not None and not is_third_party and not declared.keeps_days:
            return None
        timezone = self.versions.timezone
        return ToTell(
            recipient=name,
            label=declared.label if declared else name,
            is_third_party=is_third_party,
            categories="".join(sorted({letter for one in given for letter in one.categories})),
            records=tuple(dict.fromkeys(one.record for one in given if one.record)),
            last_on=local_date(last.at_ms, timezone),
            told_on=local_date(told.told_ms, timezone) if told else None,
            how=told.how if told else "",
        )
