"""Before and after, field by field, as a member of staff sees them for a purpose; and what they decide of each.

What is held is opened by the gate of reads, each record by its own version, counted and logged. A decision is an entry of the
history: which field, what became of it, on which ground; what the field said, what it will say and why are sealed in it under the
key of the request, and forgotten with its contact.
Rule: Cal. Civ. Code § 1798.100(a)(1), (c), § 1798.106(c); 11 CCR 7023(b) (by the totality of circumstances), (e), (f).
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from avow.definitions import IdentifierKind, Refusal, RequestKind, identifier
from avow.gate import entries, reads
from avow.gate.kept import KeptReads, OpenedKept
from avow.gate.reads import Opened, Reads
from avow.gate.roles import Act, Member
from avow.gate.second_look import SecondLook
from avow.gate.versions import Versions
from avow.policy import Rulebook
from avow.policy.law import rules
from avow.rights.cases import Case, Claim, Contact
from avow.rights.correcting import claims, held
from avow.rights.correcting.grounds import GROUNDS, Outcome
from avow.rights.kept import DOCUMENTS, Cases
from avow.rights.states import Entry, State, Step
from avow.store.holdings import HeldSubmission
from avow.store.store import Store

#: Shortest and longest reason of a decision, characters: the person reads why a field was left as it is.
REASON_MIN: Final = 20
REASON_MAX: Final = 1000
#: The code of what the law calls personal information concerning health (Cal. Civ. Code § 1798.140(ae)(2)(B)).
HEALTH: Final = "S8"
_GONE: Final = Refusal("there is no such request any more", rules.RECORD_KEEPING)
_NOT_NOW: Final = Refusal("this field is decided already, or the request is not there yet", rules.CORRECT_TOTALITY)
_CHANGED: Final = Refusal("this request has gone on meanwhile; look at it again", rules.DAYS_TO_ANSWER)


@dataclass(frozen=True, slots=True)
class HeldLine:
    """One record that a claim may be about: what its field says, or why this member does not see it.

    `is_proved`: it is found by what the person has proved, and not only by the address that they contest.
    """

    record_id: str
    reference: str
    collected_ms: int
    value: str = ""
    refusal: Refusal | None = None
    is_proved: bool = True


@dataclass(frozen=True, slots=True)
class ClaimLine:
    """One contested field: what the person says, what the records say, and what was decided ("" for nothing yet).

    `source` is where the records come from when that is not the person, "" else. `is_address`: it finds its person, so it is
    corrected only to the address that they proved. `is_file`: it is a document, in whose place another one is put.
    """

    number: int
    called: str
    wrong: str
    right: str
    may_delete: bool
    decided: str
    held: tuple[HeldLine, ...]
    source: str = ""
    is_health: bool = False
    is_address: bool = False
    waits: bool = False
    is_file: bool = False


@dataclass(frozen=True, slots=True)
class Compared:
    """What a member of staff compares: the contested fields, and the purposes for which their records may be opened.

    `words` is what the person says shows that they are wrong. Rule: 11 CCR 7023(d)(1) (whatever they bring is considered).
    """

    purposes: tuple[tuple[str, str], ...]
    lines: tuple[ClaimLine, ...]
    is_open: bool
    words: str = ""


@dataclass(frozen=True, slots=True)
class Decision:
    """What is decided of one field: the outcome, the ground of a denial, why, and of which records.

    `known_by` says by what the member knows that a record is this person's which only a contested address finds; `harmless` why
    to delete it instead harms nobody. Both are words, sealed with the decision. `document` is the one that takes the place of
    another.
    """

    outcome: str
    records: tuple[str, ...] = ()
    ground: str = ""
    reason: str = ""
    known_by: str = ""
    harmless: str = ""
    document: str = ""


@dataclass(frozen=True, slots=True)
class Decided:
    """A decision as the history has it. `before` is what each record said, by its id; empty once it was forgotten."""

    claim: int
    outcome: Outcome
    ground: str
    at_ms: int
    before: Mapping[str, str] = field(default_factory=dict)
    after: str = ""
    reason: str = ""
    by: str = ""
    is_approved: bool = False
    document: str = ""

    @property
    def waits(self) -> bool:
        """Whether a second person has to look at it: a denial, that nobody has agreed to yet. House rule, LAW.md 6."""
        return self.outcome is Outcome.DENIED and not self.is_approved


def decided(case: Case, cases: Cases) -> dict[int, Decided]:
    """Return what was decided of a request's claims, by their numbers. Rule: 11 CCR 7101(a)."""
    found = (entry for entry in case.history if entry.step is Step.DECIDED)
    decisions = {int(entry.detail["claim"]): _decided(case, entry, cases) for entry in found}
    last = {int(one.detail["claim"]): one.seq for one in case.history if one.step is Step.DECIDED}
    agreed = {int(one.detail["claim"]): one.seq for one in case.history if one.step is Step.APPROVED and "claim" in one.detail}
    return {number: replace(one, is_approved=agreed.get(number, -1) > last[number]) for number, one in decisions.items()}


