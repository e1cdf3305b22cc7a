"""Carrying out a plan, target by target, and proving it (walk 2, steps 5 and 6).

Every outcome is an entry of the history, so a crash repeats at most the target it interrupted; each target may be
asked again safely.
"""

from __future__ import annotations

import base64
import secrets
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, Final, Protocol

from avow.audit import proof
from avow.definitions import RequestKind, local_date
from avow.gate import entries, instructions
from avow.gate.instructions import Wanted, Way
from avow.policy import Rulebook
from avow.rights import confirming, due, keeping, plan, sent_files, withheld
from avow.rights.cases import Case
from avow.rights.disclosing import Discloser, LookWanted
from avow.rights.finding import Finder
from avow.rights.given import Recipients
from avow.rights.kept import Cases
from avow.rights.outcomes import Erasure, Located, Outcome
from avow.rights.plan import Given
from avow.rights.states import Entry, State, Step

SALT_BYTES: Final = 16
#: What a statement says of what is left beyond what rules keep: it is made only once a search finds nothing.
_NOTHING_LEFT: Final = 0
#: What became of what was kept while it was decided about.
_LET_GO: Final = "kept while we decided about it, and erased since"


class Target(Protocol):
    """One place that holds personal information and carries out its part of a plan."""

    @property
    def name(self) -> str:
        """The name that plans, letters and the audit log use."""

    def erase(self, erasure: Erasure, now_ms: int) -> Outcome | None:
        """Erase what belongs to these people; None while it is not finished yet. Safe to repeat. Rule: 11 CCR 7022(b)(1)."""

    def remaining(self, erasure: Erasure) -> int:
        """Return how many records of these people are left, by searching again. Rule: 11 CCR 7022(b)(1)."""


@dataclass(frozen=True, slots=True)
class Telling:
    """How recipients are told: to whom something went, how many days before our own day they answer, by what connections.

    `connected` are the ways by which the configuration reaches the computers of recipients, by the policy's names.
    """

    recipients: Recipients
    days_before: int
    connected: Mapping[str, frozenset[Way]] = field(default_factory=dict)


def make_plan(case: Case, prospect: Prospect, finder: Finder, telling: Telling, cases: Cases, now_ms: int) -> bool:
    """Write what was foreseen into the history as the plan, with what was found: later steps need it when the keys are gone.

    To delete reaches what a purpose of the policy put together with what the person wrote: it was theirs to whoever read it. What
    tells recipients is queued with the plan: whoever may hold something hears of it as soon as we do. Nobody is told of invented
    people.
    Rule: 11 CCR 7022(b), 7024; Cal. Civ. Code § 1798.105(c)(1).
    """
    contact = case.contact
    if contact is None:
        return False
    ids = {task.recipient: instructions.new_id() for task in prospect.tasks if task.action is plan.Action.INSTRUCT}
    given, by = prospect.given, prospect.answer_by
    wanted = {ids[one.name]: wanted_of(one, by, telling.connected) for one in given if one.name in ids}
    located = finder.locate(contact.identifiers(), contact.points, now_ms)
    detail = {
        "tasks": [planned(task, ids) for task in prospect.tasks],
        "lines": [keeping.as_json(line) for line in prospect.lines],
        "subjects": list(located.subjects),
        "counts": dict(located.counts),
    }
    entry = entries.RequestPlanned(case.request_id, len(prospect.tasks))
    return cases.append(case, Step.PLANNED, now_ms, detail, entry, None, tell=wanted)


@dataclass(frozen=True, slots=True)
class Prospect:
    """What would happen to a verified request now: who does what, to whom something went, and line by line what becomes of it.

    `is_guessed`: too much of what was typed before was wrong (11 CCR 7060(f)).
    """

    tasks: tuple[plan.Task, ...]
    given: tuple[Given, ...]
    lines: tuple[plan.Line, ...]
    answer_by: date
    is_guessed: bool = False


def widened(case: Case, finder: Finder, cases: Cases) -> Case | None:
    """Let a request to delete reach the browsers that are noted with what its person wrote; None: changed meanwhile.

    Rule: Cal. Civ. Code § 1798.105(c)(1). Why: decision 0067.
    """
    if case.contact is None or case.kind is not RequestKind.DELETE or not _is_of_browsers(case.contact.points, finder):
        return case
    browsers = finder.browsers_of(case.contact.identifiers())
    return cases.widen(case.request_id, browsers) if browsers else case


