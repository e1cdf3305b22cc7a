"""The history of a consumer request in words: all of it to its person and to staff, its dates alone to who filed it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Final

from avow.rights import left_over, reviewing, withholding
from avow.rights.answers import Step as TimelineStep
from avow.rights.cases import Case, reference
from avow.rights.state_words import STEP_WORDS
from avow.rights.states import RECEIPTS, Step

#: What staff think and decide among themselves; its person reads the answer.
_OF_STAFF: Final = frozenset({Step.SUSPECTED, Step.CLEARED, Step.APPROVED, Step.PART_WANTED, Step.PART_DECIDED})
#: Steps that who filed a request is not told: what is held of somebody, how much, and whether others asked for them.
_NOT_FOR_WHO_FILED: Final = frozenset(
    {
        Step.PLANNED,
        Step.OUTCOME,
        Step.AWAITED,
        Step.LATE,
        Step.JOINED,
        Step.ACKNOWLEDGED,
        Step.RESIDUE,
        Step.RESIDUE_PROVED,
        Step.PROVED_BY,
        Step.TRIED,
        Step.NARROWED,
        Step.LOCKED,
        Step.REVIEW_WANTED,
        Step.DECIDED,
        Step.LOOK_WANTED,
        Step.LOOKED,
        Step.REST_TOLD,
        Step.RESUMED,
        *_OF_STAFF,
        *RECEIPTS,
    }
)
#: What is proved of who asks, and what the answer was narrowed to, as timelines say it.
_SAID_PROVED = {
    "link": "the address, by the link in the message",
    "code": "the address, by the code in the message",
    "cookie": "the browser, by its cookie",
    "match": "an answer that is as we hold it",
    "declaration": "a declaration was signed",
    "staff": "a member of staff knows who asks",
}
_SAID_DENIED = {"no-permission": "the agent showed no permission", "permission-ended": "the agent's permission had ended"}
_SAID_NARROWED = {"categories": "by categories", "part": "what was proved reaches", "policy": "what our policy says to everybody"}


def _outcomes(detail: Mapping[str, object]) -> str:
    outcomes = json.loads(json.dumps(detail["outcomes"]))
    return "; ".join(f"{one['target']}: {one['did']}" + (f" ({one['records']})" if one["records"] else "") for one in outcomes)


def _going_with(detail: Mapping[str, object]) -> str:
    others = [f"{word} {reference(str(detail[word]))}" for word in ("to", "after", "with") if word in detail]
    return "; ".join([*others, *([str(detail["how"])] if "how" in detail else [])])


#: The detail of a step in words.
_SAID: Final[Mapping[Step, Callable[[Mapping[str, object]], str]]] = {
    Step.PROVED_BY: lambda detail: _SAID_PROVED.get(str(detail["by"]), ""),
    Step.NARROWED: lambda detail: _SAID_NARROWED.get(str(detail["to"]), ""),
    Step.AWAITED: lambda detail: ", ".join(json.loads(json.dumps(detail["recipients"]))),
    **dict.fromkeys((Step.OUTCOME, Step.LATE), _outcomes),
    **dict.fromkeys((Step.JOINED, Step.LINK_WRITTEN, Step.ACKNOWLEDGED, Step.RESPONDED), _going_with),
    **dict.fromkeys((Step.EXTENSION_WRITTEN, Step.EXTENDED), lambda detail: f"until {detail['until']}"),
    Step.DENIED: lambda detail: _SAID_DENIED.get(str(detail.get("reason", "")), "not confirmed in time"),
    Step.VERIFIED: lambda detail: str(detail.get("reason") or detail.get("by") or ""),
    Step.LOOKED: lambda detail: "released" if detail["released"] else "held back",
    Step.RESIDUE: lambda detail: left_over.words(dict(detail)),
}
#: The same where staff alone read it: why something waits, and who looks twice at what.
_SAID_TO_STAFF: Final = {
    **_SAID,
    **dict.fromkeys((Step.REVIEW_WANTED, Step.APPROVED), reviewing.in_words),
    **dict.fromkeys((Step.PART_WANTED, Step.PART_DECIDED), withholding.in_words),
}


def for_staff(case: Case) -> tuple[TimelineStep, ...]:
    """Return the history in plain words, whole. Rule: 11 CCR 7101(a)."""
    return _told(case, frozenset(), _SAID_TO_STAFF)


def whole(case: Case) -> tuple[TimelineStep, ...]:
    """Return the history as its person reads it: without what staff thought and decided among themselves.

    Rule: 11 CCR 7060(f) (a suspicion is told to nobody who may be somebody else).
    """
    return _told(case, _OF_STAFF, _SAID)


def dates(case: Case) -> tuple[TimelineStep, ...]:
    """Return the history without what was found and where: how many places did something is a word about it as well.

    Rule: 11 CCR 7060, 7062 (nothing of a consumer to whom nobody verified as that consumer).
    """
    return _told(case, _NOT_FOR_WHO_FILED, _SAID)


def _told(
    case: Case, without: frozenset[Step], said: Mapping[Step, Callable[[Mapping[str, object]], str]]
) -> tuple[TimelineStep, ...]:
    told = (entry for entry in case.history if entry.step not in {*without, Step.FETCHED})  # that has a list of its own
    return tuple(
        TimelineStep(one.at_ms, STEP_WORDS[one.step], said[one.step](one.detail) if one.step in said else "") for one in told
    )
