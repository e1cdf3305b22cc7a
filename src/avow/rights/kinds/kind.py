"""What a kind of consumer request is made of; each kind is a module next to this one, and there is nothing else to a kind."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

from avow.audit.log import Log
from avow.definitions import RequestKind
from avow.policy import Rulebook
from avow.rights import clock
from avow.rights.cases import Case
from avow.rights.degrees import Degree
from avow.rights.disclosing import Discloser
from avow.rights.execution import Target, Telling
from avow.rights.finding import Finder
from avow.rights.kept import Cases
from avow.rights.letters import Outcome
from avow.rights.letters.table import OUTCOMES
from avow.rights.plan import Given, Task
from avow.rights.state_words import STEP_WORDS, WORDS
from avow.rights.states import ANSWERED, TABLES, State, Step, Table
from avow.rights.voice import Voice

#: How long a request rests that waits for another job, milliseconds; for an hour or a message on its way; for what staff do.
SOON_MS: Final = 1_000
WHILE_MS: Final = 60_000
DAY_MS: Final = 24 * 3_600_000


@dataclass(frozen=True, slots=True)
class Tools:
    """What the walk needs besides the request itself. `is_believed`: whether days may be over by its clock (`kinds.dated`)."""

    voice: Voice
    cases: Cases
    targets: Sequence[Target]
    finder: Finder
    discloser: Discloser
    statements: Log
    telling: Telling
    is_believed: bool = True


#: Takes the next step out of a state if it can be taken now, and says whether it was.
StepOf = Callable[[Case, Tools, int], bool]
#: Says when a request that could take no step is to be looked at again, in milliseconds since 1970.
RestOf = Callable[[Case, Rulebook, int], int]
#: The clock of a kind, one of the three of `rights.clock`, each of which asks for the day of receipt and the law.
Dates = Callable[..., clock.Deadlines | clock.OptOutDates | clock.AppealDates | None]
#: What is done for a kind: by which targets, and whom of those that were given something.
PlanOf = Callable[[tuple[str, ...], Sequence[Given], date], tuple[Task, ...]]


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of consumer request.

    `transitions` is its table in `states`; `steps` takes it on, by state; `rests` says when it is looked at again, for states in
    which it waits for something that is known; `dates` is its clock; `degree` the least that must be proved of who asks, before
    what is found raises it; `plan` what is done for it, None where nothing is searched; `letters` the outcomes that a person is
    written about; `counts_towards` the kind as which it is counted among free requests and in figures, None for neither.

    Rule: 11 CCR 7021 (clock), 7060-7062 (degree), 7022-7024 (plan), 7101 (record); Cal. Civ. Code § 1798.130(b) (free requests).
    """

    name: RequestKind
    transitions: Table
    steps: Mapping[State, StepOf]
    rests: Mapping[State, RestOf]
    dates: Dates
    degree: Degree
    plan: PlanOf | None
    letters: frozenset[Outcome]
    counts_towards: RequestKind | None

    def faults(self) -> list[str]:
        """Return what of the kind is missing, or contradicts itself: nothing carries out a kind with a fault. Rule: LAW.md, 6."""
        states, found = self.transitions.states, []
        if self.transitions is not TABLES.get(self.name):
            found.append("its transitions are not those that states.py draws")
        found += [f"nothing takes it on in the state {one}" for one in sorted(states - set(self.steps))]
        found += [f"it never is in the state {one}" for one in sorted({*self.steps, *self.rests} - states)]
        found += [f"nobody is told what the state {one} is" for one in sorted(states - set(WORDS))]
        found += [f"the step {step} has no words" for _, step in sorted(self.transitions.moves) if step not in STEP_WORDS]
        if _CLOCKS.get(self.dates) is None or self.name not in _CLOCKS[self.dates]:
            found.append("its clock is that of another kind")
        if self.name in clock.APPLIED and (self.degree is not Degree.NONE or State.VERIFYING in states):
            found.append("it is applied at once, and asks who somebody is")
        found += [f"no letter says {one}" for one in sorted(self.letters - OUTCOMES[self.name])]
        if not states & ANSWERED:
            found.append("it never ends")
        steps = {*(step for _, step in self.transitions.moves), *self.transitions.standing}
        if Step.DECIDED in steps and not {Step.REVIEW_WANTED, Step.APPROVED} <= steps:
            found.append("staff may deny it, and nobody looks a second time")
        return found


#: Of which kinds each clock counts the dates.
_CLOCKS: Final[Mapping[Dates, frozenset[RequestKind]]] = {
    clock.deadlines: clock.ANSWERED,
    clock.optout_dates: clock.APPLIED,
    clock.appeal_dates: clock.APPEALED,
}