def _is_of_browsers(points: Sequence[str], finder: Finder) -> bool:
    """Return whether a deletion reaches what browsers told: a whole one does. Rule: 11 CCR 7022(g)."""
    return not points or finder.is_of_browsers(points)


def foresee(
    case: Case, rulebook: Rulebook, targets: Sequence[str], finder: Finder, telling: Telling, now_ms: int
) -> Prospect | None:
    """Return what would happen now, by which the plan is made and which staff see before; nothing is written.

    `targets` are the names of the places. None while something of the person is being handed over, and once nobody knows who
    they are. Rule: 11 CCR 7022(b), (f), 7024; Cal. Civ. Code § 1798.105(c)(1).
    """
    contact, today = case.contact, local_date(now_ms, rulebook.law_table.timezone)
    if contact is None:
        return None
    if case.kind is RequestKind.CONFIRM_IDENTIFIER:
        is_guessed = confirming.is_guessed(case, rulebook, Cases(finder.store))
        return Prospect(confirming.plan_of((), (), today), (), confirming.lines(case, rulebook), today, is_guessed=is_guessed)
    is_told = case.kind is RequestKind.DELETE and not case.demonstration
    if case.kind is RequestKind.DELETE and _is_of_browsers(contact.points, finder):  # as `widened`, before the walk comes to it
        contact = replace(contact, more_visitors=(*contact.more_visitors, *finder.browsers_of(contact.identifiers())))
    if is_told and telling.recipients.are_leaving(contact):
        return None
    given = telling.recipients.of(contact) if is_told else ()
    named = withheld.of(case)
    own = tuple(name for name in targets if name != plan.KEPT or finder.keeps or named)
    tasks = plan.make(case.kind, own, given, today)
    answer_by = instructions.answer_by(due.table(case, rulebook)[due.What.ANSWER].target, telling.days_before, today)
    holdings = finder.holdings(tuple(dict.fromkeys(contact.identifiers())), today, named)
    if contact.points:  # of a part: what came by the points that were named, and nothing else of theirs
        holdings = tuple(one for one in holdings if one.point in contact.points and not one.earlier)
    return Prospect(tasks, given, plan.lines(case.kind, holdings, tasks, answer_by, named), answer_by)


def wanted_of(one: Given, answer_by: date, connected: Mapping[str, frozenset[Way]]) -> Wanted:
    """Return what a recipient is told; without a declared way, or a connection for it, a member of staff passes it on."""
    declared = one.declared.instruct if one.declared else ""
    way = Way(declared) if declared in set(Way) else Way.PAGE
    if way in {Way.WEBHOOK, Way.OPENDSR} and way not in connected.get(one.name, frozenset()):
        way = Way.PAGE
    return Wanted(one.name, one.rulebook_id, way, one.categories, answer_by, one.identifiers, one.is_third_party)


def planned(task: plan.Task, ids: Mapping[str, str]) -> dict[str, str]:
    """Return a task as JSON, with the instruction of a recipient."""
    told = {"instruction": ids[task.recipient]} if task.recipient in ids else {"did": task.did} if task.did else {}
    return {"target": task.target, "action": task.action.value, "rule": task.rule, **told}


def execute(case: Case, rulebook: Rulebook, targets: Sequence[Target], discloser: Discloser, cases: Cases, now_ms: int) -> bool:
    """Have the next target of the plan do its part; return whether something was written into the history.

    Rule: 11 CCR 7022(b)(1) (erase on existing systems); Cal. Civ. Code § 1798.130(a)(3) (know).
    """
    open_tasks = [task for task in open_tasks_of(case) if task["action"] != plan.Action.INSTRUCT]
    if not open_tasks or case.contact is None:
        return False
    if case.kind in plan.DISCLOSED:
        return not sent_files.waiting(case) and _disclose(case, open_tasks, discloser, cases, now_ms)
    if case.kind is RequestKind.CONFIRM_IDENTIFIER:
        return confirming.compare(case, open_tasks, rulebook, cases, now_ms)
    if case.kind is not RequestKind.DELETE:
        raise ValueError(f'a plan of a request of the kind "{case.kind}" is carried out elsewhere')
    outcome = _erase_next(open_tasks[0], targets, case, now_ms)
    if outcome is None:
        return False
    detail = {"outcomes": [_plain(outcome)], "tasks": [outcome.target]}
    # How much there was, and of what, is under the salt.
    entry = entries.RequestTarget(case.request_id, outcome.target, outcome.rule)
    return cases.append(case, Step.OUTCOME, now_ms, detail, entry, None)