def _decided(case: Case, entry: Entry, cases: Cases) -> Decided:
    number, outcome, ground = int(entry.detail["claim"]), Outcome(entry.detail["outcome"]), str(entry.detail["ground"])
    plain = cases.store.unseal_for_request(case.request_id, base64.b64decode(entry.detail["sealed"]))
    if plain is None:
        return Decided(number, outcome, ground, entry.at_ms, by=str(entry.detail["staff"]))
    kept, by = json.loads(plain), str(entry.detail["staff"])
    said = kept["before"], kept["after"], kept["reason"], by
    return Decided(number, outcome, ground, entry.at_ms, *said, document=kept.get("document", ""))


def documents_of(case: Case, cases: Cases) -> tuple[str, ...]:
    """Return the names of the documents about what is contested that are here. Rule: 11 CCR 7023(d)."""
    return tuple(name for name in DOCUMENTS if cases.document(case.request_id, name) is not None)


@dataclass(frozen=True, slots=True)
class Reviewing:
    """The review of requests to correct. `rulebook_of` is the version that a request was filed under."""

    cases: Cases
    reads: Reads
    versions: Versions
    now_ms: Callable[[], int]

    def compared(self, request_id: str, member: Member, purpose: str = "", reason: str = "") -> Compared | Refusal | None:
        """Return what is contested, with what is held for a purpose; without a purpose nothing that is held is opened.

        Rule: Cal. Civ. Code § 1798.100(a)(1), (c); 11 CCR 7023(b).
        """
        case = self.cases.get(request_id)
        if case is None or case.kind is not RequestKind.CORRECT:
            return None
        refusal = self.reads.roles.works(member, only_looks=True)
        if refusal is not None or case.contact is None:
            return refusal or Compared((), (), is_open=False)
        rulebook, known = self.versions.with_law_of(case.rulebook_id, case.jurisdiction), decided(case, self.cases)
        lines = [
            self._line(case, number, claim, rulebook, known.get(number), (member, purpose, reason))
            for number, claim in enumerate(case.contact.claims)
        ]
        is_open, words = case.state is State.REVIEWING, case.contact.details
        return Compared(self._purposes(case, rulebook), tuple(lines), is_open=is_open, words=words)

    def decide(self, request_id: str, number: int, wanted: Decision, member: Member) -> Refusal | None:
        """Decide one contested field; None once it is kept. Rule: 11 CCR 7023(b), (e), (f), 7100(a)."""
        case = self.cases.get(request_id)
        if case is None or case.contact is None:
            return _GONE
        known = decided(case, self.cases).get(number)
        if case.kind is not RequestKind.CORRECT or case.state is not State.REVIEWING or (known and not known.waits):
            return _NOT_NOW
        if not 0 <= number < len(case.contact.claims) or wanted.outcome not in set(Outcome):
            return Refusal("choose what becomes of the field", rules.CORRECT_TOTALITY)
        outcome, claim = Outcome(wanted.outcome), case.contact.claims[number]
        acts = [Act.DENY] if outcome is Outcome.DENIED else [Act.DECIDE]
        refusal = self.reads.roles.works(member, acts) or self._judged(case, claim, outcome, wanted)
        return refusal or self._keep(case, number, outcome, wanted, member)

    def agree(self, request_id: str, number: int, member: Member) -> Refusal | None:
        """Agree to the denial of one field, as its second person; who is alone does so a day later. Until then it can be changed.

        House rule, LAW.md 6; Cal. Civ. Code § 1798.145(h)(2).
        """
        case = self.cases.get(request_id)
        known = decided(case, self.cases).get(number) if case is not None and case.contact is not None else None
        if case is None or known is None or not known.waits or case.state is not State.REVIEWING:
            return _NOT_NOW
        looked = SecondLook(self.cases.store.control, self.versions, self.now_ms).by(member, known.by, known.at_ms)
        if isinstance(looked, Refusal):
            return looked
        detail = {"claim": number, "asked": known.by, "by": member.staff_id, "alone": looked.is_alone}
        noted = entries.RequestReviewed(
            "request.approved", case.request_id, about="denial", alone=looked.is_alone or None, staff=member.staff_id
        )
        return None if self.cases.append(case, Step.APPROVED, self.now_ms(), detail, noted, None) else _CHANGED

    def _judged(self, case: Case, claim: Claim, outcome: Outcome, wanted: Decision) -> Refusal | None:
        """Return why something cannot be decided like this."""
        if outcome is Outcome.DENIED:
            return _may_deny(wanted)
        assert case.contact is not None
        rulebook = self.versions.with_law_of(case.rulebook_id, case.jurisdiction)
        store = self.cases.store
        found = {one.record.record_id: one for one in held.records(store, case.contact, claim, rulebook)}
        proved = {one.id for one in held.elsewhere(store, case.contact, claim)}
        proved |= {name for name, one in found.items() if one.is_proved and held.said(one.record, claim.field)}
        former = {name for name, one in found.items() if held.said(one.record, claim.field)} - proved
        if not wanted.records or not {*wanted.records} <= proved | former:
            return Refusal("choose the records whose field is wrong", rules.CORRECT_TOTALITY)
        if {*wanted.records} & former and not _is_reason(wanted.known_by):
            return _say(wanted.known_by, "by what you know that these records are this person's")
        item = rulebook.data.get(claim.field)
        kind = item.identifier if item else None
        if item is not None and item.file is not None and outcome is Outcome.CORRECTED:
            is_here = wanted.document in documents_of(case, self.cases)
            words = "ask the person for the right document, and choose it once it is here"
            return None if is_here else Refusal(words, rules.CORRECT_DOCUMENTS)
        if kind is not None and outcome is Outcome.CORRECTED and not _is_reason(wanted.known_by):
            chosen = [one.record for name, one in found.items() if name in wanted.records]
            if others := _others(store, case.contact, kind, {held.said(one, claim.field) for one in chosen}, wanted.records):
                known = f"by what you know that {others} more records with it are this person's: it changes in all of them"
                return _say(wanted.known_by, known)
        return (_may_delete if outcome is Outcome.DELETED else _may_correct)(claim, kind, wanted, case.contact)

    def _keep(self, case: Case, number: int, outcome: Outcome, wanted: Decision, member: Member) -> Refusal | None:
        assert case.contact is not None
        claim, store = case.contact.claims[number], self.cases.store
        said = {one: held.said(form, claim.field) for one in wanted.records if (form := store.submission(one)) is not None}
        said |= {one.id: one.text for one in held.elsewhere(store, case.contact, claim) if one.id in wanted.records}
        kept = {
            "before": {} if outcome is Outcome.DENIED else said,
            "after": claim.right if outcome is Outcome.CORRECTED else "",
            "reason": wanted.reason.strip(),
            "known_by": wanted.known_by.strip(),
            "harmless": wanted.harmless.strip(),
            "document": wanted.document if outcome is Outcome.CORRECTED else "",
        }
        sealed = base64.b64encode(store.seal_for_request(case.request_id, json.dumps(kept).encode())).decode()
        ground = wanted.ground if outcome is Outcome.DENIED else ""
        detail = {"claim": number, "outcome": outcome.value, "ground": ground, "staff": member.staff_id, "sealed": sealed}
        noted = entries.ClaimDecided(case.request_id, outcome.value, member.staff_id, ground or None)
        return None if self.cases.append(case, Step.DECIDED, self.now_ms(), detail, noted, None) else _CHANGED

    def _line(  # who looks, for what and why, is one thing
        self,
        case: Case,
        number: int,
        claim: Claim,
        rulebook: Rulebook,
        known: Decided | None,
        look: tuple[Member, str, str],
    ) -> ClaimLine:
        assert case.contact is not None
        found = held.records(self.cases.store, case.contact, claim, rulebook)
        item = rulebook.data.get(claim.field)
        opened = self._opened(found, claim, *look) if look[1] and known is None else ()
        others = held.elsewhere(self.cases.store, case.contact, claim) if known is None else ()
        more = tuple(self._other(one, claim, look) for one in others)
        return ClaimLine(
            number,
            claims.named(rulebook, claim).called,
            claim.wrong,
            claim.right,
            claim.may_delete,
            known.outcome.value if known else "",
            (*(opened or (HeldLine(*_facts(one), is_proved=one.is_proved) for one in found)), *more),
            held.source(rulebook, claim.point),
            is_health=item is not None and item.sensitive == HEALTH,
            is_address=item is not None and item.identifier is not None,
            waits=known is not None and known.waits,
            is_file=item is not None and item.file is not None,
        )

    def _other(self, one: held.Elsewhere, claim: Claim, look: tuple[Member, str, str]) -> HeldLine:
        """Return what a field says in events, or in what a rule keeps: opened as everything is, for its own purpose.

        Rule: Cal. Civ. Code § 1798.100(a)(1), (c); 11 CCR 7022(f) (what is kept is read for its purpose alone).
        """
        member, purpose, reason = look
        line = HeldLine(one.id, one.called, one.last_ms)
        if not purpose:
            return line
        shown: Opened | OpenedKept | Refusal | None = None
        if one.event is not None:
            shown = self.reads.open_for(reads.event(one.event), purpose, member, reason)
        elif one.kept is not None:
            shown = KeptReads(self.reads).open_for(one.kept.id, purpose, member, reason)
        if isinstance(shown, Refusal):
            return replace(line, refusal=shown)
        if shown is None or claim.field not in shown.fields:
            return replace(line, refusal=Refusal("this purpose, or your roles, do not show this field", rules.MINIMISATION))
        return replace(line, value=one.text)

    def _opened(
        self, found: tuple[held.Held, ...], claim: Claim, member: Member, purpose: str, reason: str
    ) -> tuple[HeldLine, ...]:
        """Open the records of a claim, each by its own version."""
        opened = self.reads.open_all([reads.submission(one.record) for one in found], purpose, member, reason)
        lines = []
        for one, shown in zip(found, opened, strict=True):
            if isinstance(shown, Refusal):
                lines.append(HeldLine(*_facts(one), refusal=shown, is_proved=one.is_proved))
            elif claim.field not in shown.fields:
                hidden = Refusal("this purpose, or your roles, do not show this field", rules.MINIMISATION)
                lines.append(HeldLine(*_facts(one), refusal=hidden, is_proved=one.is_proved))
            else:
                lines.append(HeldLine(*_facts(one), value=_shown(one.record, claim.field), is_proved=one.is_proved))
        return tuple(lines)

    def _purposes(self, case: Case, rulebook: Rulebook) -> tuple[tuple[str, str], ...]:
        """Return the purposes of the points that are contested, in the policy's order."""
        contested = {claim.point for claim in case.contact.claims} if case.contact else set()
        served = {name for point in contested if point in rulebook.points for name in rulebook.points[point].purposes}
        people = case.contact.identifiers() if case.contact else ()
        served |= {one.purpose for one in self.cases.store.kept.rows_of(people) if one.point in contested}
        return tuple((one.name, one.label) for one in rulebook.purposes.values() if one.name in served)


