"""The history of a request in plain words, as its person and staff read it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import Final

from avow.rights import left_over, reviewing
from avow.rights.answers import Step as TimelineStep
from avow.rights.cases import Case, reference
from avow.rights.states import RECEIPTS, STEP_WORDS, Step

#: What staff think and decide among themselves; its person reads the answer.
OF_STAFF: Final = frozenset({Step.SUSPECTED, Step.CLEARED, Step.APPROVED, Step.DECIDED, Step.REVIEW_WANTED})
#: Steps that who filed a request is not told: what is held of somebody, how much, and whether others asked for them.
NOT_FOR_WHO_FILED: Final = frozenset(
    {
        Step.PLANNED,
        Step.OUTCOME,
        Step.AWAITED,
        Step.LATE,
        Step.JOINED,
        Step.ACKNOWLEDGED,
        Step.RESIDUE,
        Step.RESIDUE_PROVED,
        *OF_STAFF,
        *RECEIPTS,
    }
)


def of(case: Case, without: frozenset[Step] = frozenset()) -> tuple[TimelineStep, ...]:
    """Return the history in plain words, without some steps."""
    told = (entry for entry in case.history if entry.step not in without)
    return tuple(TimelineStep(entry.at_ms, STEP_WORDS[entry.step], _words(entry.step, entry.detail)) for entry in told)


def _outcomes(detail: dict[str, object]) -> str:
    outcomes = json.loads(json.dumps(detail["outcomes"]))
    return "; ".join(f"{one['target']}: {one['did']}" + (f" ({one['records']})" if one["records"] else "") for one in outcomes)


def _going_with(detail: dict[str, object]) -> str:
    others = [f"{word} {reference(str(detail[word]))}" for word in ("to", "after", "with") if word in detail]
    return "; ".join([*others, *([str(detail["how"])] if "how" in detail else [])])


#: What a timeline says of the detail of a step.
_SAID: Final[Mapping[Step, Callable[[dict[str, object]], str]]] = {
    Step.AWAITED: lambda detail: ", ".join(json.loads(json.dumps(detail["recipients"]))),
    **dict.fromkeys((Step.OUTCOME, Step.LATE), _outcomes),
    **dict.fromkeys((Step.JOINED, Step.LINK_WRITTEN, Step.ACKNOWLEDGED, Step.RESPONDED), _going_with),
    **dict.fromkeys((Step.REVIEW_WANTED, Step.APPROVED), reviewing.in_words),
    **dict.fromkeys((Step.EXTENSION_WRITTEN, Step.EXTENDED), lambda detail: f"until {detail['until']}"),
    **dict.fromkeys((Step.DENIED, Step.VERIFIED), lambda detail: str(detail.get("reason") or detail.get("by") or "")),
    Step.RESIDUE: left_over.words,
}


def _words(step: Step, detail: dict[str, object]) -> str:
    """Return the detail of a step in words."""
    return _SAID[step](detail) if step in _SAID else ""