def is_begun(case: Case, cases: Cases) -> bool:
    """Return whether something of a planned deletion is destroyed, whether or not that is in the history yet."""
    planned, vault = case.entry(Step.PLANNED), cases.store.vault
    if planned is None or case.contact is None:
        return False
    people = case.contact.identifiers()
    pairs = ((one, point) for one in vault.own_subjects_of(people) for point in case.contact.points)
    moments = (*vault.erased_at(people).values(), *vault.named.until(pairs).values())
    return any(at_ms >= planned.at_ms for at_ms in moments)


def _disclose(case: Case, tasks: Sequence[Mapping[str, str]], discloser: Discloser, cases: Cases, now_ms: int) -> bool:
    """Have everything put together; or write that a member of staff has to look at files first. Rule: 11 CCR 7024(d)."""
    made = discloser.disclose(case, now_ms)
    if isinstance(made, LookWanted):
        wanted = entries.FilesUnread(case.request_id, len(made.files))
        return cases.append(case, Step.LOOK_WANTED, now_ms, {"files": list(made.files)}, wanted, None)
    detail = {"outcomes": [_plain(outcome) for outcome in made], "tasks": [task["target"] for task in tasks]}
    return cases.append(case, Step.OUTCOME, now_ms, detail, entries.RequestDisclosed(case.request_id), None)


def prove(case: Case, targets: Sequence[Target], cases: Cases, now_ms: int) -> bool:
    """Search again, and put the statement of what was done into the audit log, naming the request only under a salt.

    Returns False, and changes nothing, while something is left: the targets are asked again by `execute`'s caller. What was kept
    while it was decided about, and is not to be, is destroyed first.
    Rule: 11 CCR 7022(b)(1), 7101(a).
    """
    if open_tasks_of(case) or case.contact is None:
        return False
    erasure = _erasure(case)
    let_go(case, cases, now_ms)
    if case.kind is RequestKind.DELETE:
        unfinished = [target for target in targets if target.remaining(erasure)]
        for target in unfinished:  # something came in between: have it erased, and search again the next time
            target.erase(erasure, now_ms)
        if unfinished:
            return False
    salt = secrets.token_bytes(SALT_BYTES)
    # How much was held of somebody, and where, is for them alone: the log has a hash of it under the salt that they have.
    # What rules keep is named in it; beyond that the search found nothing.
    said = ("did", "records", "kept")
    done = {one["target"]: {name: one[name] for name in said if name in one} for one in outcomes_of(case)}
    found = proof.canonical(done).decode()
    about, hidden = proof.blinded(salt, case.reference), proof.blinded(salt, found)
    statement = entries.RequestDone(f"request.{case.kind.value}.done", about, case.rulebook_id, _NOTHING_LEFT, hidden)
    detail = {
        "entry": base64.b64encode(statement.packed(now_ms)).decode(),
        "salt": base64.b64encode(salt).decode(),
        "found": found,
        "left": _NOTHING_LEFT,
    }
    return cases.append(case, Step.PROVED, now_ms, detail, statement, None)


def resume(case: Case, cases: Cases, now_ms: int) -> bool:
    """Carry a request on, once it is decided about a part of it that was withheld; return whether it was.

    An answer is put together again, with what is shown now and why the rest is not; what is not kept after all is destroyed
    before it is proved. While the rest is under way nothing waits for the second look.
    Rule: 11 CCR 7022(f)(1), (2), 7024(e), (h).
    """
    last = max((one.seq for one in withheld.decisions(case).values()), default=0)
    reopened = [name for one in _counting(case) if one.seq < last for name in one.detail["tasks"]]
    proved = case.entry(Step.PROVED)
    if case.state is State.DECIDING:
        is_time = not withheld.pending(case)
    elif case.state is State.PROVED:
        is_time = proved is not None and proved.seq < last
    else:
        is_time = case.kind in plan.DISCLOSED and bool(reopened)
    if not is_time or not case.may(Step.RESUMED):
        return False
    detail = {"tasks": reopened if case.kind in plan.DISCLOSED else []}
    entry = entries.RequestStep("request.resumed", case.request_id)
    return cases.append(case, Step.RESUMED, now_ms, detail, entry, None)


