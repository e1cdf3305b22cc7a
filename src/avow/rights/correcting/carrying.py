"""Carrying out what was decided of a request to correct: here, field by field, and at whoever got the former value.

    plan       one task for each field; one for each recipient that got it, and for a source that is one of our recipients
    execute    the address first finds its person by its new form; then marks; then each record is sealed again
    prove      looked again: no record of the person says what it said before

A crash between two of these repeats at most the field that it interrupted. The marks come before the records, so that nothing
arrives in between as it was before.
Rule: Cal. Civ. Code § 1798.106(c); 11 CCR 7023(c), (i).
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any, Final

from avow.definitions import Identifier, IdentifierKind, identifier, local_date
from avow.gate import corrected, entries, instructions
from avow.gate.instructions import Change, Wanted, What
from avow.policy import Rulebook
from avow.policy.law import rules
from avow.rights import due, execution, plan
from avow.rights.cases import Case, Claim, Contact
from avow.rights.correcting import claims, documents, held, reviewing
from avow.rights.correcting.grounds import DID, GROUNDS, Outcome
from avow.rights.correcting.reviewing import Decided
from avow.rights.execution import Telling
from avow.rights.given import EMAIL, RECORD
from avow.rights.keeping import Keeper
from avow.rights.kept import Cases
from avow.rights.plan import Action, Given, Task
from avow.rights.states import Step
from avow.store.corrected import Corrected, one_form
from avow.store.holdings import HeldSubmission
from avow.store.store import Store

#: By what bytes the kinds of documents begin (`correcting.documents.KINDS`).
_STARTS: Final = ((b"%PDF", "pdf"), (b"\x89PNG", "png"), (b"\xff\xd8\xff", "jpeg"))
_CHANGED: Final = frozenset({Outcome.CORRECTED, Outcome.DELETED})


def want_review(case: Case, cases: Cases, now_ms: int) -> bool:
    """Let a verified request wait for a member of staff. Rule: 11 CCR 7023(b)."""
    return cases.append(
        case, Step.REVIEW_WANTED, now_ms, {}, entries.RequestReviewed("request.review-wanted", case.request_id), None
    )


def make_plan(case: Case, rulebook: Rulebook, telling: Telling, cases: Cases, now_ms: int) -> bool:
    """Write the plan once every field is decided, and queue what tells recipients. Rule: 11 CCR 7023(c), (i)."""
    contact, known = case.contact, reviewing.decided(case, cases)
    if contact is None or not contact.claims or len(known) < len(contact.claims):  # without a field nobody has said what is wrong
        return False
    if any(one.waits for one in known.values()) and not case.demonstration:  # for a second person
        return False
    if not any(one.document for one in known.values()):
        documents.destroy(case, cases, now_ms)
    is_told = not case.demonstration
    if is_told and telling.recipients.are_leaving(contact):
        return False
    today = local_date(now_ms, rulebook.law_table.timezone)
    own = tuple(_task(rulebook, contact.claims[number], one) for number, one in sorted(known.items()))
    given = _given(case, known, rulebook, telling, cases, today) if is_told else ()
    called = plan.names(given, [task.target for task in own])
    told = {one.name: _changes(one, contact, known, rulebook) for one in given if one.may_hold(today)}
    tasks = own + tuple(_told(one, called[one.name]) for one in given if told.get(one.name))
    answer_by = instructions.answer_by(due.table(case, rulebook)[due.What.ANSWER].target, telling.days_before, today)
    ids = {task.recipient: instructions.new_id() for task in tasks if task.action is Action.INSTRUCT}
    wanted = {ids[one.name]: _wanted(one, answer_by, telling, told[one.name]) for one in given if one.name in ids}
    detail = {"tasks": [execution.planned(task, ids) for task in tasks], "subjects": [], "counts": {}}
    entry = entries.RequestPlanned(case.request_id, len(tasks))
    return cases.append(case, Step.PLANNED, now_ms, detail, entry, None, tell=wanted)


def changes(case: Case, cases: Cases) -> bool:
    """Return whether a decision of a request changes something, here or at a recipient. Rule: 11 CCR 7060(f)."""
    return any(one.outcome in _CHANGED for one in reviewing.decided(case, cases).values())


def execute(case: Case, rulebook: Rulebook, keeper: Keeper, cases: Cases, now_ms: int) -> bool:
    """Carry out what was decided of the next field; return whether something was written into the history.

    `keeper` keeps a replaced document where a rule says so. Rule: 11 CCR 7022(f), 7023(c).
    """
    open_tasks = [task for task in execution.open_tasks_of(case) if task["action"] == Action.CORRECT]
    if not open_tasks or case.contact is None:
        return False
    target, known = open_tasks[0]["target"], reviewing.decided(case, cases)
    outcomes = []
    for number, claim in enumerate(case.contact.claims):  # points of two websites may be called alike
        if claims.named(rulebook, claim).called == target:
            one = known[number]
            field, task = _Field(cases, case, claim, one, rulebook, keeper, now_ms), _task(rulebook, claim, one)
            count = field.carry_out() if one.outcome in _CHANGED else 0
            outcomes.append({"target": target, "did": task.did, "records": count, "rule": task.rule})
    detail = {"outcomes": outcomes, "tasks": [target]}
    entry = entries.RequestTarget(case.request_id, target, open_tasks[0]["rule"])
    return cases.append(case, Step.OUTCOME, now_ms, detail, entry, None)


def prove(case: Case, cases: Cases, now_ms: int) -> bool:
    """Look again, correct what came in between as it was before, and put the statement into the audit log.

    Rule: 11 CCR 7023(c), 7101(a).
    """
    if execution.open_tasks_of(case) or case.contact is None:
        return False
    store = cases.store
    documents.destroy(case, cases, now_ms)  # of those that took another one's place there is a copy where it belongs
    subjects = store.vault.subjects_of(case.contact.identifiers())
    if corrected.again(store, now_ms, subjects):
        return False
    return execution.prove(case, (), cases, now_ms)


@dataclass(frozen=True, slots=True)
class _Field:
    """One field that was decided to be corrected, or deleted instead."""

    cases: Cases
    case: Case
    claim: Claim
    one: Decided
    rulebook: Rulebook
    keeper: Keeper
    now_ms: int

    @property
    def store(self) -> Store:
        return self.cases.store

    def carry_out(self) -> int:
        """Correct the field in the records that were chosen; an address everywhere. Returns how many records changed."""
        count = sum(self._elsewhere(name, text) for name, text in self.one.before.items())
        declared = self.rulebook.data.get(self.claim.field)
        if declared is not None and declared.file is not None:
            return count + self._replaced()
        return count + self._written()

    def _elsewhere(self, name: str, text: str) -> int:
        """Correct a value in events, or what a rule keeps: the mark first, so that nothing comes in between as it was."""
        point, field, after = self.claim.point, self.claim.field, self.one.after
        if name.startswith(held.KEPT):
            kept_id = name.removeprefix(held.KEPT)
            self.store.kept.note_corrected(kept_id, point, field, (text, after), self.now_ms)
            return int(self.store.kept.correct(kept_id, field, after))
        if not name.startswith(held.EVENTS) or self.case.contact is None:
            return 0
        subjects = self.store.vault.own_subjects_of(self.case.contact.identifiers())
        marks = [Corrected(subject, point, field, text, after, self.now_ms) for subject in sorted(subjects)]
        self.store.vault.corrected.note(marks, self.store.vault.keys_of(subjects))
        return self.store.correct_events(subjects, point, field, text, after)

    def _replaced(self) -> int:
        """Put the document that was chosen in the place of the former ones, or none; what a rule keeps of these is kept first.

        A feed that brings a former one again, known by the hash of its bytes, brings nothing. Rule: 11 CCR 7022(f), 7023(c).
        """
        item, content = self.claim.field, None
        if self.one.document:
            content = self.cases.document(self.case.request_id, self.one.document)
            if content is None:
                return 0  # carried out before a crash: the document was destroyed after it
        kind, count = _kind(content) if content is not None else "", 0
        for form in (form for name in self.one.before if (form := self.store.submission(name)) is not None):
            named = self.one.before[form.record_id].split()
            former = [one for one in form.files if one.item == item and one.sha256 in named]
            for file in former:
                self.keeper.keep_file(form, file, self.now_ms)
                self._note((subject, form.point, item, file.sha256, "") for subject in self.store.owners(form.record_id))
            is_done = not former or self.store.replace_file(form, item, content, kind, self.now_ms)  # done before a crash
            count += is_done
        return count

    def _note(self, corrected: Iterable[tuple[bytes, str, str, str, str]]) -> None:
        marks = [Corrected(*one, self.now_ms) for one in corrected]
        self.store.vault.corrected.note(marks, self.store.vault.keys_of(one.subject for one in marks))

    def _written(self) -> int:
        """Correct what people, or companies about them, wrote."""
        records = [form for name in self.one.before if (form := self.store.submission(name)) is not None and form.fields]
        item = self.rulebook.data.get(self.claim.field)
        if item is not None and item.identifier is not None and self.one.outcome is Outcome.CORRECTED:
            return self._readdressed(item.identifier, records)
        self._mark((form, self.claim.field, self.one.before[form.record_id]) for form in records)
        return sum(self._put(form, self._without(form), form.people) for form in records)

    def _without(self, form: HeldSubmission) -> dict[str, str]:
        """Return a record's fields as they are to be."""
        rest = {name: text for name, text in form.fields.items() if name != self.claim.field}
        return rest if not self.one.after else {**form.fields, self.claim.field: self.one.after}

    def _readdressed(self, kind: IdentifierKind, records: Sequence[HeldSubmission]) -> int:
        """Let the corrected address find its person, and be in every record that had the former one.

        Raises ValueError where it has taken over too many addresses already: the request is set aside, and staff see it.
        """
        vault, new = self.store.vault, identifier(kind, self.one.after)
        former = dict.fromkeys(identifier(kind, text) for text in self.one.before.values() if text)
        count = 0
        for old in (one for one in former if one != new):
            owners = {form.record_id: self.store.owners(form.record_id) for form in records}
            found = vault.people_of(vault.subjects_of([old]) | frozenset().union(*owners.values()))
            if vault.readdress(old, new, self.rulebook.points, self.now_ms) is None:
                raise ValueError("a corrected address would take over more former ones than it can find")
            for subject in sorted(found):
                key = vault.key_of(subject)
                forms = [form for form in self.store.submissions_of_subject(subject) if old in form.people]
                if key is None:
                    continue
                vault.corrected.note_former(old, Corrected(subject, "", "", old.value, new.value, self.now_ms), key)
                self._mark((form, name, text) for form in forms for name, text in _saying(form, old))
                count += sum(self._put(form, *_with(form, old, new)) for form in forms)
        return count

    def _mark(self, found: Iterable[tuple[HeldSubmission, str, str]]) -> None:
        """Note what each field said, for each of its record's people."""
        marks = [
            Corrected(subject, form.point, name, text, self.one.after, self.now_ms)
            for form, name, text in found
            for subject in sorted(self.store.owners(form.record_id))
        ]
        self.store.vault.corrected.note(marks, self.store.vault.keys_of(one.subject for one in marks))

    def _put(self, form: HeldSubmission, fields: Mapping[str, str], people: tuple[Identifier, ...]) -> bool:
        return self.store.keep_corrected(form, fields, people, self.now_ms)


