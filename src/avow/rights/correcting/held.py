"""The records that a claim is about, and by what they are known to be of who asks.

An address that is contested as wrong may be the only one by which a record is found. Naming it proves nothing (11 CCR 7060(h)):
what it finds is marked so, and a member of staff says by what they know that it is this person's.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from avow.addresses import address_of
from avow.definitions import Identifier, IdentifierKind, Technology, identifier
from avow.policy import Rulebook
from avow.rights.cases import Claim, Contact
from avow.store.holdings import HeldEvent, HeldSubmission, KeptRecord
from avow.store.store import Store
from avow.telephones import number_of

#: What the ids of values in events, and of what rules keep, begin with.
EVENTS: Final = "events."
KEPT: Final = "kept."
_ID_DIGITS: Final = 24


@dataclass(frozen=True, slots=True)
class Held:
    """A record at the point of a claim; `is_proved`: it is found by what who asks has proved."""

    record: HeldSubmission
    is_proved: bool


def records(store: Store, contact: Contact, claim: Claim, rulebook: Rulebook) -> tuple[Held, ...]:
    """Return the records at a claim's collection point, oldest first: by what was proved, then by what is contested alone."""
    own = _of(store, contact.identifiers(), claim.point)
    former = _of(store, contested(contact, rulebook), claim.point)
    known = {one.record_id for one in own}
    return tuple(Held(one, is_proved=True) for one in own) + tuple(
        Held(one, is_proved=False) for one in former if one.record_id not in known
    )


def proved(store: Store, contact: Contact, claim: Claim) -> tuple[HeldSubmission, ...]:
    """Return the records at a claim's collection point that are found by what who asks has proved, oldest first."""
    return tuple(_of(store, contact.identifiers(), claim.point))


def contested(contact: Contact, rulebook: Rulebook) -> tuple[Identifier, ...]:
    """Return the addresses and numbers that are said to be wrong: by them records may be found, and nobody proved."""
    found = []
    for claim in contact.claims:
        item = rulebook.data.get(claim.field)
        if item is None or item.identifier not in {IdentifierKind.EMAIL, IdentifierKind.PHONE}:
            continue
        is_address = item.identifier is IdentifierKind.EMAIL
        value = address_of(claim.wrong) if is_address else number_of(claim.wrong, item.region)
        if value:
            found.append(identifier(item.identifier, value))
    own = set(contact.identifiers())
    return tuple(one for one in dict.fromkeys(found) if one not in own)


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """What a contested field says outside of what people wrote: in events, value by value, or in what a rule keeps.

    `id` names it in forms and histories, `called` in words; `event` is the newest of so many `records`, `kept` the kept record.
    """

    id: str
    called: str
    text: str
    last_ms: int
    records: int
    event: HeldEvent | None = None
    kept: KeptRecord | None = None


def elsewhere(store: Store, contact: Contact, claim: Claim) -> tuple[Elsewhere, ...]:
    """Return what a contested field says in events and kept records of who is proved. Rule: 11 CCR 7023(c)."""
    people = contact.identifiers()
    told: dict[str, tuple[HeldEvent, int]] = {}
    for record, _ in store.held_at(people, [claim.point]):
        text = record.fields.get(claim.field, "")
        if isinstance(record, HeldEvent) and text:
            newest, count = told.get(text, (record, 0))
            told[text] = (max(newest, record, key=lambda one: one.collected_ms), count + 1)
    found = [
        Elsewhere(_id(store, claim, text), _many(count), text, one.collected_ms, count, event=one)
        for text, (one, count) in sorted(told.items())
    ]
    kept = (one for one in store.kept.of(people) if one.point == claim.point and claim.field in one.fields)
    found += [
        Elsewhere(f"{KEPT}{one.id}", f"kept under {one.rule}", one.fields[claim.field], one.collected_ms, 1, kept=one)
        for one in kept
    ]
    return tuple(found)


def _many(count: int) -> str:
    return "1 event" if count == 1 else f"{count} events"


def _id(store: Store, claim: Claim, text: str) -> str:
    """Return what names one value of a field among events: a keyed hash, so that no form and no history says it."""
    return EVENTS + store.vault.hmac(b"contested", f"{claim.point}\0{claim.field}\0{text}".encode()).hex()[:_ID_DIGITS]


def said(form: HeldSubmission, field: str) -> str:
    """Return what a record says in a field; of a document the hash of its bytes, "" for nothing."""
    return form.fields.get(field, "") or " ".join(one.sha256 for one in form.files if one.item == field)


def _of(store: Store, people: Iterable[Identifier], point: str) -> list[HeldSubmission]:
    found = {
        form.record_id: form for person in people for form in store.submissions_of(person, point) if form.fields or form.files
    }
    return sorted(found.values(), key=lambda form: form.collected_ms)


def source(rulebook: Rulebook, point: str) -> str:
    """Return where the records of a point come from when that is not their person, behind "it came to us"; "" else.

    Rule: 11 CCR 7023(i).
    """
    declared = rulebook.points.get(point)
    if declared is None:
        return ""
    if declared.source not in {"consumer", "device"}:
        return rulebook.sources[declared.source].words if declared.source in rulebook.sources else declared.source
    return f"by “{declared.label}”" if declared.technology is Technology.FEED else ""
