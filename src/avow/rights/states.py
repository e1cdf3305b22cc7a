"""The states of a consumer request, one drawing for each kind; no transition lives anywhere else (LAW.md, section 6).

KNOW, DELETE, PORTABILITY, CONFIRM_IDENTIFIER (`VERIFIED_WALK`): verified, looked at where it has to be, carried out, answered

                                                 REVIEWING           DOWNSTREAM
                                                    ▲ ▼               ▲     │
    RECEIVED ──► ACKNOWLEDGING ──► VERIFYING ──► VERIFIED ──► FULFILLING ──► PROVED
                       │               │                                       │
                       └───────────────┴──► DENIED(unverified, on its day) ────┤
                                                                               ▼
         (purged) ◄── RECORD_ONLY ◄── CLOSED ◄── RESPONDED ◄────────────── ANSWERING

    a part is withheld, and not decided about yet:  PROVED ──► TELLING ──► DECIDING ──► FULFILLING ──► PROVED ──► ANSWERING

    RECEIVED ──► JOINED ──► RESPONDED: asked again with the same address, answered with the request that leads

CORRECT (`CORRECT_WALK`): as above, and in between a person decides, field by field

    VERIFIED ──► REVIEWING ──► FULFILLING ──► …
                   │    ▲
                   └────┘ one field decided

    VERIFIED    -> REVIEWING    -> [kinds.correct]           it waits for a member of staff, and is late when its day is over
    REVIEWING   -> REVIEWING    -> [correcting.documents]    one is needed, and why; or
    REVIEWING   -> REVIEWING    -> [correcting.reviewing]    one contested field: corrected, deleted, denied
    REVIEWING   -> FULFILLING   -> [correcting.carrying]     every field is decided; with it, what tells recipients is queued
    FULFILLING  -> FULFILLING   -> [correcting.carrying]     one field a step
    either      -> PROVED       -> [correcting.carrying]     looked again: nothing says what it said before

OPT_OUT, LIMIT, OBJECT (`APPLIED_WALK`), WITHDRAW_CONSENT (`CONSENT_WALK`: in its week CLOSED ──► DENIED): nobody is verified

    RECEIVED ──► APPLYING ──► CONFIRMED ──► CLOSED ──► RECORD_ONLY ──► (purged)
        │            │
        └────────────┴──► DENIED(fraudulent, by staff) ──► ANSWERING ──► RESPONDED ──► CLOSED
                              └── no address is known ───────────────────────▲

RESTRICT (`RESTRICTED_WALK`): verified, then applied

    RECEIVED ──► ACKNOWLEDGING ──► VERIFYING ──► VERIFIED ──► APPLYING ──► CONFIRMED ──► CLOSED ──► RECORD_ONLY

APPEAL, AUTOMATED_DECISION (`APPEAL_WALK`): about a request that was answered, or about what a program decides; decided by staff

    RECEIVED ──► REVIEWING ──► DECIDED ──► ANSWERING ──► RESPONDED ──► CLOSED ──► RECORD_ONLY

    transition                  -> [function]
    (new)       -> RECEIVED     -> [receive.receive]
    RECEIVED, VERIFIED -> APPLYING -> [applying.apply]      the no is kept, in the transaction of the step
    APPLYING    -> CONFIRMED    -> [applying.confirm]        whoever is to be told of it was told
    either      -> same         -> [denying.ask]             a member of staff believes that it is fraudulent, and wrote down why
    either      -> DENIED       -> [denying.agree]           a second one agrees; a day later the same, where nobody else could
    DENIED      -> ANSWERING, RESPONDED -> [applying.tell_denied]
    RECEIVED    -> REVIEWING    -> [appealing.put_forward]
    REVIEWING   -> DECIDED      -> [appealing.decide]        a member of staff, with a reason; or, where a decision of a program
                                   [denying.ask, agree]     stays, or it is fraudulent, two
    DECIDED     -> ANSWERING, RESPONDED -> [appealing.respond]
    RECEIVED    -> JOINED       -> [asked_again.join]        one link an hour for each kind and address
    JOINED      -> RESPONDED    -> [asked_again.answer_joined]
    RECEIVED    -> ACKNOWLEDGING -> [response.acknowledge]   the message says how we verify and when to expect an answer
    ACKNOWLEDGING -> VERIFYING  -> [receipts.follow]        a mail server took it, or a member of staff passed it on;
                                   [verification.confirm]    or its link was followed
    VERIFYING   -> same         -> [verification.confirm]    the link or the code in the message proves the address
    VERIFYING   -> same         -> [verification.answer]     questions, a declaration; a wrong one is counted, the last one locks
    VERIFYING   -> same         -> [verification.vouch]      a member of staff knows who asks
    VERIFYING   -> VERIFIED     -> [verification.settle]     enough is proved for all that is held
    VERIFYING   -> VERIFIED or DENIED -> [verification.narrow] not enough: the next smaller answer, named: 11 CCR 7024(a), (b)
    either      -> DENIED       -> [verification.deny_if_due] the clock never waits: 11 CCR 7021(b)
    any before it -> same       -> [scoping.scope]           a member of staff read the person's own words, and says what is meant
    VERIFIED    -> REVIEWING    -> [reviewing.want]          without autopilot, or where something has to be looked at
    REVIEWING   -> REVIEWING    -> [reviewing.carry_out, deny, take_back]  what needs two is asked for by one
    REVIEWING   -> VERIFIED     -> [reviewing.carry_out, agree]  by one, or by the second of two
    VERIFIED    -> DECIDED      -> [reviewing.go_on]         what both decided: denied, with its code
    DECIDED     -> ANSWERING    -> [response.respond_denied] with the ground and why
    any open    -> same         -> [reviewing.suspect, clear] fraud: nothing is carried out, and the clock goes on
    VERIFIED    -> FULFILLING   -> [plan.make]               with it, what tells recipients is queued
    REVIEWING   -> REVIEWING    -> [withholding.want]        a part is named that is kept, or not given, by its code
    any from REVIEWING to DECIDING -> same -> [withholding.look]  the second look at it: it stays so, or falls
    FULFILLING  -> FULFILLING   -> [execution.execute]       one outcome a target, each an entry of the history
    FULFILLING  -> DOWNSTREAM   -> [downstream.wait]         all is done here, and recipients have not answered
    either      -> same         -> [downstream.note]         a recipient answered, or a member of staff for it
    DOWNSTREAM  -> DOWNSTREAM   -> [downstream.end_if_due]   on our day: who has not answered is named, and never "done"
    either      -> PROVED       -> [execution.prove]         searched again, the statement put into the audit log
    later ones  -> same         -> [downstream.note]         an answer that came behind ours
    PROVED      -> ANSWERING    -> [response.respond]        the letter with the proof
    PROVED      -> TELLING      -> [response.respond]        a part is still decided: the letter about the rest
    TELLING     -> DECIDING     -> [receipts.follow]         it has left
    DECIDING    -> FULFILLING   -> [execution.resume]        it is decided: what was withheld is given or erased, and proved again
    FULFILLING, DOWNSTREAM, PROVED -> FULFILLING -> [execution.resume]  it was decided while the rest was under way
    DENIED      -> ANSWERING    -> [response.respond_unverified]
    ANSWERING   -> RESPONDED    -> [receipts.follow]        a mail server took it, or a member of staff passed it on
    ANSWERING   -> purged       -> [response.purge_if_due]   nobody ever passed it on
    RESPONDED   -> CLOSED       -> [response.close]
    CLOSED      -> RECORD_ONLY  -> [response.forget_contact_if_due] contact and archive are destroyed
    RECORD_ONLY -> purged       -> [response.purge_if_due]          24 months after the response: 11 CCR 7101
    VERIFYING   -> ACKNOWLEDGING -> [response.correct_address] a new link goes to the corrected address
    any open    -> same         -> [response.extend]         once, with a reason; it holds from the receipt of its message,
                                   [receipts.follow]        inside the first period
    any to VERIFIED -> WITHDRAWN -> [agents.taking_back.withdraw]  its agent took it back, before anything was done
    WITHDRAWN   -> CLOSED       -> [response.close]
    VERIFIED, REVIEWING -> DENIED -> [agents.authority.deny_if_due] an agent showed no permission by the target day
    FULFILLING, PROVED -> DENIED -> [agents.stopping.stop]   the permission ended: what is not carried out yet is not
    FULFILLING, DOWNSTREAM -> same -> [agents.stopping.take_back] nor are recipients told that were not told yet
    any open    -> same         -> [agents.authority.permit, end]  the permission of an agent is shown; it does not hold
    any open    -> same         -> [mending.ask, name]       it came by hand and lacks something: its person is told; staff add it
    any open    -> RESTORED     -> [after_restore.close_answered]  answered after the backup that was put back
    RESTORED    -> RESPONDED    -> [after_restore.note_answer]
    FULFILLING  -> same         -> [execution.execute]       files that nobody can read wait for staff, who release each or not:
                                   [looking.decide]          nothing is put together before
    answered    -> same         -> [downloads.note]          a file of the answer was fetched
    any later   -> same         -> [left_over.note, prove]   what a search of every file found of the erased person, and its proof

The state is derived from the history, never stored next to it. What says that a person was told something is written when the
message has left, and not when it was put into the outbox (decision 0058); until then a step ending in "-written" names the
message. Histories of earlier versions have no such steps: there the message was in the outbox.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final

from avow.definitions import RequestKind


class Step(StrEnum):
    """What can be written into the history of a consumer request."""

    RECEIVED = "received"
    JOINED = "joined"
    LINK_WRITTEN = "link-written"
    ACKNOWLEDGED = "acknowledged"
    VERIFIED = "verified"
    DENIED = "denied"
    CORRECTED = "corrected"
    EXTENSION_WRITTEN = "extension-written"
    EXTENDED = "extended"
    PLANNED = "planned"
    OUTCOME = "outcome"
    AWAITED = "awaited"
    LATE = "late"
    PROVED = "proved"
    ANSWER_WRITTEN = "answer-written"
    RESPONDED = "responded"
    CLOSED = "closed"
    FORGOTTEN = "forgotten"
    RESTORED = "restored"
    RESIDUE = "residue"
    RESIDUE_PROVED = "residue-proved"
    LOOK_WANTED = "look-wanted"
    LOOKED = "looked"
    FETCHED = "fetched"
    PROVED_BY = "proved-by"
    TRIED = "tried"
    NARROWED = "narrowed"
    SCOPED = "scoped"
    REVIEW_WANTED = "review-wanted"
    APPROVED = "approved"
    DECIDED = "decided"
    APPLIED = "applied"
    CONFIRMED = "confirmed"
    LOCKED = "locked"
    PERMITTED = "permitted"
    UNPERMITTED = "unpermitted"
    WITHDRAWN = "withdrawn"
    DOCUMENTS_WANTED = "documents-wanted"
    MENDING_WANTED = "mending-wanted"
    MENDED = "mended"
    SUSPECTED = "suspected"
    CLEARED = "cleared"
    PART_WANTED = "part-wanted"
    PART_DECIDED = "part-decided"
    REST_WRITTEN = "rest-written"
    REST_TOLD = "rest-told"
    RESUMED = "resumed"


class State(StrEnum):
    """Where a consumer request is."""

    RECEIVED = "received"
    JOINED = "joined"
    ACKNOWLEDGING = "acknowledging"
    VERIFYING = "verifying"
    VERIFIED = "verified"
    FULFILLING = "fulfilling"
    DOWNSTREAM = "downstream"
    PROVED = "proved"
    DENIED = "denied"
    RESTORED = "restored"
    ANSWERING = "answering"
    RESPONDED = "responded"
    CLOSED = "closed"
    RECORD_ONLY = "record only"
    REVIEWING = "reviewing"
    DECIDED = "decided"
    APPLYING = "applying"
    CONFIRMED = "confirmed"
    WITHDRAWN = "withdrawn"
    TELLING = "telling the rest"
    DECIDING = "deciding a part"


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a history: its number, moment, step, and a detail without personal information."""

    seq: int
    at_ms: int
    step: Step
    detail: dict[str, Any] = field(default_factory=dict)  # Any: JSON


