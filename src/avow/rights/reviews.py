"""What would happen to a request, shown before and compared after; and what staff decide about it, as the desk's pages ask."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from zoneinfo import ZoneInfo

from avow.definitions import Refusal, local_date
from avow.gate.roles import Member
from avow.gate.second_look import Looked, SecondLook
from avow.gate.versions import Versions
from avow.policy import Rulebook
from avow.policy.law import rules
from avow.rights import execution, grounds, kinds, reviewing
from avow.rights.cases import Case
from avow.rights.execution import Prospect, Telling
from avow.rights.finding import Finder
from avow.rights.kept import Cases
from avow.rights.plan import Action, Line
from avow.rights.reviewing import About, Foreseen
from avow.rights.states import ANSWERED, State, Step
from avow.rights.targets import NAMES
from avow.rights.telling import ToldRecipients

_NO_REQUEST = Refusal("there is no such request any more", rules.RECORD_KEEPING)
#: States in which what would happen is known and has not begun.
_BEFORE = frozenset({State.VERIFIED, State.REVIEWING})
#: The steps by which staff decide about a request.
_DECIDING = frozenset({Step.DECIDED, Step.APPROVED, Step.REVIEW_WANTED})
_WORDS = {
    Action.ERASE: "erase",
    Action.KEEP: "keep",
    Action.DISCLOSE: "show to its person",
    Action.INSTRUCT: "tell to erase it",
    Action.NOTHING_HELD: "nothing held",
    Action.COMPARE: "compare, and say yes or no",
}


@dataclass(frozen=True, slots=True)
class PlanLine:
    """A line of a plan in words: what it is about, of how many records of which days and version, what becomes of it, and why.

    No value of a field is in it. `became` is what became of it, "" before anything is known.
    """

    what: str
    fields: tuple[str, ...]
    records: int
    first_on: date | None
    last_on: date | None
    version_of: date | None
    action: str
    rule: str
    why: str = ""
    until: date | None = None
    by: date | None = None
    became: str = ""


@dataclass(frozen=True, slots=True)
class Asked:
    """What a member asked for and waits for its second look; `words` is the reason of a denial."""

    about: str
    by: str
    at_ms: int
    code: str = ""
    rule: str = ""
    words: str = ""


@dataclass(frozen=True, slots=True)
class Note:
    """What staff wrote: a suspicion of fraud, or why it was cleared."""

    is_cleared: bool
    by: str
    at_ms: int
    words: str


@dataclass(frozen=True, slots=True)
class ReviewPage:
    """What would happen to a request, or what was planned next to what became of it.

    `digest` is what the buttons send back: who presses one has seen these lines. `why` is why it waits; `progress` which place is
    at work, and how many are done. `second` is who may look a second time now: None where the member may, else why not.
    """

    request_id: str
    reference: str
    kind: str
    is_before: bool
    is_known: bool
    lines: tuple[PlanLine, ...]
    digest: str
    why: tuple[str, ...] = ()
    waits: bool = False
    needs_two: bool = False
    asked: Asked | None = None
    second: Refusal | None = None
    is_suspected: bool = False
    is_open: bool = True
    grounds: tuple[grounds.Ground, ...] = ()
    progress: tuple[str, int, int] = ("", 0, 0)
    decided: tuple[str, str] = ("", "")
    waits_since: date | None = None


@dataclass(frozen=True, slots=True)
class Reviews:
    """What staff look at and decide; each decision is an entry of the history and of the audit log (`reviewing`)."""

    cases: Cases
    versions: Versions
    finder: Finder
    telling: Telling
    second: SecondLook
    told: ToldRecipients
    now_ms: Callable[[], int]
    _names: tuple[str, ...] = field(default=NAMES)

    def page(self, request_id: str, member: Member) -> ReviewPage | None:
        """Return what would happen to a request, or what became of it; None for no such request.

        No value of a field is opened for it. Rule: 11 CCR 7022(b), (f), 7101(a).
        """
        case = self.cases.get(request_id)
        if case is None:
            return None
        is_before = case.entry(Step.PLANNED) is None
        prospect = self._prospect(case) if is_before and case.state in _BEFORE else None
        foreseen = self._judged(case, prospect)
        planned = prospect.lines if prospect else execution.lines_of(case)
        asked, waits = reviewing.proposal(case), case.state is State.REVIEWING and kinds.of(case.kind).plan is not None
        wanted = next((entry for entry in case.history if entry.step is Step.REVIEW_WANTED), None)
        decided = case.entry(Step.DECIDED) if case.state is not State.REVIEWING else None
        return ReviewPage(
            request_id=case.request_id,
            reference=case.reference,
            kind=case.kind,
            is_before=is_before,
            is_known=bool(prospect) or not is_before,
            lines=tuple(self._shown(case, planned, is_before=is_before)),
            digest=foreseen.digest if foreseen else "",
            why=reviewing.reasons(case) if waits else (),
            waits=waits,
            needs_two=bool(foreseen and foreseen.needs_two),
            asked=self._asked(case) if asked else None,
            second=self._second(case, member),
            is_suspected=case.is_suspected,
            is_open=case.state not in ANSWERED,
            grounds=tuple(grounds.of(case.kind, self._rulebook(case).law_table).values()),
            progress=_progress(case),
            decided=(decided.detail.get("code", ""), decided.detail.get("rule", "")) if decided else ("", ""),
            waits_since=local_date(wanted.at_ms, self.versions.timezone) if wanted and waits else None,
        )

    def second_looks(self) -> tuple[int, int]:
        """Return how many decisions two looked at, and how many one did, a day later: for the evidence."""
        return reviewing.second_looks(self.cases)

    def notes(self, request_id: str) -> tuple[Note, ...]:
        """Return what staff noted of fraud, for who opened the request for a purpose. Rule: 11 CCR 7060(f)."""
        case = self.cases.get(request_id)
        found = [one for one in case.history if one.step in {Step.SUSPECTED, Step.CLEARED}] if case else []
        return tuple(
            Note(one.step is Step.CLEARED, one.detail["by"], one.at_ms, reviewing.opened(case, one.detail["words"], self.cases))
            for one in found
            if case is not None
        )

    def carry_out(self, request_id: str, seen: str, member: Member) -> Refusal | None:
        """Let a request be carried out, by who has seen what would happen. Rule: 11 CCR 7022, 7100(a)."""
        case = self.cases.get(request_id)
        foreseen = self._judged(case, self._prospect(case)) if case else None
        if case is None:
            return _NO_REQUEST
        if foreseen is None:
            return Refusal("what would happen is not known at this moment; look again in a minute", rules.RECORDS_KEPT)
        return reviewing.carry_out(case, foreseen, seen, member, self.cases, self.now_ms())

    def deny(self, request_id: str, code: str, reason: str, member: Member) -> Refusal | None:
        """Ask for a denial with its ground and a reason; without a ground there is none. Rule: 11 CCR 7022(f), 7024(e)."""
        case = self.cases.get(request_id)
        if case is None:
            return _NO_REQUEST
        if kinds.of(case.kind).plan is None:
            return Refusal("a request of this kind is decided on a page of its own", rules.REASONS_TOLD)
        ground = grounds.of(case.kind, self._rulebook(case).law_table).get(code)
        if ground is None:
            return Refusal("a denial names one of the grounds that the law has", rules.REASONS_TOLD)
        return reviewing.deny(case, ground, reason, member, self.cases, self.now_ms())

    def agree(self, request_id: str, seen: str, member: Member) -> Refusal | None:
        """Take the second look at what a colleague asked for, and approve it. Rule: Cal. Civ. Code § 1798.145(h)(2), (3)."""
        case = self.cases.get(request_id)
        if case is None:
            return _NO_REQUEST
        foreseen = self._judged(case, self._prospect(case))
        return reviewing.agree(case, foreseen, seen, member, self.second, self.cases, self.now_ms())

    def hears(self, request_id: str, member: Member) -> Looked | Refusal:
        """Return whether a member may decide an appeal: who decided before does so only where nobody else can, a day later.

        Rule: each state's act on appeals; house rule, as for every second look.
        """
        case = self.cases.get(request_id)
        parent = self.cases.get(case.parent) if case and case.parent else None
        decided = (
            [one for one in parent.history if one.step in _DECIDING and one.detail.get("by") == member.staff_id] if parent else []
        )
        return self.second.by(member, member.staff_id, decided[-1].at_ms) if decided else Looked(is_alone=False)

    def take_back(self, request_id: str, member: Member) -> Refusal | None:
        """Take back what waits for its second look. Rule: 11 CCR 7101(a)."""
        case = self.cases.get(request_id)
        return reviewing.take_back(case, member, self.cases, self.now_ms()) if case else _NO_REQUEST

    def suspect(self, request_id: str, words: str, by: str, *, is_cleared: bool = False) -> Refusal | None:
        """Note a suspicion of fraud, which stops what is carried out, or that it is cleared. Rule: 11 CCR 7060(f)."""
        case = self.cases.get(request_id)
        if case is None:
            return _NO_REQUEST
        return reviewing.suspect(case, words, by, self.cases, self.now_ms(), is_cleared=is_cleared)

    # -- inside ----------------------------------------------------------------------------------------------------

    def _rulebook(self, case: Case) -> Rulebook:
        return self.versions.with_law_of(case.rulebook_id)

    def _prospect(self, case: Case) -> Prospect | None:
        if case.state not in _BEFORE or kinds.of(case.kind).plan is None:
            return None
        rulebook, now_ms = self._rulebook(case), self.now_ms()
        return execution.foresee(case, rulebook, self._names, self.finder, self.telling, now_ms)

    def _judged(self, case: Case, prospect: Prospect | None) -> Foreseen | None:
        return reviewing.judged(prospect, case.kind, self.finder.applications) if prospect else None

    def _second(self, case: Case, member: Member) -> Refusal | None:
        asked = reviewing.proposal(case)
        if asked is None:
            return None
        looked = self.second.by(member, asked.by, asked.at_ms)
        return looked if isinstance(looked, Refusal) else None

    def _asked(self, case: Case) -> Asked | None:
        asked = reviewing.proposal(case)
        if asked is None:
            return None
        words = reviewing.opened(case, asked.words, self.cases)
        return Asked(asked.about.value, asked.by, asked.at_ms, asked.code, asked.rule, words)

    def _shown(self, case: Case, lines: Iterable[Line], *, is_before: bool) -> Iterable[PlanLine]:
        """Yield the lines in words; behind each, once it was planned, what became of it."""
        known, zone = self.versions.everything_declared(), self.versions.timezone
        answers = {} if is_before else {one.recipient: one.answer for one in self.told.lines(case, for_staff=True)}
        for line in lines:
            version = self.versions.rulebook(line.version) if line.version else None
            yield PlanLine(
                what=line.label,
                fields=tuple(known.data[name].label if name in known.data else name for name in line.fields),
                records=line.records,
                first_on=line.first_on,
                last_on=line.last_on,
                version_of=version.updated if version else None,
                action=_WORDS[line.action],
                rule=f"{line.rule} ({line.code})" if line.code else line.rule,
                why=line.reason,
                until=line.until,
                by=line.by,
                became="" if is_before else _became(case, line, answers, zone),
            )


def _became(case: Case, line: Line, answers: dict[str, str], zone: str) -> str:
    """Return what became of a line of a plan, in words; what is not done yet says so."""
    proved = case.entry(Step.PROVED)
    if line.action is Action.INSTRUCT:
        return answers.get(line.label) or "told; has not answered yet"
    if line.action is Action.KEEP:
        kept = execution.kept_of(case)
        is_kept = any(
            (one.point, one.code, one.duty, one.purpose) == (line.point, line.code, line.duty, line.purpose) for one in kept
        )
        return "kept" if is_kept else "kept since before" if proved else "not done yet"
    if proved is None:
        return "not done yet"
    on = datetime.fromtimestamp(proved.at_ms / 1000, ZoneInfo(zone)).date()
    if line.action is Action.COMPARE:
        return next((one["did"] for one in execution.outcomes_of(case) if one["target"] == line.label), "not done yet")
    if line.action is Action.ERASE:
        return f"erased; searched again on {on:%d %B %Y}, nothing left"
    return f"in the archive of {on:%d %B %Y}"


def _progress(case: Case) -> tuple[str, int, int]:
    """Return which place is at work, and how many of how many are done; "" where nothing is under way."""
    planned = case.entry(Step.PLANNED)
    if planned is None or case.state not in {State.FULFILLING, State.DOWNSTREAM}:
        return "", 0, 0
    waiting, total = execution.open_tasks_of(case), len(planned.detail["tasks"])
    return (waiting[0]["target"] if waiting else "searched again"), total - len(waiting), total


__all__ = ["About", "Asked", "Note", "PlanLine", "ReviewPage", "Reviews"]