def _kind(content: bytes) -> str:
    """Return the kind of a document by its first bytes; it was judged when it came (`web.privacy_center.correcting`)."""
    return next((kind for start, kind in _STARTS if content.startswith(start)), "pdf")


def _saying(form: HeldSubmission, one: Identifier) -> Iterator[tuple[str, str]]:
    """Yield the fields of a record that say an address, each with its text."""
    yield from ((name, text) for name, text in form.fields.items() if one_form(text) == one_form(one.value))


def _with(form: HeldSubmission, old: Identifier, new: Identifier) -> tuple[dict[str, str], tuple[Identifier, ...]]:
    """Return a record's fields and people with a corrected address in the place of the former one."""
    people = tuple(dict.fromkeys(new if one == old else one for one in form.people))
    return {**form.fields, **dict.fromkeys((name for name, _ in _saying(form, old)), new.value)}, people


def _task(rulebook: Rulebook, claim: Claim, one: Decided) -> Task:
    rule = {
        Outcome.CORRECTED: rules.CORRECT_EFFORT,
        Outcome.DELETED: rules.CORRECT_BY_DELETING,
        Outcome.DENIED: GROUNDS[one.ground].rule if one.ground in GROUNDS else rules.CORRECT_DENIED,
    }[one.outcome]
    return Task(claims.named(rulebook, claim).called, Action.CORRECT, rule, did=DID[one.outcome])


