"""What would happen to a request, shown before and compared after; and what staff decide about it, as the desk's pages ask."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from zoneinfo import ZoneInfo

from avow.definitions import Refusal, RequestKind, local_date
from avow.gate import kept as gate_kept
from avow.gate.roles import Member
from avow.gate.second_look import Looked, SecondLook
from avow.gate.versions import Versions
from avow.policy import Rulebook
from avow.policy.law import rules
from avow.rights import appealing, denying, execution, grounds, kinds, reviewing, sealed_words, withheld, withholding
from avow.rights.cases import Case
from avow.rights.execution import Prospect, Telling
from avow.rights.finding import Finder
from avow.rights.kept import Cases
from avow.rights.plan import Action, Line, Withheld, is_withheld
from avow.rights.reviewing import About, Foreseen
from avow.rights.states import ANSWERED, State, Step
from avow.rights.targets import NAMES
from avow.rights.telling import ToldRecipients
from avow.store.holdings import HeldSubmission

_NO_REQUEST = Refusal("there is no such request any more", rules.RECORD_KEEPING)
#: States in which what would happen is known and has not begun.
_BEFORE = frozenset({State.VERIFIED, State.REVIEWING})
#: The steps by which staff decide about a request.
_DECIDING = frozenset({Step.DECIDED, Step.APPROVED, Step.REVIEW_WANTED, Step.PART_WANTED, Step.PART_DECIDED, Step.LOOKED})
_WORDS = {
    Action.ERASE: "erase",
    Action.KEEP: "keep",
    Action.DISCLOSE: "show to its person",
    Action.INSTRUCT: "tell to erase it",
    Action.NOTHING_HELD: "nothing held",
    Action.COMPARE: "compare, and say yes or no",
    Action.WITHHOLD: "leave out of the answer",
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
class PartLine:
    """A part that staff withhold: what it is of, by which ground, and why; `agreed` None while its second look is owed.

    `second` is who may take that look now: None where the member may, else why not. No value of a field is in it, but `words` are
    what its person reads.
    """

    number: int
    code: str
    rule: str
    what: str
    fields: tuple[str, ...]
    records: tuple[str, ...]
    purpose: str
    until: date | None
    before: date | None
    words: str
    by: str
    at_ms: int
    agreed: bool | None = None
    looked_by: str = ""
    second: Refusal | None = None


@dataclass(frozen=True, slots=True)
class KeptByStaff:
    """How many records decisions of staff keep by one code, and the first day on which the last of them is kept no more."""

    code: str
    rule: str
    records: int
    last: date


@dataclass(frozen=True, slots=True)
class HeldPart:
    """What is held by one point, of which a part can be withheld: its fields, and its records, by id and day where few are."""

    point: str
    label: str
    fields: tuple[tuple[str, str], ...]
    records: tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Offer:
    """By which grounds what can be withheld of a request now: `is_kept` for a deletion, which names purpose and day as well.

    `latest_before` is the last day before which something may be too much effort, None where the law has no such ground.
    """

    grounds: tuple[grounds.Ground, ...]
    held: tuple[HeldPart, ...]
    is_kept: bool
    purposes: tuple[tuple[str, str], ...]
    latest_before: date | None
    facts: tuple[str, ...] = withholding.FACTS


@dataclass(frozen=True, slots=True)
class ReviewPage:
    """What would happen to a request, or what was planned next to what became of it.

    `digest` is what the buttons send back: who presses one has seen these lines. `why` is why it waits; `progress` which place is
    at work, and how many are done. `parts` are withheld, or were to be; `offer` is what else can be. `second` is who may look a
    second time now: None where the member may, else why not. `takes_notes`: a suspicion of fraud, or that it is cleared.
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
    parts: tuple[PartLine, ...] = ()
    offer: Offer | None = None
    has_plan: bool = True
    takes_notes: bool = False


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
            grounds=tuple(grounds.of(case.kind, self._rulebook(case)).values()),
            progress=_progress(case),
            decided=(decided.detail.get("code", ""), decided.detail.get("rule", "")) if decided else ("", ""),
            waits_since=local_date(wanted.at_ms, self.versions.timezone) if wanted and waits else None,
            parts=tuple(self._part(case, one, member) for one in withheld.every(case)),
            offer=self._offer(case) if waits and not asked else None,
            has_plan=case.kind not in denying.KINDS,
            takes_notes=case.may(Step.CLEARED if case.is_suspected else Step.SUSPECTED),
        )

    def second_looks(self) -> tuple[int, int]:
        """Return how many decisions two looked at, and how many one did, a day later: for the evidence."""
        return reviewing.second_looks(self.cases)

    def kept_by_staff(self) -> tuple[KeptByStaff, ...]:
        """Return what decisions of staff keep beyond deletions, by code: for the evidence. Rule: 11 CCR 7022(f)."""
        found: dict[tuple[str, str], KeptByStaff] = {}
        for one in gate_kept.counts(self.cases.store):
            if is_withheld(one.duty):
                key = (one.code, one.rule)
                before = found.get(key, KeptByStaff(one.code, one.rule, 0, one.last))
                found[key] = replace(before, records=before.records + one.records, last=max(before.last, one.last))
        return tuple(found.values())

    def notes(self, request_id: str) -> tuple[Note, ...]:
        """Return what staff noted of fraud, for who opened the request for a purpose. Rule: 11 CCR 7060(f)."""
        case = self.cases.get(request_id)
        found = [one for one in case.history if one.step in {Step.SUSPECTED, Step.CLEARED}] if case else []
        return tuple(
            Note(
                one.step is Step.CLEARED, one.detail["by"], one.at_ms, sealed_words.opened(case, one.detail["words"], self.cases)
            )
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
        if case.kind in denying.KINDS:
            return denying.ask(case, code, reason, member, self.cases, self.now_ms())
        if kinds.of(case.kind).plan is None:
            return Refusal("a request of this kind is decided on a page of its own", rules.REASONS_TOLD)
        ground = grounds.of(case.kind, self._rulebook(case)).get(code)
        if ground is None:
            return Refusal("a denial names one of the grounds that the law has", rules.REASONS_TOLD)
        return reviewing.deny(case, ground, reason, member, self.cases, self.now_ms())

    def agree(self, request_id: str, seen: str, member: Member) -> Refusal | None:
        """Take the second look at what a colleague asked for, and approve it. Rule: Cal. Civ. Code § 1798.145(h)(2), (3)."""
        case = self.cases.get(request_id)
        if case is None:
            return _NO_REQUEST
        if case.kind in denying.KINDS:
            return denying.agree(case, member, self.second, self._rulebook(case), self.cases, self.now_ms())
        foreseen = self._judged(case, self._prospect(case))
        return reviewing.agree(case, foreseen, seen, member, self.second, self.cases, self.now_ms())

    def hears(self, request_id: str, member: Member) -> Looked | Refusal:
        """Return whether a member may decide an appeal: who decided before does so only where nobody else can, a day later.

        Rule: each state's act on appeals; house rule, as for every second look.
        """
        case = self.cases.get(request_id)
        parent = self.cases.get(case.parent) if case and case.parent else None
        decided = (
            [
                one
                for one in parent.history
                if one.step in _DECIDING and member.staff_id in {one.detail.get("by"), one.detail.get("staff")}
            ]
            if parent
            else []
        )
        return self.second.by(member, member.staff_id, decided[-1].at_ms) if decided else Looked(is_alone=False)

    def decide(self, request_id: str, outcome: str, reason: str, member: Member) -> Refusal | None:
        """Decide an appeal, or what is asked of a decision of a program; that the program's decision stays takes two.

        Rule: each state's act on appeals; 11 CCR 7221, 7222.
        """
        case, hears = self.cases.get(request_id), self.hears(request_id, member)
        if case is None:
            return _NO_REQUEST
        if isinstance(hears, Refusal):
            return hears
        if outcome == "denied" and case.kind is RequestKind.AUTOMATED_DECISION:
            return denying.ask(case, denying.STAYS, reason, member, self.cases, self.now_ms())
        return appealing.decide(case, outcome, reason, member.staff_id, self.cases, self.now_ms(), is_alone=hears.is_alone)

    def take_back(self, request_id: str, member: Member) -> Refusal | None:
        """Take back what waits for its second look. Rule: 11 CCR 7101(a)."""
        case = self.cases.get(request_id)
        return reviewing.take_back(case, member, self.cases, self.now_ms()) if case else _NO_REQUEST

    def want(self, request_id: str, wanted: withholding.Wanted, member: Member) -> Refusal | None:
        """Name a part that is to be withheld; another looks at it. Rule: 11 CCR 7022(f), 7024(e), (h)."""
        case = self.cases.get(request_id)
        if case is None or case.contact is None:
            return _NO_REQUEST
        held = {
            one.point: withholding.Held(frozenset(name for name, _ in one.fields), frozenset(record for record, _ in one.records))
            for one in self._held(case)
        }
        rulebooks = withholding.Rulebooks(self._rulebook(case), self.versions.in_force())
        return withholding.want(case, wanted, held, rulebooks, member, self.cases, self.now_ms())

    def look(self, request_id: str, number: int, member: Member, *, agrees: bool) -> Refusal | None:
        """Decide about a part, as its second look. Rule: Cal. Civ. Code § 1798.145(h)(2), (3)."""
        case = self.cases.get(request_id)
        if case is None:
            return _NO_REQUEST
        return withholding.look(case, number, member, self.second, self.cases, self.now_ms(), agrees=agrees)

    def suspect(self, request_id: str, words: str, by: str, *, is_cleared: bool = False) -> Refusal | None:
        """Note a suspicion of fraud, which stops what is carried out, or that it is cleared. Rule: 11 CCR 7060(f)."""
        case = self.cases.get(request_id)
        if case is None:
            return _NO_REQUEST
        return reviewing.suspect(case, words, by, self.cases, self.now_ms(), is_cleared=is_cleared)

    # -- inside ----------------------------------------------------------------------------------------------------

    def _rulebook(self, case: Case) -> Rulebook:
        return self.versions.with_law_of(case.rulebook_id, case.jurisdiction)

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
        words = sealed_words.opened(case, asked.words, self.cases)
        return Asked(asked.about.value, asked.by, asked.at_ms, asked.code, asked.rule, words)

    def _part(self, case: Case, one: Withheld, member: Member) -> PartLine:
        """Return a part as staff see it."""
        known = self.versions.everything_declared()
        entry = next(entry for entry in case.history if entry.seq == one.number)
        decided = withheld.decisions(case).get(one.number)
        looked = None if decided else self.second.by(member, entry.detail["by"], entry.at_ms)
        records = [form for form in self._forms(case) if form.record_id in one.records] if one.records else []
        return PartLine(
            number=one.number,
            code=one.code,
            rule=one.rule,
            what=known.points[one.point].label if one.point in known.points else one.point,
            fields=tuple(known.data[name].label if name in known.data else name for name in sorted(one.fields)),
            records=tuple(self._called(form) for form in records) or tuple(f"one of {len(one.records)}" for _ in one.records),
            purpose=known.purposes[one.purpose].label if one.purpose in known.purposes else one.purpose,
            until=one.until,
            before=one.before,
            words=withheld.reason(case, one, self.cases),
            by=entry.detail["by"],
            at_ms=entry.at_ms,
            agreed=decided.detail["agrees"] if decided else None,
            looked_by=decided.detail["by"] if decided else "",
            second=looked if isinstance(looked, Refusal) else None,
        )

    def _offer(self, case: Case) -> Offer:
        """Return what of a request can be withheld, and by which grounds."""
        own, in_force = self._rulebook(case), self.versions.in_force()
        found = grounds.of_parts(case.kind, own)
        return Offer(
            grounds=tuple(one for one in found.values() if one.code != grounds.EFFORT),
            held=self._held(case),
            is_kept=case.kind is RequestKind.DELETE,
            purposes=tuple((one.name, one.label) for one in in_force.purposes.values()),
            latest_before=withholding.latest_before(case, own.law_table) if grounds.EFFORT in found else None,
        )

    def _held(self, case: Case) -> tuple[HeldPart, ...]:
        """Return what is held of a person by point: without what is kept since an earlier deletion, which has a rule already."""
        if case.contact is None:
            return ()
        known, forms = self.versions.everything_declared(), self._forms(case)
        today = local_date(self.now_ms(), self.versions.timezone)
        holdings = [one for one in self.finder.holdings(case.contact.identifiers(), today) if one.point and not one.earlier]
        covered = [one for one in holdings if not case.contact.points or one.point in case.contact.points]
        found = []
        for point in dict.fromkeys(one.point for one in covered):
            names = dict.fromkeys(name for one in covered if one.point == point for name in one.fields)
            labels = tuple((name, known.data[name].label if name in known.data else name) for name in names)
            records = [(form.record_id, self._called(form)) for form in forms if form.point == point]
            label = next(one.label for one in covered if one.point == point)
            found.append(HeldPart(point, label, labels, tuple(records[-withholding.MOST_RECORDS :])))
        return tuple(found)

    def _forms(self, case: Case) -> tuple[HeldSubmission, ...]:
        people = case.contact.identifiers() if case.contact else ()
        every = {form.record_id: form for person in people for form in self.cases.store.submissions_of(person)}
        return tuple(sorted(every.values(), key=lambda form: form.collected_ms))

    def _called(self, form: HeldSubmission) -> str:
        """Return a record as staff find it in the inbox: its reference and day, and nothing of what is in it."""
        on = local_date(form.collected_ms, self.versions.timezone)
        return f"{form.reference} of {on.day} {on:%B %Y}"

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
    if proved is not None and is_withheld(line.duty):
        return _withheld(case, line)
    if line.action is Action.INSTRUCT:
        return answers.get(line.label) or "told; has not answered yet"
    if line.action is Action.KEEP:
        return _kept(case, line) or ("kept since before" if proved else "not done yet")
    if proved is None:
        return "not done yet"
    on = datetime.fromtimestamp(proved.at_ms / 1000, ZoneInfo(zone)).date()
    if line.action is Action.COMPARE:
        return next((one["did"] for one in execution.outcomes_of(case) if one["target"] == line.label), "not done yet")
    is_erased = line.action is Action.ERASE
    return f"erased; searched again on {on:%d %B %Y}, nothing left" if is_erased else f"in the archive of {on:%d %B %Y}"


def _kept(case: Case, line: Line) -> str:
    """Return that what a line keeps is kept by this request; "" where it is not."""
    by = (line.point, line.code, line.duty, line.purpose)
    return "kept" if any((one.point, one.code, one.duty, one.purpose) == by for one in execution.kept_of(case)) else ""


def _withheld(case: Case, line: Line) -> str:
    """Return what became of a part that staff named, once the rest was done."""
    is_kept = line.action is Action.KEEP
    if line.duty in {one.name for one in withheld.pending(case)}:
        return "kept while it is decided" if is_kept else "left out while it is decided"
    if line.duty in {one.name for one in withheld.fallen(case)}:
        return "decided against: erased as well" if is_kept else "decided against: in the answer as well"
    return "kept" if is_kept else "left out, and named in the letter"


def _progress(case: Case) -> tuple[str, int, int]:
    """Return which place is at work, and how many of how many are done; "" where nothing is under way."""
    planned = case.entry(Step.PLANNED)
    if planned is None or case.state not in {State.FULFILLING, State.DOWNSTREAM}:
        return "", 0, 0
    waiting, total = execution.open_tasks_of(case), len(planned.detail["tasks"])
    return (waiting[0]["target"] if waiting else "searched again"), total - len(waiting), total


__all__ = ["About", "Asked", "Note", "PlanLine", "ReviewPage", "Reviews"]
