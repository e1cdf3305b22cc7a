"""What a restore forgets: requests received and choices made after the backup, by the audit log, which is no part of it.

A request that was answered after the backup comes back open, without anybody to answer: it is closed by what the log says of
it. One that was received after the backup is not in the data at all; only the log, and the person, know of it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from avow.gate import entries
from avow.rights.cases import Case
from avow.rights.kept import Cases
from avow.rights.states import ANSWERED, State, Step


@dataclass(frozen=True, slots=True)
class Logged:
    """One request as the log tells of it: `kind` is "" where its receipt is not in this part of the log."""

    request_id: str
    kind: str
    received_ms: int
    last: str
    answered_ms: int | None = None
    outcome: str = ""

    @property
    def reference(self) -> str:
        """The number that the person quotes."""
        return self.request_id[:10].upper()


@dataclass(frozen=True, slots=True)
class Missed:
    """What the restored data lacks. `received`: requests that are not in it; `further`: open ones that had gone further.

    `choices` counts choices by what they are about, `others` entries of other kinds, people's subscriptions among them.
    """

    received: tuple[Logged, ...] = ()
    further: tuple[Logged, ...] = ()
    answered: tuple[Logged, ...] = ()
    choices: Mapping[str, int] = field(default_factory=dict)
    others: Mapping[str, int] = field(default_factory=dict)

    @property
    def is_nothing(self) -> bool:
        """Whether nobody has to do anything about it."""
        return not (self.received or self.further or self.choices or self.others)


#: Kinds of entries that people should know of although no request is behind them.
_TOLD = ("subscription.confirmed", "subscription.ended", "staff.added", "policy.published", "policy.withdrawn")


def missed(entries: Iterable[Mapping[str, Any]], cases: Sequence[Case]) -> Missed:  # Any: JSON
    """Return what entries that were published after the backup tell that the restored requests do not know.

    Rule: 11 CCR 7101(a) (records of requests), 7021 (the clock of each goes on).
    """
    logged: dict[str, Logged] = {}
    choices: Counter[str] = Counter()
    others: Counter[str] = Counter()
    for entry in entries:
        what = str(entry.get("what", ""))
        if what == "choice":
            # An entry of before 0050 is about one purpose.
            said = entry.get("said") or [entry]
            choices.update(str(one.get("purpose", "")) for one in said)
        elif what in _TOLD:
            others[what] += 1
        elif what.startswith("request.") and "request" in entry:
            one = _with(logged.get(str(entry["request"])), what, entry)
            logged[one.request_id] = one
    known = {case.request_id: case for case in cases}
    answered = [one for one in logged.values() if one.answered_ms is not None and _is_open(known.get(one.request_id))]
    further = [one for one in logged.values() if one.answered_ms is None and _is_open(known.get(one.request_id))]
    received = [one for one in logged.values() if one.request_id not in known and one.kind]
    return Missed(tuple(received), tuple(further), tuple(answered), dict(choices), dict(others))


def close_answered(found: Missed, cases: Sequence[Case], kept: Cases, now_ms: int) -> int:
    """Close the restored requests that were answered after the backup; return how many.

    Contact, messages and documents go: the answer went out with others. Rule: 11 CCR 7060(d), 7101(a).
    """
    known = {case.request_id: case for case in cases}
    for one in found.answered:
        kept.forget_contact(one.request_id)
        detail = {"answered_ms": one.answered_ms, "outcome": one.outcome}
        entry = entries.RequestRestored(one.request_id, one.answered_ms)
        kept.append(known[one.request_id], Step.RESTORED, now_ms, detail, entry, None)
    return len(found.answered)


def note_answer(case: Case, cases: Cases, now_ms: int) -> bool:
    """Write down the answer of a request that was answered after the backup. Rule: 11 CCR 7101(a)."""
    restored = case.entry(Step.RESTORED)
    return restored is not None and cases.append(case, Step.RESPONDED, now_ms, restored.detail, None, None)


def _is_open(case: Case | None) -> bool:
    return case is not None and case.state not in {State.RESTORED, *ANSWERED}


def _with(before: Logged | None, what: str, entry: Mapping[str, Any]) -> Logged:  # Any: JSON
    """Return what is known of a request after one more entry."""
    request_id, at_ms = str(entry["request"]), int(entry.get("at", 0))
    kind = before.kind if before else ""
    received_ms = before.received_ms if before else at_ms
    if what == "request.received":
        kind, received_ms = str(entry.get("kind", "")), at_ms
    answered_ms, outcome = (before.answered_ms, before.outcome) if before else (None, "")
    if what == "request.responded":
        answered_ms, outcome = at_ms, str(entry.get("outcome", ""))
    return Logged(request_id, kind, received_ms, what.removeprefix("request."), answered_ms, outcome)