def _told(one: Given, called: str) -> Task:
    rule = rules.CORRECT_EVERYWHERE if not one.is_third_party else rules.CORRECT_EFFORT
    return Task(called, Action.INSTRUCT, rule, one.name)


def _given(  # what the plan knows
    case: Case, known: Mapping[int, Decided], rulebook: Rulebook, telling: Telling, cases: Cases, today: date
) -> tuple[Given, ...]:
    """Return who got something of this person by any of their addresses, and the sources that are recipients of ours.

    Rule: 11 CCR 7023(c) (who got it), (i) (where it came from).
    """
    contact = case.contact
    if contact is None or not any(one.outcome in _CHANGED for one in known.values()):
        return ()
    addresses = {contact.email: None}
    for former in held.contested(contact, rulebook):
        if former.kind is IdentifierKind.EMAIL and _is_corrected(former, contact, known):
            addresses[former.value] = None
    found: dict[str, Given] = {}
    for address in addresses:
        for one in telling.recipients.of(_as(contact, address)):
            found[one.name] = _both(found.get(one.name), one)
    for one in _sources(contact, known, rulebook, cases.store, today):
        found.setdefault(one.name, one)
    return tuple(found[name] for name in sorted(found))


def _is_corrected(former: Identifier, contact: Contact, known: Mapping[int, Decided]) -> bool:
    """Return whether records that a contested address finds were decided to be this person's."""
    return any(
        one.outcome is Outcome.CORRECTED and any(identifier(former.kind, text) == former for text in one.before.values() if text)
        for number, one in known.items()
        if number < len(contact.claims)
    )


