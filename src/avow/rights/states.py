"""The states of a consumer request; no transition lives anywhere else (LAW.md, section 6).

                                                                     DOWNSTREAM
                                                                      ▲     │
    RECEIVED ──► ACKNOWLEDGING ──► VERIFYING ──► VERIFIED ──► FULFILLING ──► PROVED
                       │               │                                       │
                       └───────────────┴──► DENIED(unverified, on its day) ────┤
                                                                               ▼
         (purged) ◄── RECORD_ONLY ◄── CLOSED ◄── RESPONDED ◄────────────── ANSWERING

    RECEIVED ──► JOINED ──► RESPONDED: asked again with the same address, answered with the request that leads

    transition                  -> [function]
    (new)       -> RECEIVED     -> [receive.receive]
    RECEIVED    -> JOINED       -> [asked_again.join]        one link an hour for each kind and address
    JOINED      -> RESPONDED    -> [asked_again.answer_joined]
    RECEIVED    -> ACKNOWLEDGING -> [response.acknowledge]   the message says how we verify and when to expect an answer
    ACKNOWLEDGING -> VERIFYING  -> [receipts.follow]        a mail server took it, or a member of staff passed it on;
                                   [verification.confirm]    or its link was followed
    VERIFYING   -> VERIFIED     -> [verification.confirm]    the link in the message proves the address
    either      -> DENIED       -> [verification.deny_if_due] the clock never waits: 11 CCR 7021(b)
    VERIFIED    -> FULFILLING   -> [plan.make]               with it, what tells recipients is queued
    FULFILLING  -> FULFILLING   -> [execution.execute]       one outcome a target, each an entry of the history
    FULFILLING  -> DOWNSTREAM   -> [downstream.wait]         all is done here, and recipients have not answered
    either      -> same         -> [downstream.note]         a recipient answered, or a member of staff for it
    DOWNSTREAM  -> DOWNSTREAM   -> [downstream.end_if_due]   on our day: who has not answered is named, and never "done"
    either      -> PROVED       -> [execution.prove]         searched again, the statement put into the audit log
    later ones  -> same         -> [downstream.note]         an answer that came behind ours
    PROVED      -> ANSWERING    -> [response.respond]        the letter with the proof
    DENIED      -> ANSWERING    -> [response.respond_unverified]
    ANSWERING   -> RESPONDED    -> [receipts.follow]        a mail server took it, or a member of staff passed it on
    ANSWERING   -> purged       -> [response.purge_if_due]   nobody ever passed it on
    RESPONDED   -> CLOSED       -> [response.close]
    CLOSED      -> RECORD_ONLY  -> [response.forget_contact_if_due] contact and archive are destroyed
    RECORD_ONLY -> purged       -> [response.purge_if_due]          24 months after the response: 11 CCR 7101
    VERIFYING   -> ACKNOWLEDGING -> [response.correct_address] a new link goes to the corrected address
    any open    -> same         -> [response.extend]         once, with a reason; it holds from the receipt of its message,
                                   [receipts.follow]        inside the first period
    any open    -> RESTORED     -> [after_restore.close_answered]  answered after the backup that was put back
    RESTORED    -> RESPONDED    -> [after_restore.note_answer]
    FULFILLING  -> same         -> [execution.disclose]      files that nobody can read wait for staff, who release each or not:
                                   [looking.decide]          nothing is put together before
    answered    -> same         -> [downloads.note]          a file of the answer was fetched
    any later   -> same         -> [left_over.note, prove]   what a search of every file found of the erased person, and its proof

The state is derived from the history, never stored next to it. What says that a person was told something is written when the
message has left, and not when it was put into the outbox (decision 0058); until then a step ending in "-written" names the
message. Histories of earlier versions have no such steps: there the message was in the outbox.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, Final


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


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of a history: its number, moment, step, and a detail without personal information."""

    seq: int
    at_ms: int
    step: Step
    detail: dict[str, Any] = field(default_factory=dict)  # Any: JSON


