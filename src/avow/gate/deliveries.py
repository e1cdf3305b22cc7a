"""Everything that leaves to a person or a recipient has a row here: queued in the transaction of what it tells of, and followed.

A row names what it is about, and never holds what it says: `recipients.carrying` has it composed when its turn comes, and
everything is asked again then. Two things are kept sealed: the letters of a consumer request, which have to stay the very same,
under the request's key; and another address that staff gave for a notice, under its person's key, until it has left.
Why: decision 0072. The states: `store.control.deliveries`.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Literal

from avow.definitions import Identifier, StoreUnavailable
from avow.gate.disclosures import ADDRESS
from avow.store import sealing
from avow.store.control import Transaction
from avow.store.control import deliveries as rows
from avow.store.control.deliveries import (
    BY_HAND,
    BY_PAGE,
    MAIL,
    OF_RECORDS,
    OF_REQUESTS,
    TAKEN_OVER,
    UNSENT,
    About,
    Delivery,
    Lane,
    add_new,
    again,
    claim,
    count_batch,
    count_failed,
    due,
    failed_requests,
    get,
    held,
    is_held,
    kept,
    listed,
    longest_due_ms,
    new_id,
    of_request,
    passed_on,
    received,
    release,
    remove,
    renew,
    sent,
    to_recipients,
    undelivered,
    untried,
    withdraw,
    withdraw_batch,
)
from avow.store.control.delivery_turns import hasten_held
from avow.store.store import Store

__all__ = [
    "BY_HAND",
    "BY_PAGE",
    "MAIL",
    "OF_RECORDS",
    "OF_REQUESTS",
    "TAKEN_OVER",
    "UNSENT",
    "About",
    "Delivery",
    "Errand",
    "Lane",
    "OptedOut",
    "Reference",
    "ToGo",
    "ToTell",
    "again",
    "are_leaving",
    "claim",
    "count_batch",
    "count_failed",
    "due",
    "failed_requests",
    "get",
    "hasten_held",
    "held",
    "is_held",
    "kept",
    "letter",
    "listed",
    "longest_due_ms",
    "new_id",
    "of_request",
    "open_address",
    "opt_out_id",
    "passed_on",
    "queue_confirmation",
    "queue_each",
    "queue_instructions",
    "queue_letter",
    "queue_opt_outs",
    "queue_records",
    "received",
    "release",
    "remove",
    "renew",
    "seal_address",
    "sent",
    "take_back_conversions",
    "to_recipients",
    "undelivered",
    "untried",
    "withdraw",
    "withdraw_batch",
]

#: What an address that staff gave is bound to; earlier versions sealed whole messages so.
_ADDRESS_AAD: Final = b"mail"


@dataclass(frozen=True, slots=True)
class Reference:
    """By what one of many is composed: a submission of its person, and in the name of which website it goes."""

    site: str
    record: str


@dataclass(frozen=True, slots=True)
class Errand:
    """What records go out for: to whom, by which way, for what ("": whatever they may go for in their turn), who asked."""

    kind: Literal["disclosure", "order", "conversion"]
    recipient: str
    connector: str
    purpose: str = ""
    batch: str = ""
    asker: str = ""


@dataclass(frozen=True, slots=True)
class ToGo:
    """A record that is to go: of a point, under a version, of these people; `with_` are further records that it needs."""

    record: str
    point: str
    site: str
    rulebook_id: str
    subjects: frozenset[bytes]
    with_: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class ToTell:
    """What a recipient is told for a request, by its row (`gate.instructions`), which it is composed from; by which connector."""

    request_id: str
    instruction: str
    recipient: str
    connector: str
    site: str
    rulebook_id: str


@dataclass(frozen=True, slots=True)
class OptedOut:
    """Of which opt-out of whom a recipient is told, by which connector; `delivery` is its id (`opt_out_id`)."""

    delivery: str
    opt_out: str
    subject: bytes
    recipient: str
    connector: str
    site: str
    rulebook_id: str


def queue_letter(
    store: Store,
    tx: Transaction,
    request_id: str,
    content: bytes,
    made_ms: int,
    *,
    kind: Literal["letter", "answer"] = "letter",
    delivery_id: str = "",
    site: str = "",
    rulebook_id: str = "",
    by_hand: bool = False,
) -> str:
    """Queue a letter of a consumer request, with the one copy of it under the request's key; return its id, a new one for "".

    `rulebook_id` is the version that the request is held to, `site` the website on which it was filed;
    `by_hand`: a member of staff passes it on, for no mail server reaches its person.
    """
    delivery_id = delivery_id or new_id()
    about = (About(request_id=request_id, items=ADDRESS),)
    connector = BY_HAND if by_hand else MAIL.connector
    row = Delivery(delivery_id, kind, made_ms, site=site, rulebook_id=rulebook_id, connector=connector, people=about)
    rows.add(tx, row, store.seal_for_request(request_id, content))
    return delivery_id


def queue_confirmation(tx: Transaction, subject: bytes, record: str, site: str, rulebook_id: str, made_ms: int) -> str:
    """Queue the message that asks whether somebody subscribed; `record` is the subscription that waits. Returns its id."""
    delivery_id = new_id()
    about = (About(subject=subject, record=record, items=ADDRESS),)
    rows.add(tx, Delivery(delivery_id, "confirmation", made_ms, site=site, rulebook_id=rulebook_id, people=about))
    return delivery_id


def queue_instructions(tx: Transaction, wanted: Iterable[ToTell], made_ms: int) -> None:
    """Queue what tells recipients what to do for a consumer request, or reminds them."""
    rows.add_each(
        tx,
        [
            Delivery(
                new_id(),
                "instruction",
                made_ms,
                site=one.site,
                rulebook_id=one.rulebook_id,
                recipient=one.recipient,
                connector=one.connector,
                people=(About(request_id=one.request_id, record=one.instruction),),
            )
            for one in wanted
        ],
    )


def opt_out_id(opt_out: str, recipient: str, told_ms: int) -> str:
    """Return the id of what tells a recipient of an opt-out, which follows from both; `told_ms`: when it was last told, or 0."""
    return hashlib.blake2b(f"opt-out {opt_out} {recipient} {told_ms}".encode(), digest_size=16).hexdigest()


def queue_opt_outs(tx: Transaction, wanted: Iterable[OptedOut], made_ms: int) -> int:
    """Queue what tells recipients of opt-outs, each once by its id; return how many are new."""
    return add_new(
        tx,
        [
            Delivery(
                one.delivery,
                "opt-out",
                made_ms,
                site=one.site,
                rulebook_id=one.rulebook_id,
                recipient=one.recipient,
                connector=one.connector,
                people=(About(subject=one.subject, record=one.opt_out),),
            )
            for one in wanted
        ],
    )


def queue_each(
    store: Store,
    tx: Transaction,
    kind: Literal["mailing", "notice"],
    batch: str,
    people: Mapping[Identifier, Reference],
    made_ms: int,
) -> int:
    """Queue one for each of these people who has none of this batch; return how many are new. Who was erased gets none.

    `batch` is a mailing's id, or the number of an announced version.
    """
    subjects = store.vault.lookup(people)
    known = store.vault.keys_of(subjects.values()).keys() - rows.have_one(tx, batch, list(subjects.values()))
    new = {subject: people[one] for one, subject in subjects.items() if subject in known}
    whose = [(one.site, (About(subject=subject, record=one.record, items=ADDRESS),)) for subject, one in new.items()]
    rows.add_each(tx, [Delivery(new_id(), kind, made_ms, site=site, batch=batch, people=about) for site, about in whose])
    return len(new)


def queue_records(tx: Transaction, errand: Errand, records: Iterable[ToGo], made_ms: int) -> tuple[str, ...]:
    """Queue a delivery for each record that has none of this errand; return their ids, which follow from both.

    What is queued twice, because a batch was interrupted or a record came again, leaves once.
    """
    made = []
    for one in records:
        first = min(one.subjects, default=None)
        people = [About(subject=subject, record=one.record) for subject in sorted(one.subjects)] or [About(record=one.record)]
        people += [About(subject=first, record=other) for other in one.with_]
        drawn = f"{errand.kind} {errand.batch} {errand.recipient} {one.record}"
        row = Delivery(
            id=hashlib.blake2b(drawn.encode(), digest_size=16).hexdigest(),
            kind=errand.kind,
            made_ms=made_ms,
            site=one.site,
            batch=errand.batch,
            rulebook_id=one.rulebook_id,
            recipient=errand.recipient,
            connector=errand.connector,
            point=one.point,
            purpose=errand.purpose,
            asker=errand.asker,
            people=tuple(people),
        )
        made.append(row)
    add_new(tx, made)
    return tuple(one.id for one in made)


def are_leaving(store: Store, people: Iterable[Identifier]) -> bool:
    """Return whether a record of these people is with a connector at this moment."""
    subjects = store.vault.subjects_of(people)
    with store.control.reading() as tx:
        found = rows.of_subjects(tx, subjects) if subjects else ()
    return any(row.state == "leaving" and row.kind in OF_RECORDS for row in found)


def take_back_conversions(store: Store, people: Iterable[Identifier], points: Collection[str], why: str) -> int:
    """Take back what would tell a third party of an event of these people, at these points (any for none); return how many.

    What is with a connector at this moment goes (`are_leaving`).
    """
    subjects = store.vault.subjects_of(people)
    with store.control.reading() as tx:
        found = rows.of_subjects(tx, subjects) if subjects else ()
    waiting = [one for one in found if one.kind == "conversion" and one.state in {"waiting", "failed"}]
    wanted = [one.id for one in waiting if not points or one.point in points]
    if not wanted:
        return 0
    with store.control.transaction() as tx:
        return sum(withdraw(tx, one, why) for one in wanted)


def letter(store: Store, tx: Transaction, row: Delivery) -> bytes | None:
    """Return what `queue_letter` was given; None when its key was destroyed, or nothing is kept. Raises for damaged bytes."""
    sealed = rows.letter(tx, row.id)
    return store.unseal_for_request(row.request_id, sealed) if row.request_id and sealed else None


def seal_address(store: Store, row: Delivery, address: str) -> bytes:
    """Return another address for a delivery, sealed for its person. Raises StoreUnavailable without a key."""
    key = store.vault.key_of(row.subject) if row.subject else None
    if key is None:
        raise StoreUnavailable("the person's key was destroyed while an address was corrected")
    return sealing.seal(key, json.dumps({"to": address}).encode(), _ADDRESS_AAD)


def open_address(store: Store, row: Delivery) -> str:
    """Return the address that staff gave for a delivery, "" for none. Raises for damaged bytes."""
    sealed, subject = row.about.sealed, row.subject
    key = store.vault.key_of(subject) if sealed and subject else None
    return str(json.loads(sealing.unseal(key, sealed, _ADDRESS_AAD))["to"]) if key is not None and sealed else ""