def _counting(case: Case) -> list[Entry]:
    """Return the entries of outcomes that count: not those of an answer that was put together again since."""
    found: list[Entry] = []
    for entry in case.history:
        if entry.step is Step.OUTCOME:
            found.append(entry)
        elif entry.step is Step.RESUMED:
            found = [one for one in found if not set(entry.detail["tasks"]) & set(one.detail["tasks"])]
    return found


def let_go(case: Case, cases: Cases, now_ms: int, *, is_over: bool = False) -> None:
    """Destroy what was kept of parts that are not withheld after all. Safe to repeat. Rule: 11 CCR 7022(f)(2).

    `is_over`: nobody decides about the request any more, so what nobody agreed to is not withheld either.
    """
    fallen = {one.name for one in (*withheld.fallen(case), *(withheld.pending(case) if is_over else ()))}
    if fallen and case.contact is not None and case.kind is RequestKind.DELETE:
        shelf = cases.store.kept
        shelf.end([row.id for row in shelf.rows_of(case.contact.identifiers()) if row.duty in fallen], now_ms)


def outcomes_of(case: Case) -> list[dict[str, Any]]:  # Any: JSON
    """Return every outcome that counts, without what was kept while it was decided about. Rule: 11 CCR 7101(a)."""
    fallen = {one.name for one in withheld.fallen(case)}
    every = [one for entry in _counting(case) for one in entry.detail["outcomes"]]
    return [_without(one, fallen) for one in every] if fallen else every


def _without(outcome: dict[str, Any], fallen: Collection[str]) -> dict[str, Any]:  # Any: as above
    """Return an outcome without what was kept of parts that fell."""
    left = [line for line in outcome.get("kept", ()) if line.get("duty") not in fallen]
    if len(left) == len(outcome.get("kept", ())):
        return outcome
    gone = {name: value for name, value in outcome.items() if name != "kept"}
    is_apart = outcome["target"] == plan.KEPT  # of a deletion of named points what is kept is with what was erased
    if left:
        return {**gone, **({"records": sum(line.get("records", 0) for line in left)} if is_apart else {}), "kept": left}
    return {**gone, "did": _LET_GO, "records": 0} if is_apart else gone


def lines_of(case: Case) -> tuple[plan.Line, ...]:
    """Return what was to become of what was held, as it was found before anything was done. Rule: 11 CCR 7022(b), (f)."""
    planned = case.entry(Step.PLANNED)
    return tuple(keeping.from_json(one) for one in planned.detail.get("lines", ())) if planned else ()


def kept_of(case: Case) -> tuple[plan.Line, ...]:
    """Return what rules keep, as it was done. Rule: 11 CCR 7022(f)."""
    return tuple(keeping.from_json(line) for outcome in outcomes_of(case) for line in outcome.get("kept", ()))


def open_tasks_of(case: Case) -> list[dict[str, str]]:
    """Return the tasks of the plan that have no outcome yet. Rule: 11 CCR 7022(b)."""
    planned = case.entry(Step.PLANNED)
    done = {name for entry in _counting(case) for name in entry.detail["tasks"]}
    return [task for task in planned.detail["tasks"] if task["target"] not in done] if planned else []


def _erase_next(task: dict[str, str], targets: Sequence[Target], case: Case, now_ms: int) -> Outcome | None:
    """Have one target erase; a recipient that holds nothing needs no message."""
    if task["action"] == plan.Action.NOTHING_HELD:
        return Outcome(task["target"], task.get("did", "holds nothing after delivery"), 0, task["rule"])
    target = next(target for target in targets if target.name == task["target"])
    return target.erase(_erasure(case), now_ms)


def _erasure(case: Case) -> Erasure:
    """Return what the targets are asked to erase, from the plan in the history."""
    planned = case.entry(Step.PLANNED)
    identifiers = case.contact.identifiers() if case.contact else ()
    if planned is None:
        return Erasure(identifiers, Located((), {}), case.received_ms)
    located = Located(tuple(planned.detail["subjects"]), planned.detail["counts"])
    return Erasure(identifiers, located, planned.at_ms, withheld.of(case))


def _plain(outcome: Outcome) -> dict[str, Any]:  # Any: JSON
    """Return the outcome as JSON."""
    plain = {"target": outcome.target, "did": outcome.did, "records": outcome.records, "rule": outcome.rule}
    return {**plain, **({"kept": [keeping.as_json(line) for line in outcome.kept]} if outcome.kept else {})}
