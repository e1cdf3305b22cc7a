"""A permission that ended after the plan was made: what is not carried out yet is not, and what was is said.

    to know        nothing is shown: what was put together is destroyed, and the request is denied
    to correct     the fields that are left stay as they are, and the request is denied; those that were corrected stay so
    to delete      before the keys are destroyed: nothing is erased, and the request is denied; after: what is begun here is
                   finished, for nobody can read the rest any more
    recipients     who was not told yet is not; who was told answers for itself

An opt-out that holds is taken back by its person alone (11 CCR 7028(a)). Rule: 11 CCR 7063(a).
"""

from __future__ import annotations

from typing import Final

from avow.definitions import RequestKind
from avow.gate import entries, instructions
from avow.policy.law import rules
from avow.rights import downstream, execution, plan
from avow.rights.agents import authority
from avow.rights.cases import Case
from avow.rights.kept import Cases
from avow.rights.states import Entry, State, Step

#: The reason of the denial.
ENDED: Final = "permission-ended"


def stop(case: Case, cases: Cases, now_ms: int) -> bool:
    """Stop a request whose permission ended while it is carried out; return whether something was written.

    The step names what was done and what was not; recipients that were not told yet are not, in the same transaction.
    """
    if authority.permits(case) or not case.may(Step.DENIED) or not _can_stop(case, cases):
        return False
    own = [task for task in execution.open_tasks_of(case) if task["action"] != plan.Action.INSTRUCT]
    done = [one["target"] for one in execution.outcomes_of(case) if "instruction" not in one]
    if case.kind in plan.DISCLOSED:  # what was put together was shown to nobody
        own, done = [{"target": "showing what we hold"}], ["the first part of our answer"] if case.entry(Step.REST_TOLD) else []
    with cases.writing() as tx:
        untold = instructions.untold(tx, case.request_id)
        told = [
            task["target"]
            for task in execution.open_tasks_of(case)
            if task["action"] == plan.Action.INSTRUCT and task.get("instruction") not in untold
        ]
        detail = {"reason": ENDED, "rule": rules.AGENTS, "done": done, "left": [one["target"] for one in own], "told": told}
        if not cases.append_in(tx, case.request_id, Entry(len(case.history), now_ms, Step.DENIED, detail)):
            return False
        instructions.take_back(tx, untold, now_ms)
        entries.record(tx, now_ms, entries.RequestDenied(case.request_id, ENDED))
    return True


def take_back(case: Case, cases: Cases, now_ms: int) -> bool:
    """Tell no more recipients of a request whose permission ended; return whether something was written."""
    if authority.permits(case):
        return False
    waiting = {task["instruction"]: task for task in execution.open_tasks_of(case) if "instruction" in task}
    if not waiting:
        return False
    with cases.writing() as tx:
        untold = sorted(instructions.untold(tx, case.request_id) & waiting.keys())
        for number, one in enumerate(untold, len(case.history)):
            entry = Entry(number, now_ms, Step.OUTCOME, downstream.not_told(waiting[one], one))
            if not cases.append_in(tx, case.request_id, entry):
                return False  # the first of them: nobody else writes between two entries of one transaction
        instructions.take_back(tx, untold, now_ms)
    return bool(untold)


def destroy_shown(case: Case, cases: Cases) -> None:
    """Destroy what was put together for a request that was stopped; safe to repeat."""
    denied = case.entry(Step.DENIED)
    if denied is not None and denied.detail.get("reason") == ENDED and case.kind in plan.DISCLOSED:
        cases.remove_answer(case.request_id)


def _can_stop(case: Case, cases: Cases) -> bool:
    """Return whether something is left that can be left undone: a deletion that has destroyed something is finished."""
    if case.kind in plan.DISCLOSED:
        return case.state in {State.FULFILLING, State.PROVED}
    if case.state is not State.FULFILLING:
        return False
    if case.kind is RequestKind.DELETE:
        return not any("instruction" not in one for one in execution.outcomes_of(case)) and not execution.is_begun(case, cases)
    return any(task["action"] != plan.Action.INSTRUCT for task in execution.open_tasks_of(case))