def _shown(form: HeldSubmission, field: str) -> str:
    """Return what staff read of a field; of documents their names, which are opened in the inbox."""
    return form.fields.get(field, "") or ", ".join(one.name for one in form.files if one.item == field)


def _facts(one: held.Held) -> tuple[str, str, int]:
    return one.record.record_id, one.record.reference, one.record.collected_ms


def _may_deny(wanted: Decision) -> Refusal | None:
    """Return why a field is not left as it is. Rule: 11 CCR 7023(f)(1): the ground, and why."""
    if wanted.ground not in GROUNDS:
        return Refusal("a denial names its ground", rules.CORRECT_DENIED)
    return None if _is_reason(wanted.reason) else _say(wanted.reason, "why it is left as it is; the person reads it")


def _may_correct(claim: Claim, kind: IdentifierKind | None, _wanted: Decision, contact: Contact) -> Refusal | None:
    """Return why a field is not corrected as it was asked. Rule: 11 CCR 7060, 7062 (a new address is proved first)."""
    if not claim.right:
        return Refusal("the person did not say what is right; they agree that it is deleted", rules.CORRECT_BY_DELETING)
    if kind is IdentifierKind.EMAIL and identifier(kind, claim.right) != identifier(kind, contact.email):
        words = "a new address is proved first: ask the person to ask with it, so that our link goes there"
        return Refusal(words, rules.WITHOUT_ACCOUNT)
    return None