#: What is written once the message of a step has left.
RECEIPTS: Final = {
    Step.LINK_WRITTEN: Step.ACKNOWLEDGED,
    Step.EXTENSION_WRITTEN: Step.EXTENDED,
    Step.ANSWER_WRITTEN: Step.RESPONDED,
    Step.REST_WRITTEN: Step.REST_TOLD,
}
#: Steps with which somebody is answered, in whole or of the rest.
OF_ANSWERS: Final = frozenset({Step.ANSWER_WRITTEN, Step.RESPONDED, Step.REST_WRITTEN, Step.REST_TOLD})
#: States in which the person has what was asked for, or was told why not.
ANSWERED: Final = frozenset({State.RESPONDED, State.CONFIRMED, State.WITHDRAWN, State.CLOSED, State.RECORD_ONLY})
#: States in which a request can be taken back by who sent it: nothing was done for it yet.
_TO_BE_TAKEN_BACK: Final = frozenset({State.RECEIVED, State.ACKNOWLEDGING, State.VERIFYING, State.VERIFIED, State.REVIEWING})


@dataclass(frozen=True, slots=True)
class Table:
    """Which step of a kind may follow in which state and where it leads; `standing` are the steps that change no state."""

    moves: Mapping[tuple[State, Step], State]
    standing: frozenset[Step]

    @property
    def states(self) -> frozenset[State]:
        """Every state that the table leads from or to."""
        return frozenset({*(state for state, _ in self.moves), *self.moves.values()})


