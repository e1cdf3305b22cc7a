"""What of somebody ends with a consent that they take back: the retention classes of what was sent for it alone (decision 0087).

    by a switch in the browser that it is of, or a link that we sent    at once, with the no                  [end_proved]
    by a request, which nobody has to prove                             a week after it was confirmed: whoever knows an
                                                                        address can ask, and what is destroyed is gone

Until then the no holds, and nothing is used for what was stopped.
Rule: GDPR Art. 7(3), 17(1)(b); Cal. Civ. Code § 1798.100(a)(3).
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from typing import Final

from avow.definitions import Identifier
from avow.policy.rulebook import retention_classes
from avow.store.control import Transaction
from avow.store.control import choices as rows
from avow.store.holdings import HeldSubmission
from avow.store.store import Store

#: The sources of a no that nobody proved to be their own word: a request, a form (before the signal's name), an age.
_UNPROVED: Final = ("request", "form-", "age")


@dataclass(frozen=True, slots=True)
class Group:
    """So many records of a collection point; `until` is the last of the days on which they are due."""

    point: str
    records: int
    until: date


@dataclass(frozen=True, slots=True)
class Foreseen:
    """What a withdrawal reaches of what somebody sent: what ends with it, and what stays for its own period, unused for it."""

    ends: tuple[Group, ...]
    stays: tuple[Group, ...]


def foresee(store: Store, people: Collection[Identifier], purposes: Collection[str]) -> Foreseen:
    """Return what ends, and what stays, where these people take back their consent to these purposes."""
    ends: dict[str, Group] = {}
    stays: dict[str, Group] = {}
    for form in {one.record_id: one for person in people for one in store.submissions_of(person)}.values():
        consents = retention_classes.consents(store.vault.class_of(store.owners(form.record_id)))
        if consents and consents <= set(purposes):
            _add(ends, form)
        elif set(purposes) & set(form.purposes):
            _add(stays, form)
    return Foreseen(tuple(ends[point] for point in sorted(ends)), tuple(stays[point] for point in sorted(stays)))


def end(store: Store, people: Collection[Identifier], purposes: Collection[str], at_ms: int) -> bool:
    """Destroy the keys of what was sent for these purposes alone; return whether there was one. Safe to repeat."""
    names = {one.name for one in store.vault.classes_of(people) if _ends(one.name, purposes)}
    return bool(names) and bool(store.vault.end_classes(people, names, at_ms))


def end_proved(store: Store, tx: Transaction, subject: bytes, at_ms: int) -> None:
    """Destroy the keys of what somebody sent for purposes alone that their last proved word stopped.

    In the transaction of that word, which is kept with it or after it: as the vault's own mark of the no.
    """
    names = [name for name in store.vault.class_names(subject) if retention_classes.consents(name)]
    if names:
        last = {one.purpose: one for one in rows.of_subjects(tx, [subject])}
        out = {name for name, one in last.items() if one.opted_out and not one.source.startswith(_UNPROVED)}
        if ended := [name for name in names if _ends(name, out)]:
            store.vault.end_classes_of(subject, ended, at_ms)


def _ends(name: str, purposes: Collection[str]) -> bool:
    consents = retention_classes.consents(name)
    return bool(consents) and consents <= set(purposes)


def _add(groups: dict[str, Group], form: HeldSubmission) -> None:
    before = groups.get(form.point, Group(form.point, 0, form.delete_on))
    groups[form.point] = Group(form.point, before.records + 1, max(before.until, form.delete_on))
