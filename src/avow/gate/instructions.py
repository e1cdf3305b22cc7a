"""What recipients are told to do with what they were given of a person, for a consumer request; and what they answered.

    queue      in the transaction of the request's step: one row for each recipient, and a delivery that tells it
    left       the delivery has left, or a person passed it on; reminders count from here
    answer     the recipient's one answer, on its page or by its computers, or what a member of staff noted for it

The row names nobody: what finds the person there, and what was said of them, is sealed under the key of the consumer request.
A recipient reaches its page by a link that is signed by the vault's secret, so nothing is stored to check one.
Why: decision 0075. Rule: Cal. Civ. Code § 1798.105(c)(1), (3); 11 CCR 7022(b)(2), (3), (c).
"""

from __future__ import annotations

import hmac
import json
import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from enum import StrEnum
from typing import Final

from avow.gate import deliveries, entries, recipients
from avow.gate.deliveries import ToTell
from avow.policy import Rulebook
from avow.policy.law import rules
from avow.store.control import Transaction
from avow.store.control import instructions as rows
from avow.store.control.instructions import NOT_TOLD, SILENT, Instruction, due, get, of_requests, opened, reminders_left, untold
from avow.store.store import Store

__all__ = [
    "BY_STAFF",
    "NOT_TOLD",
    "OF",
    "PURPOSE",
    "RECIPIENT",
    "SILENT",
    "WITH_REASON",
    "Answer",
    "Change",
    "Instruction",
    "Wanted",
    "Way",
    "What",
    "answer",
    "answer_by",
    "changes",
    "count_left",
    "due",
    "get",
    "identifiers",
    "is_third_party",
    "left",
    "link",
    "new_id",
    "not_taken",
    "of_link",
    "of_requests",
    "opened",
    "queue",
    "remind",
    "reminders_left",
    "take_back",
    "untold",
    "words",
]

#: Hex digits of the HMAC in a link: 128 bits.
_MARK_LENGTH: Final = 32
#: What telling a recipient is for, as a delivery says it.
PURPOSE: Final = "consumer-requests"
#: By whom an answer is that a recipient gave itself.
RECIPIENT: Final = "recipient"
#: Why what would have told a recipient is withdrawn.
_TAKEN_BACK: Final = f"the permission of the agent who asked had ended ({rules.AGENTS})"
_DAY_MS: Final = 24 * 3_600_000


class What(StrEnum):
    """What a recipient is told to do."""

    ERASE = "erase"
    CORRECT = "correct"


class Way(StrEnum):
    """How a recipient is told, as the policy declares it (`instruct`)."""

    PAGE = "page"  #: a member of staff passes the link to its page on
    MAIL = "mail"  #: an e-mail with the link goes to its contact
    WEBHOOK = "webhook"  #: its computers are told, over the connection of the configuration
    OPENDSR = "opendsr"  #: the same by OpenDSR, and asked how far they are


#: The connector of each way.
CONNECTORS: Final = {Way.PAGE: deliveries.BY_PAGE, Way.MAIL: "smtp", Way.WEBHOOK: "webhook", Way.OPENDSR: "opendsr"}


class Answer(StrEnum):
    """What a recipient answered; the last is noted by staff for a third party that cannot be told."""

    ERASED = "erased"
    CORRECTED = "corrected"
    DEIDENTIFIED = "deidentified"
    KEPT = "kept"
    NOT_FOUND = "not-found"
    CANNOT = "cannot"
    DISPROPORTIONATE = "disproportionate"


#: What only a member of staff may note, and what says nothing without a reason.
BY_STAFF: Final = frozenset({Answer.DISPROPORTIONATE})
WITH_REASON: Final = frozenset({Answer.KEPT, Answer.CANNOT, Answer.DISPROPORTIONATE})
#: Which answers there are to what.
OF: Final = {
    What.ERASE: frozenset(Answer) - {Answer.CORRECTED},
    What.CORRECT: frozenset({Answer.CORRECTED, Answer.NOT_FOUND, Answer.CANNOT, Answer.DISPROPORTIONATE}),
}