#: Steps that every kind knows: of an agent's permission, and of what a request lacks. Rule: 11 CCR 7063(a), 7020(e).
_OF_EVERY_KIND: Final = (Step.PERMITTED, Step.UNPERMITTED, Step.MENDING_WANTED, Step.MENDED)


def _table(moves: Mapping[tuple[State, Step], State], standing: Iterable[Step]) -> Table:
    """Return a table with the edges that every kind has: what is open may come back answered from before a restore."""
    open_states = {*(state for state, _ in moves), *moves.values()} - {State.RESTORED, *ANSWERED}
    restored = {(state, Step.RESTORED): State.RESTORED for state in open_states}
    taken_back = {(state, Step.WITHDRAWN): State.WITHDRAWN for state in open_states & _TO_BE_TAKEN_BACK}
    every = {**moves, **restored, (State.RESTORED, Step.RESPONDED): State.RESPONDED, **taken_back, **_RECORD}
    return Table(every, frozenset({*standing, *_OF_EVERY_KIND}))


#: How every answered request ends.
_RECORD: Final[Mapping[tuple[State, Step], State]] = {
    (State.RESPONDED, Step.CLOSED): State.CLOSED,
    (State.WITHDRAWN, Step.CLOSED): State.CLOSED,
    (State.CLOSED, Step.FORGOTTEN): State.RECORD_ONLY,
}
#: States from which a request is carried on once it is decided about a part of it.
_RESUMED_FROM: Final = (State.FULFILLING, State.DOWNSTREAM, State.PROVED, State.DECIDING)
#: What is proved of who asks, and what that comes to: it changes no state by itself.
_PROVING: Final = (Step.PROVED_BY, Step.TRIED, Step.LOCKED, Step.NARROWED)
#: A suspicion of fraud, and that it is cleared. Rule: 11 CCR 7060(f).
_OF_FRAUD: Final = (Step.SUSPECTED, Step.CLEARED)
#: A denial that one asks for and another approves, where no state waits for it: what holds at once goes on holding meanwhile.
_LOOKED_AT_TWICE: Final = (Step.REVIEW_WANTED, Step.APPROVED)
#: Where the permission of an agent may end, so that what is not done yet is not. Rule: 11 CCR 7063(a).
_STOPPED: Final = (
    *((State.REVIEWING, Step.DENIED), (State.FULFILLING, Step.DENIED)),
    (State.PROVED, Step.DENIED),
)
VERIFIED_WALK: Final = _table(
    {
        (State.RECEIVED, Step.LINK_WRITTEN): State.ACKNOWLEDGING,
        (State.RECEIVED, Step.ACKNOWLEDGED): State.VERIFYING,  # of an earlier version, or of nobody real
        (State.ACKNOWLEDGING, Step.LINK_WRITTEN): State.ACKNOWLEDGING,
        (State.ACKNOWLEDGING, Step.ACKNOWLEDGED): State.VERIFYING,
        (State.ACKNOWLEDGING, Step.DENIED): State.DENIED,
        (State.VERIFYING, Step.LINK_WRITTEN): State.ACKNOWLEDGING,
        (State.RECEIVED, Step.JOINED): State.JOINED,
        (State.JOINED, Step.ACKNOWLEDGED): State.JOINED,
        (State.JOINED, Step.RESPONDED): State.RESPONDED,
        (State.VERIFYING, Step.VERIFIED): State.VERIFIED,
        (State.VERIFYING, Step.DENIED): State.DENIED,
        (State.VERIFIED, Step.DENIED): State.DENIED,  # an agent showed no permission
        (State.VERIFIED, Step.SCOPED): State.VERIFIED,
        (State.RECEIVED, Step.SCOPED): State.RECEIVED,
        (State.ACKNOWLEDGING, Step.SCOPED): State.ACKNOWLEDGING,
        (State.VERIFYING, Step.SCOPED): State.VERIFYING,
        (State.VERIFIED, Step.PLANNED): State.FULFILLING,
        (State.VERIFIED, Step.REVIEW_WANTED): State.REVIEWING,
        (State.VERIFIED, Step.DECIDED): State.DECIDED,
        (State.REVIEWING, Step.REVIEW_WANTED): State.REVIEWING,
        (State.REVIEWING, Step.APPROVED): State.VERIFIED,
        (State.DECIDED, Step.ANSWER_WRITTEN): State.ANSWERING,
        (State.DECIDED, Step.RESPONDED): State.RESPONDED,  # of nobody real
        (State.FULFILLING, Step.OUTCOME): State.FULFILLING,
        (State.FULFILLING, Step.PROVED): State.PROVED,
        (State.FULFILLING, Step.AWAITED): State.DOWNSTREAM,
        **dict.fromkeys(_STOPPED, State.DENIED),
        (State.DOWNSTREAM, Step.OUTCOME): State.DOWNSTREAM,
        (State.DOWNSTREAM, Step.PROVED): State.PROVED,
        (State.PROVED, Step.REST_WRITTEN): State.TELLING,
        (State.PROVED, Step.REST_TOLD): State.DECIDING,  # of nobody real
        (State.TELLING, Step.REST_TOLD): State.DECIDING,
        **{(state, Step.RESUMED): State.FULFILLING for state in _RESUMED_FROM},
        (State.PROVED, Step.ANSWER_WRITTEN): State.ANSWERING,
        (State.DENIED, Step.ANSWER_WRITTEN): State.ANSWERING,
        (State.ANSWERING, Step.RESPONDED): State.RESPONDED,
        (State.PROVED, Step.RESPONDED): State.RESPONDED,  # of an earlier version, or of nobody real
        (State.DENIED, Step.RESPONDED): State.RESPONDED,
    },
    {
        *(*_PROVING, Step.EXTENDED, Step.EXTENSION_WRITTEN, Step.CORRECTED, Step.LATE, Step.RESIDUE, Step.RESIDUE_PROVED),
        *_OF_FRAUD,
        *(Step.LOOK_WANTED, Step.LOOKED, Step.FETCHED),
        *(Step.PART_WANTED, Step.PART_DECIDED),
    },
)
#: What is applied, once it may be. Rule: 11 CCR 7026(e)-(g), 7027(f)-(h).
_APPLIED: Final[Mapping[tuple[State, Step], State]] = {
    (State.APPLYING, Step.DECIDED): State.DENIED,
    (State.APPLYING, Step.CONFIRMED): State.CONFIRMED,
    (State.CONFIRMED, Step.CLOSED): State.CLOSED,
    (State.DENIED, Step.ANSWER_WRITTEN): State.ANSWERING,
    (State.DENIED, Step.RESPONDED): State.RESPONDED,  # no address is known: its page says so
    (State.ANSWERING, Step.RESPONDED): State.RESPONDED,
}
#: Without verification: in effect at once here, then everywhere. Rule: 11 CCR 7026(d), (f), 7027(e), (g), 7060(b).
APPLIED_WALK: Final = _table(
    {(State.RECEIVED, Step.APPLIED): State.APPLYING, (State.RECEIVED, Step.DECIDED): State.DENIED, **_APPLIED},
    {*_LOOKED_AT_TWICE, *_OF_FRAUD},
)
#: Also denied after it was confirmed, in the week before what is to end with it does. Rule: GDPR Art. 7(3).
CONSENT_WALK: Final = Table({**APPLIED_WALK.moves, (State.CLOSED, Step.DECIDED): State.DENIED}, APPLIED_WALK.standing)
#: Verified as others are, for it stops a contract as well, and then in effect at once. Rule: GDPR Art. 12(6), 18.
RESTRICTED_WALK: Final = _table(
    {
        (State.RECEIVED, Step.LINK_WRITTEN): State.ACKNOWLEDGING,
        (State.RECEIVED, Step.ACKNOWLEDGED): State.VERIFYING,
        (State.ACKNOWLEDGING, Step.LINK_WRITTEN): State.ACKNOWLEDGING,
        (State.ACKNOWLEDGING, Step.ACKNOWLEDGED): State.VERIFYING,
        (State.ACKNOWLEDGING, Step.DENIED): State.DENIED,
        (State.VERIFYING, Step.LINK_WRITTEN): State.ACKNOWLEDGING,
        (State.VERIFYING, Step.VERIFIED): State.VERIFIED,
        (State.VERIFYING, Step.DENIED): State.DENIED,
        (State.RECEIVED, Step.JOINED): State.JOINED,
        (State.JOINED, Step.ACKNOWLEDGED): State.JOINED,
        (State.JOINED, Step.RESPONDED): State.RESPONDED,
        (State.VERIFIED, Step.APPLIED): State.APPLYING,
        (State.VERIFIED, Step.DECIDED): State.DENIED,
        **_APPLIED,
    },
    {*_PROVING, Step.EXTENDED, Step.EXTENSION_WRITTEN, Step.CORRECTED, *_LOOKED_AT_TWICE, *_OF_FRAUD},
)
#: Decided by a member of staff. Rule: each state's act on appeals; GDPR Art. 12(4).
APPEAL_WALK: Final = _table(
    {
        (State.RECEIVED, Step.REVIEW_WANTED): State.REVIEWING,
        (State.REVIEWING, Step.DECIDED): State.DECIDED,
        (State.REVIEWING, Step.REVIEW_WANTED): State.REVIEWING,
        (State.REVIEWING, Step.APPROVED): State.REVIEWING,
        (State.DECIDED, Step.ANSWER_WRITTEN): State.ANSWERING,
        (State.DECIDED, Step.RESPONDED): State.RESPONDED,  # no address is known, or of nobody real
        (State.ANSWERING, Step.RESPONDED): State.RESPONDED,
    },
    {Step.EXTENDED, Step.EXTENSION_WRITTEN, *_OF_FRAUD},
)
#: Verified as others are; then a person decides each contested field, and never the clock. Rule: 11 CCR 7021(b), 7023.
#: States in which a request is looked at and decided as a whole, and not field by field.
_WHOLE: Final = frozenset({State.VERIFIED, State.REVIEWING, State.DECIDED, State.TELLING, State.DECIDING})
#: Steps of a request of which a part is asked for, or withheld.
_OF_PARTS: Final = frozenset({Step.SCOPED, Step.PART_WANTED, Step.PART_DECIDED, Step.REST_WRITTEN, Step.REST_TOLD, Step.RESUMED})
CORRECT_WALK: Final = _table(
    {
        **{
            (state, step): after
            for (state, step), after in VERIFIED_WALK.moves.items()
            if state not in _WHOLE and step not in _OF_PARTS  # what it covers is its fields, each decided by itself
        },
        (State.VERIFIED, Step.DENIED): State.DENIED,
        (State.REVIEWING, Step.DENIED): State.DENIED,  # an agent showed no permission
        (State.VERIFIED, Step.REVIEW_WANTED): State.REVIEWING,
        (State.REVIEWING, Step.DOCUMENTS_WANTED): State.REVIEWING,
        (State.REVIEWING, Step.APPROVED): State.REVIEWING,
        (State.REVIEWING, Step.DECIDED): State.REVIEWING,
        (State.REVIEWING, Step.PLANNED): State.FULFILLING,
    },
    VERIFIED_WALK.standing - _OF_PARTS,
)
#: The table of each kind that this version carries out.
TABLES: Final[Mapping[RequestKind, Table]] = {
    RequestKind.CORRECT: CORRECT_WALK,
    RequestKind.KNOW: VERIFIED_WALK,
    RequestKind.DELETE: VERIFIED_WALK,
    RequestKind.PORTABILITY: VERIFIED_WALK,
    RequestKind.CONFIRM_IDENTIFIER: VERIFIED_WALK,
    RequestKind.OPT_OUT: APPLIED_WALK,
    RequestKind.LIMIT: APPLIED_WALK,
    RequestKind.OBJECT: APPLIED_WALK,
    RequestKind.WITHDRAW_CONSENT: CONSENT_WALK,
    RequestKind.RESTRICT: RESTRICTED_WALK,
    RequestKind.APPEAL: APPEAL_WALK,
    RequestKind.AUTOMATED_DECISION: APPEAL_WALK,
}
#: What a step that follows a message takes over from the one that wrote it.
TOLD: Final = frozenset({"after", "outcome", "reason", "until"})


