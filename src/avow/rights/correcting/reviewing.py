"""Before and after, field by field, as a member of staff sees them for a purpose; and what they decide of each.

What is held is opened by the gate of reads, each record by its own version, counted and logged. A decision is an entry of the
history: which field, what became of it, on which ground; what the field said, what it will say and why are sealed in it under the
key of the request, and forgotten with its contact.
Rule: Cal. Civ. Code § 1798.100(a)(1), (c), § 1798.106(c); 11 CCR 7023(b) (by the totality of circumstances), (e), (f).
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Final

from avow.definitions import IdentifierKind, Refusal, RequestKind, identifier
from avow.gate import entries, reads
from avow.gate.reads import Reads
from avow.gate.roles import Act, Member
from avow.gate.second_look import SecondLook
from avow.gate.versions import Versions
from avow.policy import Rulebook
from avow.policy.law import rules
from avow.rights.cases import Case, Claim, Contact
from avow.rights.correcting import claims, held
from avow.rights.correcting.grounds import GROUNDS, Outcome
from avow.rights.kept import Cases
from avow.rights.states import Entry, State, Step

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
    corrected only to the address that they proved.
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
    to delete it instead harms nobody. Both are words, sealed with the decision.
    """

    outcome: str
    records: tuple[str, ...] = ()
    ground: str = ""
    reason: str = ""
    known_by: str = ""
    harmless: str = ""


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
    return Decided(number, outcome, ground, entry.at_ms, kept["before"], kept["after"], kept["reason"], by)


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
        rulebook, known = self.versions.with_law_of(case.rulebook_id), decided(case, self.cases)
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
        detail = {"claim": number, "by": member.staff_id, "alone": looked.is_alone}
        noted = entries.RequestReviewed(
            "request.approved", case.request_id, about="denial", alone=looked.is_alone or None, staff=member.staff_id
        )
        return None if self.cases.append(case, Step.APPROVED, self.now_ms(), detail, noted, None) else _CHANGED

    def _judged(self, case: Case, claim: Claim, outcome: Outcome, wanted: Decision) -> Refusal | None:
        """Return why something cannot be decided like this."""
        if outcome is Outcome.DENIED:
            return _may_deny(wanted)
        assert case.contact is not None
        rulebook = self.versions.with_law_of(case.rulebook_id)
        found = {one.record.record_id: one for one in held.records(self.cases.store, case.contact, claim, rulebook)}
        chosen = [found.get(one) for one in wanted.records]
        if not chosen or not all(one is not None and claim.field in one.record.fields for one in chosen):
            return Refusal("choose the records whose field is wrong", rules.CORRECT_TOTALITY)
        if not all(one is not None and one.is_proved for one in chosen) and not _is_reason(wanted.known_by):
            return _say(wanted.known_by, "by what you know that these records are this person's")
        item = rulebook.data.get(claim.field)
        kind = item.identifier if item else None
        return (_may_delete if outcome is Outcome.DELETED else _may_correct)(claim, kind, wanted, case.contact)

    def _keep(self, case: Case, number: int, outcome: Outcome, wanted: Decision, member: Member) -> Refusal | None:
        assert case.contact is not None
        claim, store = case.contact.claims[number], self.cases.store
        said = {one: form.fields.get(claim.field, "") for one in wanted.records if (form := store.submission(one)) is not None}
        kept = {
            "before": {} if outcome is Outcome.DENIED else said,
            "after": claim.right if outcome is Outcome.CORRECTED else "",
            "reason": wanted.reason.strip(),
            "known_by": wanted.known_by.strip(),
            "harmless": wanted.harmless.strip(),
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
        return ClaimLine(
            number,
            claims.named(rulebook, claim).called,
            claim.wrong,
            claim.right,
            claim.may_delete,
            known.outcome.value if known else "",
            opened or tuple(HeldLine(*_facts(one), is_proved=one.is_proved) for one in found),
            held.source(rulebook, claim.point),
            is_health=item is not None and item.sensitive == HEALTH,
            is_address=item is not None and item.identifier is not None,
            waits=known is not None and known.waits,
        )

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
                lines.append(HeldLine(*_facts(one), value=one.record.fields.get(claim.field, ""), is_proved=one.is_proved))
        return tuple(lines)

    def _purposes(self, case: Case, rulebook: Rulebook) -> tuple[tuple[str, str], ...]:
        """Return the purposes of the points that are contested, in the policy's order."""
        contested = {claim.point for claim in case.contact.claims} if case.contact else set()
        served = {name for point in contested if point in rulebook.points for name in rulebook.points[point].purposes}
        return tuple((one.name, one.label) for one in rulebook.purposes.values() if one.name in served)


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


def _is_reason(words: str) -> bool:
    return REASON_MIN <= len(words.strip()) <= REASON_MAX


def _say(words: str, what: str) -> Refusal:
    length = f"in {REASON_MIN} to {REASON_MAX} characters" + (f", not {len(words.strip())}" if words.strip() else "")
    return Refusal(f"say {what}, {length}", rules.CORRECT_DENIED)
