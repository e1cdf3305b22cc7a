"""Waiting for recipients that were told to erase something: until each has answered, or our own day has come.

Silence is never "done": who has not answered by then is named in the answer to the person.
Rule: Cal. Civ. Code § 1798.105(c)(1), (3); 11 CCR 7022(b)(2), (3); our days are those of 11 CCR 7021(b).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from avow.definitions import Refusal, RequestKind
from avow.gate import entries, instructions
from avow.gate.instructions import NOT_TOLD, RECIPIENT, SILENT, Answer, Instruction, What
from avow.policy import Rulebook
from avow.policy.law import rules
from avow.rights import due, plan
from avow.rights.cases import Case
from avow.rights.execution import open_tasks_of
from avow.rights.kept import Cases
from avow.rights.outcomes import Outcome
from avow.rights.states import Entry, State, Step, derive
from avow.store.control import Transaction

#: What is said of a recipient that has answered, and of one that has not.
ANSWERS: Final[Mapping[str, str]] = {
    Answer.ERASED: "has confirmed that it erased it",
    Answer.CORRECTED: "has confirmed that it corrected it",
    Answer.DEIDENTIFIED: "has confirmed that it deidentified it",
    Answer.KEPT: "has confirmed, and says that it has to keep some of it",
    Answer.NOT_FOUND: "has confirmed that it holds nothing",
    Answer.CANNOT: "says that it cannot do it",
    Answer.DISPROPORTIONATE: "was not told, because that would be impossible, or a disproportionate effort",
}
NOT_CONFIRMED: Final = {
    What.ERASE: "has not confirmed that it erased it",
    What.CORRECT: "has not confirmed that it corrected it",
}
#: What is said of one that was not told any more. Rule: 11 CCR 7063(a).
TOLD_NOTHING: Final = "was not told, because the permission of the agent who asked had ended"
#: What recipients are told for a request, by its kind, where that is not to erase.
_TOLD_TO: Final[Mapping[str, What]] = {"correct": What.CORRECT}
_ALREADY: Final = Refusal("this was answered already", rules.RECORDS_KEPT)


def words(one: Instruction) -> str:
    """Return what became of what a recipient was told; "" while it may yet answer. Rule: 11 CCR 7022(b)(2)."""
    if one.answer == NOT_TOLD:
        return TOLD_NOTHING
    if one.answer == SILENT:
        return NOT_CONFIRMED[What(one.what)]
    return ANSWERS[one.answer] if one.answer else ""


def wait(case: Case, rulebook: Rulebook, cases: Cases, now_ms: int) -> bool:
    """Note that all is done here and recipients are waited for; or that their time is over. Rule: 11 CCR 7022(b)(2)."""
    waiting = open_tasks_of(case)
    if not waiting or any(task["action"] != plan.Action.INSTRUCT for task in waiting):
        return False
    if case.state is State.DOWNSTREAM or now_ms >= due.denied_ms(case, rulebook):
        return end_if_due(case, rulebook, cases, now_ms)
    return cases.append(case, Step.AWAITED, now_ms, {"recipients": [task["target"] for task in waiting]}, None, None)


def end_if_due(case: Case, rulebook: Rulebook, cases: Cases, now_ms: int) -> bool:
    """Write down that a recipient has not confirmed, one a step, from the first moment of the day on which our answer is due.

    So that the answer goes out on its day, with all of it left for the mail server. Rule: 11 CCR 7021(b).
    """
    waiting = [task for task in open_tasks_of(case) if task["action"] == plan.Action.INSTRUCT]
    if not waiting or now_ms < due.denied_ms(case, rulebook):
        return False
    task = waiting[0]
    what = _TOLD_TO.get(case.kind.value, What.ERASE)
    detail = _detail(Outcome(task["target"], NOT_CONFIRMED[what], 0, task["rule"]), task["instruction"], "")
    return cases.append(
        case, Step.OUTCOME, now_ms, detail, entries.RequestTarget(case.request_id, task["target"], task["rule"]), None
    )


def not_told(task: Mapping[str, str], instruction: str) -> dict[str, Any]:  # Any: JSON
    """Return the outcome of a recipient that is not told any more, as the history has it. Rule: 11 CCR 7063(a)."""
    return _detail(Outcome(task["target"], TOLD_NOTHING, 0, task["rule"]), instruction, NOT_TOLD)


def note(cases: Cases, one: Instruction, said: Answer, reason: str, by: str, now_ms: int) -> Refusal | None:
    """Keep what a recipient answered, with the step of its request, in one transaction; `by` as `instructions.answer`.

    The first answer counts, and a second one changes nothing. One that comes behind ours is noted, and moves no state.
    Rule: 11 CCR 7022(b)(2), (c); 7101(a).
    """
    with cases.writing() as tx:
        return None if _note(tx, cases, one, said, reason, by, now_ms) else _ALREADY


def confirmed(cases: Cases, tx: Transaction, instruction_id: str, now_ms: int) -> bool:
    """Note that a recipient's computers said that all is erased, or corrected, in the transaction of their word.

    Rule: 11 CCR 7022(b)(2), 7023(c).
    """
    one = instructions.get(tx, instruction_id)
    said = Answer.CORRECTED if one is not None and one.what == What.CORRECT else Answer.ERASED
    return one is not None and _note(tx, cases, one, said, "", RECIPIENT, now_ms)


def _note(tx: Transaction, cases: Cases, one: Instruction, said: Answer, reason: str, by: str, now_ms: int) -> bool:
    if not instructions.answer(cases.store, tx, one, said, reason, by, now_ms):
        return False
    while not cases.append_in(tx, one.request_id, _step(*cases.history(tx, one.request_id), one, said, now_ms)):
        pass  # another process wrote an entry at the same moment: this one comes behind it
    return True


def _step(kind: RequestKind, history: Sequence[Entry], one: Instruction, said: Answer, now_ms: int) -> Entry:
    """Return the entry that follows from an answer: the outcome of its task, or a late word."""
    planned = next(entry for entry in reversed(history) if entry.step is Step.PLANNED)
    task = next(task for task in planned.detail["tasks"] if task.get("instruction") == one.id)
    done = {name for entry in history if entry.step is Step.OUTCOME for name in entry.detail["tasks"]}
    is_open = derive(kind, history) in {State.FULFILLING, State.DOWNSTREAM} and task["target"] not in done
    detail = _detail(Outcome(task["target"], ANSWERS[said], 0, task["rule"]), one.id, said)
    return Entry(len(history), now_ms, Step.OUTCOME if is_open else Step.LATE, detail)


def _detail(outcome: Outcome, instruction: str, answer: str) -> dict[str, Any]:  # Any: JSON
    """Return an outcome of a recipient as the history has it."""
    plain = {"target": outcome.target, "did": outcome.did, "records": outcome.records, "rule": outcome.rule}
    return {"outcomes": [{**plain, "instruction": instruction, "answer": answer}], "tasks": [outcome.target]}
