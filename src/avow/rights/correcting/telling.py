"""What the person is told of each contested field, what they may add where it was left as it is, and what is held of it now.

The letter names fields, never what they say. What they say now is shown on the page that the proved link opens, and counts as no
request to know. Rule: 11 CCR 7023(f), (i), (j).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Final

from avow.definitions import Refusal, RequestKind, local_date
from avow.gate import entries, instructions
from avow.gate.corrected import STATEMENT
from avow.gate.instructions import Change, What
from avow.policy import Rulebook
from avow.policy.law import rules
from avow.rights.answers import CorrectedField, FieldLine
from avow.rights.cases import Case
from avow.rights.correcting import claims, held, reviewing
from avow.rights.correcting.grounds import DID, GROUNDS, Outcome
from avow.rights.execution import Telling, wanted_of
from avow.rights.kept import Cases
from avow.rights.never_disclose import Redactor
from avow.rights.states import State, Step
from avow.store.holdings import HeldSubmission

_NOT_NOW: Final = Refusal("nothing can be added here: the field was corrected, or the time is over", rules.CORRECT_DENIED)
_OPEN: Final = frozenset({State.ANSWERING, State.RESPONDED, State.CLOSED})


def outcome(case: Case, cases: Cases) -> str:
    """Return what the answer says in a word: granted, partial or denied. Rule: 11 CCR 7023(f), 7102(a)."""
    denied = [one.outcome is Outcome.DENIED for one in reviewing.decided(case, cases).values()]
    return "denied" if all(denied) else "partial" if any(denied) else "granted"


def lines(case: Case, cases: Cases, rulebook: Rulebook) -> tuple[FieldLine, ...]:
    """Return what became of each contested field. Rule: 11 CCR 7023(f), (i)."""
    contact, known = case.contact, reviewing.decided(case, cases)
    if contact is None:
        return ()
    found = []
    for number, one in sorted(known.items()):
        claim = contact.claims[number]
        item, declared = rulebook.data.get(claim.field), rulebook.points.get(claim.point)
        is_denied, ground = one.outcome is Outcome.DENIED, GROUNDS.get(one.ground)
        why = f"{ground.words}. {one.reason}" if is_denied and ground else ""
        is_told = declared is not None and declared.source in rulebook.recipients and not is_denied
        is_health = item is not None and item.sensitive == reviewing.HEALTH
        rule = _rule(case, claims.named(rulebook, claim).called)
        line = FieldLine(number, claims.named(rulebook, claim).called, DID[one.outcome], rule, why)
        own = held.proved(cases.store, contact, claim) if is_denied and is_health else ()
        may_state = bool(own) and rulebook.law_table.statement_words > 0
        found.append(_with(line, held.source(rulebook, claim.point), is_told=is_told, may_state=may_state))
    return tuple(found)


def _with(line: FieldLine, source: str, *, is_told: bool, may_state: bool) -> FieldLine:
    return FieldLine(line.number, line.called, line.did, line.rule, line.why, source, is_told, may_state)


def _rule(case: Case, called: str) -> str:
    planned = case.entry(Step.PLANNED)
    tasks = planned.detail["tasks"] if planned else []
    return next((str(task["rule"]) for task in tasks if task["target"] == called), rules.CORRECT_EFFORT)


def shown(case: Case, cases: Cases, rulebook: Rulebook, now_ms: int) -> tuple[CorrectedField, ...]:
    """Return what the corrected fields say now, to who proved the address; logged, and counted as no request to know.

    What no answer shows is described here, too. Rule: 11 CCR 7023(j), 7024(d); Cal. Civ. Code § 1798.130(b).
    """
    contact = case.contact
    if contact is None or case.kind is not RequestKind.CORRECT or case.state not in _OPEN or case.is_suspected:
        return ()
    known, found = reviewing.decided(case, cases), []
    for number, one in sorted(known.items()):
        if one.outcome is Outcome.DENIED:
            continue
        claim = contact.claims[number]
        own = held.proved(cases.store, contact, claim)
        item = rulebook.data.get(claim.field)
        is_file = item is not None and item.file is not None
        redactor = Redactor({claim.field: item.never_disclose} if item is not None and item.never_disclose else {})
        said = [(one.reference, _says(one, claim.field) if is_file else one.fields.get(claim.field, "")) for one in own]
        said += [(each.called, each.text) for each in held.elsewhere(cases.store, contact, claim)]
        now = tuple((called, redactor.item(claim.field, text)) for called, text in said)
        found.append(CorrectedField(claims.named(rulebook, claim).called, now))
    with cases.writing() as tx:
        entries.record(tx, now_ms, entries.CorrectedShown(case.request_id))
    return tuple(found)


def _says(form: HeldSubmission, item: str) -> str:
    """Return which documents of an item a record has now, as their person knows them."""
    return ", ".join(f"{one.name}, {one.size} bytes" for one in form.files if one.item == item)


def state(  # what the page sends, and what recipients are told by
    case: Case, number: int, text: str, cases: Cases, rulebook: Rulebook, telling: Telling | None, now_ms: int
) -> Refusal | None:
    """Attach a person's statement to a field on their health that was left as it is; with `telling` recipients get it, too.

    It is kept with each record, sealed as it is, and shown with the field to whoever reads it.
    Rule: 11 CCR 7023(f)(3): at most so many words as the law table says; to recipients on request.
    """
    line = next((one for one in lines(case, cases, rulebook) if one.number == number), None)
    if case.contact is None or case.state not in _OPEN or line is None or not line.may_state:
        return _NOT_NOW
    most, said = rulebook.law_table.statement_words, text.strip()
    if not said or len(said.split()) > most or "\0" in said:
        return Refusal(f"write your statement in at most {most} words; this has {len(said.split())}", rules.CORRECT_DENIED)
    claim = case.contact.claims[number]
    forms = [one for one in held.proved(cases.store, case.contact, claim) if claim.field in one.fields]
    for form in forms:
        cases.store.keep_again(form, {**form.fields, claim.field + STATEMENT: said}, now_ms)
    told = _told(case, claim.field, {form.fields[claim.field]: said for form in forms}, rulebook, telling, now_ms)
    with cases.writing() as tx:
        if told:
            instructions.queue(cases.store, tx, case.request_id, case.site, told, now_ms)
        entries.record(tx, now_ms, entries.StatementAdded(case.request_id, len(told)))
    return None


def _told(  # as above
    case: Case, name: str, said: Mapping[str, str], rulebook: Rulebook, telling: Telling | None, now_ms: int
) -> dict[str, instructions.Wanted]:
    """Return what recipients of a field are told of the statement on it; nothing where nobody asked for that."""
    item = rulebook.data.get(name)
    if telling is None or case.contact is None or case.demonstration or item is None:
        return {}
    today = local_date(now_ms, rulebook.law_table.timezone)
    answer_by = instructions.answer_by(today, -telling.days_before, today)
    found = {}
    for one in telling.recipients.of(case.contact):
        if one.may_hold(today) and {*item.categories} & {*one.categories}:
            changes = tuple(Change(item.label, before, "", text) for before, text in said.items())
            usual = wanted_of(one, answer_by, telling.connected)
            found[instructions.new_id()] = replace(usual, what=What.CORRECT, changes=changes)
    return found