def table_of(kind: RequestKind) -> Table:
    """Return the table of a kind. Raises ValueError for one that this version carries out no request of."""
    if kind not in TABLES:
        raise ValueError(f'no table says how a request of the kind "{kind}" goes')
    return TABLES[kind]


#: Steps of a longer period: one, before the answer. Rule: 11 CCR 7021(b).
_ONCE: Final = frozenset({Step.EXTENDED, Step.EXTENSION_WRITTEN})
#: Standing steps that may be written in some states only.
_ONLY_IN: Final[Mapping[Step, frozenset[State]]] = {
    Step.LOOK_WANTED: frozenset({State.FULFILLING}),
    Step.LOOKED: frozenset({State.FULFILLING}),
    Step.FETCHED: frozenset({State.TELLING, State.DECIDING, State.ANSWERING, State.RESPONDED, State.CLOSED}),
    Step.PART_WANTED: frozenset({State.REVIEWING}),
    Step.PART_DECIDED: frozenset({State.VERIFIED, State.REVIEWING, State.TELLING, *_RESUMED_FROM}),
}


def derive(kind: RequestKind, history: Sequence[Entry]) -> State:
    """Return the state that the history of a request of this kind leads to.

    Raises ValueError for a step that may not follow: such a history was not written by this room.
    Rule: 11 CCR 7021 (clock from receipt), 7101 (records); an extension moves no state (7021(b)), nor does a corrected address.
    """
    if not history or history[0].step is not Step.RECEIVED:
        raise ValueError("a history begins with the receipt")
    table, state = table_of(kind), State.RECEIVED
    for entry in history[1:]:
        if entry.step not in table.standing:
            try:
                state = table.moves[state, entry.step]
            except KeyError:
                raise ValueError(f"{entry.step} may not follow in state {state}") from None
    return state