#: Steps that change no state; see `derive`.
STANDING: Final = frozenset(
    {
        Step.EXTENDED,
        Step.EXTENSION_WRITTEN,
        Step.CORRECTED,
        Step.LATE,
        Step.RESIDUE,
        Step.RESIDUE_PROVED,
        Step.LOOK_WANTED,
        Step.LOOKED,
        Step.FETCHED,
    }
)
#: What is written once the message of a step has left.
RECEIPTS: Final = {
    Step.LINK_WRITTEN: Step.ACKNOWLEDGED,
    Step.EXTENSION_WRITTEN: Step.EXTENDED,
    Step.ANSWER_WRITTEN: Step.RESPONDED,
}
#: Which step may follow in which state, and the state it leads to.
TRANSITIONS: Final[dict[tuple[State, Step], State]] = {
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
    (State.VERIFIED, Step.PLANNED): State.FULFILLING,
    (State.FULFILLING, Step.OUTCOME): State.FULFILLING,
    (State.FULFILLING, Step.PROVED): State.PROVED,
    (State.FULFILLING, Step.AWAITED): State.DOWNSTREAM,
    (State.DOWNSTREAM, Step.OUTCOME): State.DOWNSTREAM,
    (State.DOWNSTREAM, Step.PROVED): State.PROVED,
    (State.PROVED, Step.ANSWER_WRITTEN): State.ANSWERING,
    (State.DENIED, Step.ANSWER_WRITTEN): State.ANSWERING,
    (State.ANSWERING, Step.RESPONDED): State.RESPONDED,
    (State.PROVED, Step.RESPONDED): State.RESPONDED,  # of an earlier version, or of nobody real
    (State.DENIED, Step.RESPONDED): State.RESPONDED,
    (State.RESTORED, Step.RESPONDED): State.RESPONDED,
    (State.RESPONDED, Step.CLOSED): State.CLOSED,
    (State.CLOSED, Step.FORGOTTEN): State.RECORD_ONLY,
}
ANSWERED: Final = frozenset({State.RESPONDED, State.CLOSED, State.RECORD_ONLY})
TRANSITIONS.update({(state, Step.RESTORED): State.RESTORED for state in State if state not in {State.RESTORED, *ANSWERED}})
#: What a step that follows a message takes over from the one that wrote it.
TOLD: Final = frozenset({"after", "outcome", "reason", "until"})
#: What the person reads about each state.
WORDS: Final = {
    State.RECEIVED: "We have received your request.",
    State.JOINED: "The same was asked with the same address; all of it is answered together.",
    State.ACKNOWLEDGING: "The message with the link that confirms your e-mail address is on its way to you.",
    State.VERIFYING: "We are waiting for you to confirm your e-mail address with the link that we sent you.",
    State.VERIFIED: "You have confirmed your address. We are looking for everything that belongs to you.",
    State.FULFILLING: "We are carrying out your request.",
    State.DOWNSTREAM: "We have carried it out here. We are waiting for companies that had data of yours from us to confirm it.",
    State.PROVED: "It is done. We are putting the proof into the public log.",
    State.DENIED: "Your address was not confirmed in time, so we may not act on the request.",
    State.RESTORED: "We have answered your request.",
    State.ANSWERING: "Our answer is written, and is on its way to you.",
    State.RESPONDED: "We have answered your request.",
    State.CLOSED: "Your request has been answered and is closed.",
    State.RECORD_ONLY: "Your request is closed. Only the record that the law asks us to keep is left.",
}


#: What staff read about each state: in a word or two for a list, and in a sentence that says who has to do what next.
FOR_STAFF: Final = {
    State.RECEIVED: ("received", "The request came in. The message that asks for its confirmation is written next, by itself."),
    State.JOINED: (
        "joined",
        "The same was asked with the same address within the hour. It is answered together with the request that leads.",
    ),
    State.ACKNOWLEDGING: (
        "link not sent yet",
        "The message with the link that confirms the address is written, and has not left yet.",
    ),
    State.VERIFYING: (
        "not confirmed yet",
        "The person has not confirmed yet. They were sent the link that proves their address, and nobody has followed it.",
    ),
    State.VERIFIED: (
        "confirmed",
        "The person has confirmed their address. Everything that belongs to them is looked for, by itself.",
    ),
    State.FULFILLING: ("being carried out", "The plan is carried out, place by place."),
    State.DOWNSTREAM: (
        "others to confirm",
        "It is done here. Recipients that may hold something of the person were told, and it goes on once all have answered.",
    ),
    State.PROVED: (
        "carried out",
        "It is done, and everything was searched again. The answer is written when the proof is in the audit log.",
    ),
    State.DENIED: (
        "denied",
        "The person did not confirm in time, so nothing may be done for them. The message that says so is written next.",
    ),
    State.RESTORED: ("answered before", "It was answered after the backup that was put back, and is closed again."),
    State.ANSWERING: ("answer not sent yet", "The answer is written, and has not left yet."),
    State.RESPONDED: ("answered", "The person has the answer."),
    State.CLOSED: ("closed", "The person has the answer, and the request is closed."),
    State.RECORD_ONLY: (
        "record only",
        "It is closed, and how to reach the person was destroyed. The record that the law asks for is left.",
    ),
}


def derive(history: Sequence[Entry]) -> State:
    """Return the state that the history leads to.

    Raises ValueError for a step that may not follow: such a history was not written by this room.
    Rule: 11 CCR 7021 (clock from receipt), 7101 (records); an extension moves no state (7021(b)), nor does a corrected address.
    """
    if not history or history[0].step is not Step.RECEIVED:
        raise ValueError("a history begins with the receipt")
    state = State.RECEIVED
    for entry in history[1:]:
        if entry.step not in STANDING:
            try:
                state = TRANSITIONS[state, entry.step]
            except KeyError:
                raise ValueError(f"{entry.step} may not follow in state {state}") from None
    return state


def may_follow(state: State, step: Step, history: Sequence[Entry]) -> bool:
    """Return whether the step may be written now. Rule: 11 CCR 7021(b), one extension, before the answer."""
    if step is Step.CORRECTED:
        return state in {State.VERIFYING, State.ACKNOWLEDGING}
    if step in {Step.LOOK_WANTED, Step.LOOKED}:
        return state is State.FULFILLING
    if step is Step.FETCHED:
        return state in {State.ANSWERING, State.RESPONDED, State.CLOSED}
    if step is Step.LATE:
        return any(entry.step is Step.PLANNED for entry in history)
    if step in {Step.EXTENDED, Step.EXTENSION_WRITTEN}:
        return state not in ANSWERED and not any(entry.step is step for entry in history)
    return (state, step) in TRANSITIONS


def receipt_of(history: Sequence[Entry], message: str) -> Entry | None:
    """Return the entry that is to be written now that a message has left; None when no step waits for it, or waits no longer.

    Rule: 11 CCR 7021(a), (b) (confirmed and answered is who was told, and not for whom a message was written).
    """
    written = next((one for one in history if one.detail.get("message") == message), None)
    if written is None or written.step not in RECEIPTS:
        return None
    step, told = RECEIPTS[written.step], {key: value for key, value in written.detail.items() if key in TOLD}
    is_known = any(one.step is step and one.seq > written.seq for one in history)
    return None if is_known or not may_follow(derive(history), step, history) else Entry(len(history), 0, step, told)