def _may_delete(claim: Claim, kind: IdentifierKind | None, wanted: Decision, _contact: Contact) -> Refusal | None:
    """Return why a field is not deleted in place of being corrected. Rule: 11 CCR 7023(e): no harm, or consent."""
    if kind is not None:
        return Refusal("what finds a person is not deleted alone: nobody could find the rest", rules.CORRECT_BY_DELETING)
    if claim.may_delete or _is_reason(wanted.harmless):
        return None
    return _say(wanted.harmless, "why deleting it harms the person in nothing; they did not agree to it")


def _others(store: Store, contact: Contact, kind: IdentifierKind, olds: Iterable[str], chosen: Iterable[str]) -> int:
    """Return how many records bear a former address or number, and are found by nothing that who asks has proved.

    A number may be a family's, and a mistyped address somebody's: all that bears it is moved. Rule: 11 CCR 7060, 7062.
    """
    own = {form.record_id for one in contact.identifiers() for form in store.submissions_of(one)}
    bear = {form.record_id for old in olds if old for form in store.submissions_of(identifier(kind, old))}
    return len(bear - own - {*chosen})


def _is_reason(words: str) -> bool:
    return REASON_MIN <= len(words.strip()) <= REASON_MAX


def _say(words: str, what: str) -> Refusal:
    length = f"in {REASON_MIN} to {REASON_MAX} characters" + (f", not {len(words.strip())}" if words.strip() else "")
    return Refusal(f"say {what}, {length}", rules.CORRECT_DENIED)