def may_follow(kind: RequestKind, state: State, step: Step, history: Sequence[Entry]) -> bool:
    """Return whether the step may be written now. Rule: 11 CCR 7021(b), one extension, before the answer."""
    table = table_of(kind)
    if step not in table.standing:
        return (state, step) in table.moves
    if step in {Step.CORRECTED, Step.LATE}:  # after the proof an address stays as it is; late is what comes behind a plan
        known = {entry.step for entry in history}
        is_unproved = state in {State.VERIFYING, State.ACKNOWLEDGING} and Step.PROVED_BY not in known
        return is_unproved if step is Step.CORRECTED else Step.PLANNED in known
    may_be_denied = (state, Step.DECIDED) in table.moves  # also in the week of a withdrawn consent
    if step in _OF_FRAUD:
        return (state not in ANSWERED or may_be_denied) and is_suspected(history) is (step is Step.CLEARED)
    if step in _LOOKED_AT_TWICE:
        return may_be_denied
    if step in {*_OF_EVERY_KIND, *_ONCE}:
        return state not in ANSWERED and not (step in _ONCE and any(entry.step is step for entry in history))
    return state in _ONLY_IN.get(step, ())


def is_suspected(history: Sequence[Entry]) -> bool:
    """Return whether somebody suspects fraud, and nobody has cleared it since. Rule: 11 CCR 7060(f)."""
    said = [entry.step for entry in history if entry.step in {Step.SUSPECTED, Step.CLEARED}]
    return said[-1:] == [Step.SUSPECTED]


def receipt_of(kind: RequestKind, history: Sequence[Entry], message: str) -> Entry | None:
    """Return the entry that is to be written now that a message has left; None when no step waits for it, or waits no longer.

    Rule: 11 CCR 7021(a), (b) (confirmed and answered is who was told, and not for whom a message was written).
    """
    written = next((one for one in history if one.detail.get("message") == message), None)
    if written is None or written.step not in RECEIPTS:
        return None
    step, told = RECEIPTS[written.step], {key: value for key, value in written.detail.items() if key in TOLD}
    is_known = any(one.step is step and one.seq > written.seq for one in history)
    may = not is_known and may_follow(kind, derive(kind, history), step, history)
    return Entry(len(history), 0, step, told) if may else None
