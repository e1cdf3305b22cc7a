"""The records that a claim is about, and by what they are known to be of who asks.

An address that is contested as wrong may be the only one by which a record is found. Naming it proves nothing (11 CCR 7060(h)):
what it finds is marked so, and a member of staff says by what they know that it is this person's.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from avow.addresses import address_of
from avow.definitions import Identifier, IdentifierKind, Technology, identifier
from avow.policy import Rulebook
from avow.rights.cases import Claim, Contact
from avow.store.holdings import HeldSubmission
from avow.store.store import Store
from avow.telephones import number_of


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


def _of(store: Store, people: Iterable[Identifier], point: str) -> list[HeldSubmission]:
    found = {form.record_id: form for person in people for form in store.submissions_of(person, point) if form.fields}
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