@dataclass(frozen=True, slots=True)
class Change:
    """What of a person is to be corrected at a recipient: the data item as it is called, what it says, and what is right.

    `after` is "" where the item is to be erased instead; `statement` is what a person says where it was not corrected.
    Rule: 11 CCR 7023(c), (f)(3).
    """

    item: str
    before: str
    after: str
    statement: str = ""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What one recipient is to be told: by the version under which something last went to it, and by when it answers.

    `identifiers` are what finds the person there, each with what it is: ("e-mail address", "robin@example.com"); `changes` what
    is to be corrected of them. `is_third_party`: some of what went was sold or shared when it went.
    """

    recipient: str
    rulebook_id: str
    way: Way
    categories: str
    due_on: date
    identifiers: tuple[tuple[str, str], ...]
    is_third_party: bool
    what: What = What.ERASE
    changes: tuple[Change, ...] = ()


def new_id() -> str:
    """Return the id of an instruction that is to be: a plan names it."""
    return secrets.token_hex(16)


def queue(store: Store, tx: Transaction, request_id: str, site: str, wanted: Mapping[str, Wanted], now_ms: int) -> None:
    """Keep what recipients are told, by ids, and queue what tells them, in the transaction of the request's step."""
    seal = store.sealing_for_request(request_id)
    made = [
        Instruction(
            id=instruction_id,
            request_id=request_id,
            recipient=one.recipient,
            rulebook_id=one.rulebook_id,
            what=one.what,
            way=one.way,
            categories=one.categories,
            sealed=seal(_packed(one)),
            site=site,
            made_ms=now_ms,
            due_on=one.due_on,
        )
        for instruction_id, one in wanted.items()
    ]
    rows.add(tx, made)
    deliveries.queue_instructions(tx, map(_delivered, made), now_ms)
    for one in made:
        entries.record(tx, now_ms, entries.RequestInstructed("request.instructed", request_id, one.id, one.recipient))


def left(
    tx: Transaction, instruction_id: str, at_ms: int, remind_after: Sequence[int], how: str, staff: str | None = None
) -> None:
    """Note that a recipient was told, in the transaction that notes that the delivery left; a reminder changes nothing here.

    `remind_after` are days after which it is reminded.
    """
    one = rows.get(tx, instruction_id)
    if one is None:
        return
    next_ms = at_ms + remind_after[0] * _DAY_MS if remind_after else None
    if one.told_ms is None:
        rows.told(tx, instruction_id, at_ms, next_ms)
        told = entries.RequestInstructed("request.instruction-told", one.request_id, one.id, one.recipient, how=how, staff=staff)
        entries.record(tx, at_ms, told)


def not_taken(tx: Transaction, instruction_id: str, delivery_id: str, why: str, now_ms: int) -> bool:
    """Have a member of staff pass on what the computers of a recipient do not take, in place of its delivery.

    False, and nothing changes, for what is answered, or passed on so already.
    """
    one = rows.get(tx, instruction_id)
    if one is None or not rows.passed_on_by_hand(tx, instruction_id):
        return False
    deliveries.withdraw(tx, delivery_id, why)
    deliveries.queue_instructions(tx, [replace(_delivered(one), connector=deliveries.BY_PAGE)], now_ms)
    return True


def remind(tx: Transaction, one: Instruction, remind_after: Sequence[int], now_ms: int) -> bool:
    """Queue a reminder, and note when the next one is due; False when another process has, or there is an answer.

    None is queued of what a member of staff passed on, which nobody carries: they see to it from its day on.
    """
    if one.way == Way.PAGE:
        rows.left_to_staff(tx, one)
        return False
    later = [one.told_ms + days * _DAY_MS for days in remind_after[one.reminders + 1 :]] if one.told_ms is not None else []
    if not rows.reminded(tx, one, next((moment for moment in later if moment > now_ms), None)):
        return False
    deliveries.queue_instructions(tx, [_delivered(one)], now_ms)
    entries.record(tx, now_ms, entries.RequestInstructed("request.reminded", one.request_id, one.id, one.recipient))
    return True


def answer(store: Store, tx: Transaction, one: Instruction, said: Answer, reason: str, by: str, now_ms: int) -> bool:
    """Keep the one answer of a recipient, `by` itself or a member of staff, and what it said; False when there is one already.

    Rule: 11 CCR 7022(b)(2), (c); 7051(a)(8) (a recipient that cannot says so).
    """
    sealed = store.seal_for_request(one.request_id, reason.encode()) if reason else b""
    if not rows.answered(tx, one.id, said, sealed, by, now_ms):
        return False
    deliveries.received(tx, one.request_id, one.id, now_ms)
    who = {"by": RECIPIENT} if by == RECIPIENT else entries.by_whom(by)
    noted = entries.RequestInstructed(
        "request.instruction-answered", one.request_id, one.id, one.recipient, answer=said.value, **who
    )
    entries.record(tx, now_ms, noted)
    return True


