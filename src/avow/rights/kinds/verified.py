"""The walk of kinds that are verified, carried out and answered: the steps that they share (walk 2)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from avow.definitions import RequestKind
from avow.policy import Rulebook
from avow.rights import asked_again, due, execution, plan, response, reviewing, scoping, sent_files, verification
from avow.rights.agents import authority, stopping
from avow.rights.cases import Case
from avow.rights.kinds import dated, ending
from avow.rights.kinds.kind import DAY_MS, SOON_MS, WHILE_MS, RestOf, StepOf, Tools
from avow.rights.letters import Outcome
from avow.rights.states import State, Step

#: What their persons are written about.
LETTERS: Final = frozenset(
    {Outcome.ACKNOWLEDGED, Outcome.EXTENDED, Outcome.REST, Outcome.GRANTED, Outcome.PARTIAL, Outcome.UNVERIFIED}
)


def once_permitted(step: StepOf) -> StepOf:
    """Return a step that an agent's request takes only with a permission; without one it is denied on its day.

    Rule: 11 CCR 7063(a).
    """

    def take(case: Case, tools: Tools, now_ms: int) -> bool:
        if dated.end_permission(case, tools, now_ms):
            return True
        if authority.permits(case):
            return step(case, tools, now_ms)
        return dated.deny_unpermitted(case, tools, now_ms)

    return take


def plan_it(case: Case, tools: Tools, now_ms: int) -> bool:
    """Make the plan once somebody has read the person's words and nobody has to look first, or somebody has; or deny it.

    Rule: 11 CCR 7022(b), 7024, 7100(a).
    """
    if scoping.waits(case):
        return False
    if reviewing.go_on(case, tools.cases, now_ms):
        return True
    if not dated.may_plan(tools):
        return False
    wide, rulebook, names = (
        execution.widened(case, tools.finder, tools.cases),
        tools.voice.rulebook,
        [one.name for one in tools.targets],
    )
    if wide is not None and wide.kind is RequestKind.DELETE and wide.contact is not None:
        tools.telling.recipients.take_back(wide.contact)
    prospect = execution.foresee(wide, rulebook, names, tools.finder, tools.telling, now_ms) if wide else None
    if wide is None or prospect is None:
        return False
    foreseen = reviewing.judged(prospect, case.kind, tools.finder.applications)
    if reviewing.want(case, foreseen, rulebook, tools.cases, now_ms):
        return True
    return execution.make_plan(wide, prospect, tools.finder, tools.telling, tools.cases, now_ms)


def _fulfil(case: Case, tools: Tools, now_ms: int) -> bool:
    if dated.end_permission(case, tools, now_ms):
        return True
    if stopping.stop(case, tools.cases, now_ms) or stopping.take_back(case, tools.cases, now_ms):
        return True
    if case.is_suspected and (
        case.kind in plan.GIVING or case.entry(Step.OUTCOME) is None
    ):  # once keys are destroyed, half of it would help nobody
        return False
    return (
        execution.resume(case, tools.cases, now_ms)
        or execution.execute(case, tools.voice.rulebook, tools.targets, tools.discloser, tools.cases, now_ms)
        or dated.wait(case, tools, now_ms)
        or execution.prove(case, tools.targets, tools.cases, now_ms)
    )


def _wait(case: Case, tools: Tools, now_ms: int) -> bool:
    if dated.end_permission(case, tools, now_ms):
        return True
    if stopping.take_back(case, tools.cases, now_ms):
        return True
    ended = execution.resume(case, tools.cases, now_ms) or dated.end_wait(case, tools, now_ms)
    return ended or execution.prove(case, tools.targets, tools.cases, now_ms)


def _respond(case: Case, tools: Tools, now_ms: int) -> bool:
    if dated.end_permission(case, tools, now_ms) or stopping.stop(case, tools.cases, now_ms):
        return True
    if case.is_suspected and case.kind in plan.GIVING:  # what was put together goes to nobody who may be somebody else
        return False
    is_resumed = execution.resume(case, tools.cases, now_ms)
    return is_resumed or response.respond(case, tools.voice, tools.statements, tools.cases, now_ms)


def _tell_rest(case: Case, tools: Tools, now_ms: int) -> bool:
    """Wait for the letter about the rest to leave; what is not withheld after all goes at once, and the record on its day.

    With the record goes what was kept while it was decided about: nobody can agree to it any more.
    Rule: 11 CCR 7022(f)(2), 7101(a).
    """
    is_over = now_ms >= due.removed_ms(case, tools.voice.rulebook)
    execution.let_go(case, tools.cases, now_ms, is_over=is_over)
    return ending.purge(case, tools, now_ms)


def _tell_denied(case: Case, tools: Tools, now_ms: int) -> bool:
    stopping.destroy_shown(case, tools.cases)
    return response.respond_unverified(case, tools.voice, tools.cases, now_ms)


def _verify(case: Case, tools: Tools, now_ms: int) -> bool:
    """Let a request go on by what is proved of who asks: enough, or on its target day the next smaller answer.

    Rule: 11 CCR 7021(b), 7024(a), (b), 7062.
    """
    rulebook, cases = tools.voice.rulebook, tools.cases
    if case.contact is None or not verification.is_address_proved(case):
        return dated.deny_unverified(case, tools, now_ms)
    if authority.confirm(case, rulebook, cases, now_ms):
        return True
    found, smaller = verification.reaches(case, tools.finder.parts_of(case.contact, rulebook), rulebook, cases)
    if verification.settle(case, found, cases, now_ms):
        return True
    if not dated.is_target(case, tools, now_ms):
        return False
    return verification.narrow(case, found, smaller, tools.finder.keeper.versions.everything_declared(), cases, now_ms)


#: Rule: 11 CCR 7021(b): verification never stops the clock, so an unverified request is denied on its target day.
STEPS: Final[Mapping[State, StepOf]] = {
    State.RECEIVED: lambda case, tools, now_ms: response.acknowledge(case, tools.voice, tools.cases, now_ms),
    State.ACKNOWLEDGING: dated.deny_unverified,
    State.VERIFYING: _verify,
    State.VERIFIED: once_permitted(plan_it),
    State.FULFILLING: _fulfil,
    State.DOWNSTREAM: _wait,
    # It waits for staff; the clock goes on, and denies nobody but whose agent has no permission.
    State.REVIEWING: once_permitted(lambda _case, _tools, _now_ms: False),
    State.PROVED: _respond,
    State.TELLING: _tell_rest,
    State.DECIDING: lambda case, tools, now_ms: execution.resume(case, tools.cases, now_ms),
    State.DENIED: _tell_denied,
    State.DECIDED: lambda case, tools, now_ms: response.respond_denied(case, tools.voice, tools.cases, now_ms),
    State.ANSWERING: ending.purge,
    State.JOINED: lambda case, tools, _now_ms: asked_again.purge_left_alone(case, tools.cases),  # its lead takes it along
    **ending.STEPS,
}


def soon(_case: Case, _rulebook: Rulebook, now_ms: int) -> int:
    """Return the moment at which a request that waits for another job is looked at again."""
    return now_ms + SOON_MS


def _looked_at_or_soon(case: Case, _rulebook: Rulebook, now_ms: int) -> int:
    """Return when a request that is carried out is looked at again: one that waits for staff is by what staff do."""
    return now_ms + (DAY_MS if sent_files.waiting(case) else SOON_MS)


def _denied(case: Case, rulebook: Rulebook, _now_ms: int) -> int:
    return due.denied_ms(case, rulebook)


def _verified(case: Case, rulebook: Rulebook, now_ms: int) -> int:
    """Return when a verified request is looked at again: what it waits for is a person's, but for the day of a permission."""
    if not authority.permits(case):
        return due.denied_ms(case, rulebook)
    return now_ms + (WHILE_MS if scoping.waits(case) else SOON_MS)


#: Rule: 11 CCR 7021(b) (denied when its day is over, and not a day later).
RESTS: Final[Mapping[State, RestOf]] = {
    State.RECEIVED: lambda _case, _rulebook, now_ms: now_ms + WHILE_MS,
    State.ACKNOWLEDGING: _denied,
    State.VERIFYING: _denied,
    State.VERIFIED: _verified,
    State.REVIEWING: lambda case, rulebook, now_ms: now_ms + DAY_MS if authority.permits(case) else due.denied_ms(case, rulebook),
    State.FULFILLING: _looked_at_or_soon,
    State.DOWNSTREAM: lambda case, rulebook, now_ms: (
        due.denied_ms(case, rulebook) if execution.open_tasks_of(case) else now_ms + SOON_MS
    ),
    State.PROVED: soon,
    State.TELLING: ending.removed,
    State.ANSWERING: ending.removed,
    **ending.RESTS,
}
