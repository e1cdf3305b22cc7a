"""A consumer request between its rows and this room's words; how it is found by keyed hashes."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from avow.definitions import Identifier, IdentifierKind, identifier
from avow.rights.cases import MARK_LENGTH, REFERENCE_DIGITS, Case, Claim, Contact
from avow.rights.states import Entry, Step
from avow.store.control import Transaction, requests
from avow.store.control.requests import RequestEvent, StoredRequest

#: The vault's keyed hash: of a label and a text.
Keyed = Callable[[bytes, bytes], bytes]


def case_of(row: StoredRequest, history: Sequence[RequestEvent], contact: Contact | None = None) -> Case:
    """Return a request as this room knows it; without a contact, by its history alone. Rule: 11 CCR 7101(a)."""
    return Case(
        request_id=row.id,
        kind=row.kind,
        received_ms=row.received_ms,
        received_on=row.received_on,
        rulebook_id=row.rulebook_id,
        channel=row.channel,
        demonstration=row.demonstration,
        history=entries_of(history),
        contact=contact,
        site=row.site,
        jurisdiction=row.jurisdiction,
        entered_ms=row.entered_ms or row.received_ms,  # 0: added by an earlier version while this one was being installed
        parent=row.parent,
    )


def entries_of(history: Sequence[RequestEvent]) -> tuple[Entry, ...]:
    """Return the entries of a history. Why: decision 0007."""
    return tuple(Entry(one.seq, one.at_ms, Step(one.what), json.loads(one.detail)) for one in history)


def contact_of(kept: Mapping[str, Any]) -> Contact:  # Any: JSON
    """Return a contact as it was kept, by this version or an earlier one. Rule: 11 CCR 7101(a)."""
    lists = {name: tuple(kept.get(name, ())) for name in ("more_visitors", "points", "purposes", "beyond")}
    claims = tuple(Claim(**one) for one in kept.get("claims", ()))
    numbers = tuple((name, mark) for name, mark in kept.get("numbers", ()))
    return Contact(**{**kept, **lists, "claims": claims, "numbers": numbers})


def row_of(request_id: str, entry: Entry) -> RequestEvent:
    """Return an entry of a history as it is kept. Rule: 11 CCR 7101(a)."""
    return RequestEvent(request_id, entry.seq, entry.at_ms, entry.step.value, json.dumps(entry.detail))


def id_quoted(tx: Transaction, quoted: str) -> str:
    """Return the id of the request that somebody quotes by its reference; "" for none, or where it does not say which.

    Rule: 11 CCR 7101(a) (a record can be found).
    """
    if not re.fullmatch(rf"[0-9a-f]{{{REFERENCE_DIGITS},}}", quoted.lower()):
        return ""
    found = requests.referred_to(tx, quoted.lower())
    return found[0] if len(found) == 1 else ""


def mark_of(case: Case, keyed: Keyed) -> str:
    """Return what requests of one kind with one address have in common, a keyed hash; "" for invented people.

    Those of an agent are its own: the link that confirms one names its agent, and gives no other permission.

    Rule: 11 CCR 7060(d).
    """
    if case.contact is None or case.demonstration or not case.contact.email:
        return ""
    address = identifier(IdentifierKind.EMAIL, case.contact.email)
    return keyed(b"request", f"{case.kind} {address.value}{case.agent}".encode()).hex()[:MARK_LENGTH]


def asker_of(contact: Contact, keyed: Keyed) -> str:
    """Return by what the requests of one address are counted, a keyed hash. Rule: Cal. Civ. Code § 1798.130(b)."""
    address = identifier(IdentifierKind.EMAIL, contact.email)
    return keyed(b"asked by", address.value.encode()).hex()[:MARK_LENGTH]


def marks_of(people: Iterable[Identifier], keyed: Keyed) -> list[str]:
    """Return by what requests about these people are found, a keyed hash of each identifier. Rule: 11 CCR 7101(a)."""
    return [keyed(b"request about", f"{one.kind.value} {one.value}".encode()).hex()[:MARK_LENGTH] for one in people]