def take_back(tx: Transaction, untold_ids: Iterable[str], now_ms: int) -> None:
    """Tell these recipients nothing any more, and withdraw what would tell them. What leaves at this moment has left.

    Rule: 11 CCR 7063(a) (a permission that ended).
    """
    for instruction_id in sorted(untold_ids):
        one = rows.get(tx, instruction_id)
        if one is not None and rows.answered(tx, instruction_id, NOT_TOLD, b"", "", now_ms):
            for delivery in rows.telling(tx, one):
                deliveries.withdraw(tx, delivery, _TAKEN_BACK)
            noted = entries.RequestInstructed("request.instruction-taken-back", one.request_id, one.id, one.recipient)
            entries.record(tx, now_ms, noted)


def identifiers(store: Store, one: Instruction) -> tuple[tuple[str, str], ...] | None:
    """Return what finds the person at the recipient; None once it was forgotten. Raises for damaged bytes."""
    plain = store.unseal_for_request(one.request_id, one.sealed)
    if plain is None:
        return None
    kept = json.loads(plain)
    return tuple((str(kind), str(value)) for kind, value in (kept["people"] if isinstance(kept, dict) else kept))


def changes(store: Store, one: Instruction) -> tuple[Change, ...]:
    """Return what a recipient is to correct; nothing for what is to be erased, and once it was forgotten. Raises as above."""
    plain = store.unseal_for_request(one.request_id, one.sealed) if one.what == What.CORRECT else None
    return () if plain is None else tuple(Change(*map(str, each)) for each in json.loads(plain)["changes"])


def is_third_party(store: Store, one: Instruction, rulebook: Rulebook | None) -> bool:
    """Return whether a recipient is told as a third party: some of what went to it was sold or shared when it went.

    Of what an earlier version made, and once it is forgotten whom it is about, by what the recipient was when it was made, under
    the version `rulebook`. Raises for damaged bytes. Rule: 11 CCR 7022(b)(2), (3), 7051(c).
    """
    plain = store.unseal_for_request(one.request_id, one.sealed) if one.sealed else None
    kept = json.loads(plain) if plain is not None else None
    if isinstance(kept, dict) and "third_party" in kept:
        return bool(kept["third_party"])
    declared = recipients.as_of(store.control, rulebook, one.recipient, one.made_ms)
    return declared is None or declared.effective_role == "third-party"


def _packed(one: Wanted) -> bytes:
    """Return what is sealed of what a recipient is told: whom it is about, as what it is told, and what is to be corrected."""
    said: dict[str, object] = {"people": one.identifiers, "third_party": one.is_third_party}
    if one.what is What.CORRECT:
        said["changes"] = [[each.item, each.before, each.after, each.statement] for each in one.changes]
    return json.dumps(said).encode()


def words(store: Store, one: Instruction) -> str:
    """Return what a recipient said with its answer; "" for nothing, and once it was forgotten. Raises for damaged bytes."""
    return (store.unseal_for_request(one.request_id, one.words) or b"").decode()


def link(keyed: Callable[[bytes, bytes], bytes], instruction_id: str) -> str:
    """Return the token of a recipient's page."""
    return f"{instruction_id}-{keyed(b'instruction', instruction_id.encode()).hex()[:_MARK_LENGTH]}"


def of_link(keyed: Callable[[bytes, bytes], bytes], token: str) -> str | None:
    """Return the instruction behind a token; None for one that was not made here."""
    instruction_id = token.partition("-")[0]
    is_ours = hmac.compare_digest(link(keyed, instruction_id).encode(), token.encode())
    return instruction_id if is_ours else None


def answer_by(answer_on: date, days_before: int, today: date) -> date:
    """Return the day by which recipients answer: so long before our own answer is due, and tomorrow at the earliest.

    Never after our own day. House rule, LAW.md 6: 10 days.
    """
    return min(answer_on, max(answer_on - timedelta(days=days_before), today + timedelta(days=1)))


def count_left(store: Store, today: date, now_ms: int) -> int:
    """Return how many recipients a member of staff has to see to. Rule: 11 CCR 7022(b)(2), (3)."""
    with store.control.reading() as tx:
        return rows.count_left(tx, today, now_ms - _DAY_MS)


def _delivered(one: Instruction) -> ToTell:
    return ToTell(one.request_id, one.id, one.recipient, CONNECTORS[Way(one.way)], one.site, one.rulebook_id)