def _as(contact: Contact, address: str) -> Contact:
    return contact if address == contact.email else replace(contact, email=address, visitor_id="", more_visitors=())


def _both(one: Given | None, other: Given) -> Given:
    """Return what went to one recipient by two addresses of a person; what was sold by either was sold."""
    if one is None:
        return other
    later = max(one, other, key=lambda each: each.last_on)
    sold = (each.declared for each in (later, one, other) if each.declared is not None and each.is_third_party)
    categories = "".join(sorted({*one.categories, *other.categories}))
    people = tuple(dict.fromkeys((*one.identifiers, *other.identifiers)))
    return replace(later, declared=next(sold, later.declared), categories=categories, identifiers=people)


def _sources(contact: Contact, known: Mapping[int, Decided], rulebook: Rulebook, store: Store, today: date) -> Iterator[Given]:
    """Yield where corrected fields came from, when that is a recipient that the policy declares by the same name."""
    for number, one in known.items():
        claim = contact.claims[number]
        declared = rulebook.points.get(claim.point)
        recipient = rulebook.recipients.get(declared.source) if declared else None
        item = rulebook.data.get(claim.field)
        if recipient is None or item is None or one.outcome not in _CHANGED:
            continue
        forms = [form for name in one.before if (form := store.submission(name)) is not None]
        addresses = dict.fromkeys(each.value for form in forms for each in form.people if each.kind is IdentifierKind.EMAIL)
        people = (*((EMAIL, address) for address in addresses), *((RECORD, form.record_id) for form in forms))
        yield Given(recipient.name, recipient, rulebook.id, today, "".join(item.categories), people)


def _changes(given: Given, contact: Contact, known: Mapping[int, Decided], rulebook: Rulebook) -> tuple[Change, ...]:
    """Return what a recipient is to correct: the fields of the categories that went to it."""
    found = []
    for number, one in sorted(known.items()):
        claim = contact.claims[number]
        item = rulebook.data.get(claim.field)
        if one.outcome not in _CHANGED or (item is not None and not {*item.categories} & {*given.categories}):
            continue
        called = item.label if item else claim.field
        if item is not None and item.file is not None:
            found.append(Change(called, "the document that you have", one.document and "another one, which we pass on to you"))
            continue
        found += [Change(called, text, one.after) for text in dict.fromkeys(one.before.values())]
    return tuple(found)


def _wanted(one: Given, answer_by: date, telling: Telling, changes: tuple[Change, ...]) -> Wanted:
    """Return what a recipient is told of a correction."""
    return replace(execution.wanted_of(one, answer_by, telling.connected), what=What.CORRECT, changes=changes)


def outcomes_of(case: Case) -> list[dict[str, Any]]:  # Any: JSON
    """Return what became of the contested fields, by the history alone: without any value. Rule: 11 CCR 7101(a)."""
    return [one for one in execution.outcomes_of(case) if "instruction" not in one]
