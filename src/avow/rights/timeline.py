"""The history of a consumer request in words: all of it to its person and to staff, its dates alone to who filed it."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping

from avow.rights import left_over
from avow.rights.answers import Step as TimelineStep
from avow.rights.cases import Case, reference
from avow.rights.states import RECEIPTS, STEP_WORDS, Step

#: Steps that who filed a request is not told: what is held of somebody, how much, and whether others asked for them.
_NOT_FOR_WHO_FILED = frozenset(
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
_SAID_NARROWED = {"categories": "by categories", "part": "what was proved reaches", "policy": "what our policy says to everybody"}
#: The detail of a step in words.
_SAID: Mapping[Step, Callable[[Mapping[str, object]], str]] = {
    Step.PROVED_BY: lambda detail: _SAID_PROVED.get(str(detail["by"]), ""),
    Step.NARROWED: lambda detail: _SAID_NARROWED.get(str(detail["to"]), ""),
    Step.EXTENSION_WRITTEN: lambda detail: f"until {detail['until']}",
    Step.EXTENDED: lambda detail: f"until {detail['until']}",
    Step.DENIED: lambda detail: str(detail.get("reason") or detail.get("by") or ""),
    Step.VERIFIED: lambda detail: str(detail.get("reason") or detail.get("by") or ""),
}


def whole(case: Case) -> tuple[TimelineStep, ...]:
    """Return the history in plain words. Rule: 11 CCR 7101(a)."""
    return tuple(TimelineStep(entry.at_ms, STEP_WORDS[entry.step], _words(entry.step, entry.detail)) for entry in case.history)


def dates(case: Case) -> tuple[TimelineStep, ...]:
    """Return the history without what was found and where: how many places did something is a word about it as well.

    Rule: 11 CCR 7060, 7062 (nothing of a consumer to whom nobody verified as that consumer).
    """
    told = (entry for entry in case.history if entry.step not in _NOT_FOR_WHO_FILED)
    return tuple(TimelineStep(entry.at_ms, STEP_WORDS[entry.step], _words(entry.step, entry.detail)) for entry in told)


def _words(step: Step, detail: dict[str, object]) -> str:
    """Return the detail of a step in words."""
    if step is Step.AWAITED:
        return ", ".join(json.loads(json.dumps(detail["recipients"])))
    if step in {Step.OUTCOME, Step.LATE}:
        outcomes = json.loads(json.dumps(detail["outcomes"]))
        return "; ".join(
            f"{one['target']}: {one['did']}" + (f" ({one['records']})" if one["records"] else "") for one in outcomes
        )
    if step in {Step.JOINED, Step.LINK_WRITTEN, Step.ACKNOWLEDGED, Step.RESPONDED}:
        others = [f"{word} {reference(str(detail[word]))}" for word in ("to", "after", "with") if word in detail]
        return "; ".join([*others, *([str(detail["how"])] if "how" in detail else [])])
    if step in _SAID:
        return _SAID[step](detail)
    return left_over.words(detail) if step is Step.RESIDUE else ""
