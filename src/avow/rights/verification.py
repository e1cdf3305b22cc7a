"""Proof of who asks, step by step, and what becomes of a request by what is proved.

    confirm  the link in the message, or the code in it, proves the address; the browser's cookie proved its own visitor id
    answer   answers to the questions (`matching`), and a signed declaration (`declaring`)
    vouch    a member of staff knows who asks, and says why
    settle   all that is held is reached (`degrees`): verified
    narrow   on the target day, or when the person wants no more questions: the next smaller answer, named
    deny_if_due  on the target day, where not even the address was proved

Links carry a request's id and an HMAC under the vault's secret, so nothing has to be stored to check one.
Rule: 11 CCR 7060 (match against what is held, ask for nothing new), 7062 (non-account holders), 7024(a), (b).
"""

from __future__ import annotations

import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from enum import StrEnum
from typing import Any, Final

from avow.definitions import Refusal, RequestKind
from avow.gate import entries
from avow.policy import LawTable, Rulebook
from avow.policy.law import rules
from avow.rights import declaring, degrees, due, matching
from avow.rights.cases import MARK_LENGTH, Case, Contact
from avow.rights.declaring import Declaration
from avow.rights.degrees import CATEGORIES, FoundBy, Part, Proved, ProvedBy, Reach
from avow.rights.kept import Cases
from avow.rights.plan import DISCLOSED
from avow.rights.states import ANSWERED, State, Step
from avow.store.control import request_proofs

Hmac = matching.Keyed

#: An entry of a history to be written: its step and its detail.
Written = tuple[Step, Mapping[str, Any]]  # Any: JSON
#: What the next smaller answer is: categories, what is proved and no more, or what the policy says to everybody.
POLICY: Final = "policy"
PART: Final = "part"
#: The way of a request that nobody inside has seen its person for.
#: Ways on which whoever entered a request spoke to its person, or has their letter; what was typed into a form is none.
MET: Final = frozenset({"phone", "mail", "e-mail", "counter"})
#: Letters of a code: none that is taken for another. Eight of them are 40 bits, and there are few tries.
_LETTERS: Final = "ABCDEFGHJKLMNPQRSTUVWXYZ23456789"
_CODE_LENGTH: Final = 8
#: Shortest and longest reason of a member of staff, characters.
REASON_MIN: Final = 20
REASON_MAX: Final = 1000
LOCKED: Final = Refusal(
    "this request takes no more answers, because too many were wrong; you can file another at any time", rules.VERIFICATION
)
_GONE_ON: Final = Refusal("this request has gone on meanwhile; look at it again", rules.VERIFICATION)
WRONG: Final = Refusal("something that you wrote is not what we hold, or we hold nothing to compare it with", rules.VERIFICATION)


class Link(StrEnum):
    """What a link is for."""

    STATUS = "status"  # shown to the browser that asked: state and dates, never the archive
    CONFIRM = "confirm"  # sent to the address: proves it
    ANSWER = "answer"  # sent to the address: the archive, the letter, the proof
    APPEAL = "appeal"  # in a letter that refuses something: opens an appeal against it, and shows nothing that is held
    AGENT = "agent"  # given to an agent, for its person: says what to do, and proves nothing


def link(purpose: Link, request_id: str, keyed: Hmac, corrections: int = 0) -> str:
    """Return the token of a link. Rule: 11 CCR 7060(c), 7024(g) (secure transmission).

    The link that proves an address is another one after each correction of that address.
    """
    proved = f"{request_id}.{corrections}" if corrections else request_id
    return f"{request_id}-{keyed(purpose.value.encode(), proved.encode()).hex()[:MARK_LENGTH]}"


def is_confirmed_by(token: str, case: Case, keyed: Hmac) -> bool:
    """Return whether the token is the one that was sent to the address which the request has now. Rule: 11 CCR 7060(c)."""
    return hmac.compare_digest(link(Link.CONFIRM, case.request_id, keyed, case.corrections).encode(), token.encode())


def request_of(purpose: Link, token: str, keyed: Hmac) -> str | None:
    """Return the request that the token opens for this purpose, or None for a token that is not ours.

    Rule: 11 CCR 7060(c).
    """
    request_id = token.partition("-")[0]
    expected = link(purpose, request_id, keyed)
    return request_id if hmac.compare_digest(expected.encode(), token.encode()) else None


def code(case: Case, keyed: Hmac) -> str:
    """Return the code in the message, which proves as much as its link: another one after each correction of the address.

    Rule: 11 CCR 7060(c).
    """
    return _code(case.request_id, case.corrections, keyed)


def _code(request_id: str, corrections: int, keyed: Hmac) -> str:
    mark = keyed(b"code", f"{request_id}.{corrections}".encode())
    return "".join(_LETTERS[byte % len(_LETTERS)] for byte in mark[:_CODE_LENGTH])


def is_code(typed: str, request_id: str, corrections: int, keyed: Hmac) -> bool:
    """Return whether somebody typed the code of the message that went to the address which the request has now."""
    plain = "".join(letter for letter in typed.upper() if letter.isalnum())
    return hmac.compare_digest(_code(request_id, corrections, keyed).encode(), plain.encode())


def confirm(case: Case, cases: Cases, now_ms: int, by: ProvedBy = ProvedBy.LINK) -> Refusal | None:
    """Take the pressed button, or the code, as proof of the address; doing it again changes nothing.

    With it is noted that the request came from a browser whose cookie proves its number.
    Rule: 11 CCR 7062 (verification of people without an account).
    """
    if case.state is State.ACKNOWLEDGING:  # nobody has noted yet that the message left, and here is who got it
        told = entries.RequestTold("request.acknowledged", case.request_id, by=by.value)
        how = "its code came back" if by is ProvedBy.CODE else "its link was followed"
        cases.append(case, Step.ACKNOWLEDGED, now_ms, {"how": how}, told, None)
        case = cases.get(case.request_id) or case
    if case.state is State.VERIFYING:
        if is_address_proved(case):
            return None
        proved = [(Step.PROVED_BY, {"by": by.value, "what": "address"})]
        if case.contact is not None and case.contact.visitor_id:
            proved.append((Step.PROVED_BY, {"by": ProvedBy.COOKIE.value, "what": "browser"}))
        logged = [entries.RequestProved(case.request_id, str(detail["by"])) for _, detail in proved]
        cases.append_each(case, proved, now_ms, logged)
        return None
    if case.state in {State.RECEIVED, State.JOINED}:
        return Refusal("the message with this link is still on its way", rules.CONFIRMATION)
    if case.entry(Step.DENIED) is not None or (case.state in ANSWERED and case.entry(Step.VERIFIED) is None):
        return Refusal("the time to confirm this request is over; please file it again", rules.DAYS_TO_ANSWER)
    return None


def try_code(typed: str, case: Case, table: LawTable, cases: Cases, keyed: Hmac, now_ms: int) -> Refusal | None:
    """Take a typed code as proof of the address; a wrong one is counted. Rule: 11 CCR 7060(c), (f)."""
    wrong = Refusal("this is not the code of the message that we sent", rules.VERIFICATION)
    if is_locked(case):
        return LOCKED
    if case.state not in {State.ACKNOWLEDGING, State.VERIFYING}:  # nothing was sent, or nothing waits for it
        return wrong
    if is_code(typed, case.request_id, case.corrections, keyed):
        return confirm(case, cases, now_ms, ProvedBy.CODE)
    written, logged = _counted(case, table)
    return wrong if cases.append_each(case, written, now_ms, logged) else _GONE_ON


def answer(
    case: Case,
    answers: Mapping[str, str],
    signed: str,
    parts: Sequence[Part],
    rulebook: Rulebook,
    cases: Cases,
    now_ms: int,
) -> Refusal | None:
    """Compare answers with what is held, and take a signed declaration; a refusal says that something was wrong, never what.

    What was right counts, whatever else was wrong. The same is done for somebody of whom nothing is held.
    Rule: 11 CCR 7060(c)-(f), 7062(c).
    """
    if case.state is not State.VERIFYING or not is_address_proved(case):
        return _GONE_ON
    if is_locked(case):
        return LOCKED
    held: dict[str, list[str]] = {}
    for part in reversed(parts):  # the newest first: of so many is compared
        for name, mark in part.values.items():
            held.setdefault(name, []).append(mark)
    found = matching.compare(answers, held, rulebook, cases.store.vault.hmac, contested(case))
    before = proved(case, cases)
    new = {name: mark for name, mark in found.right.items() if mark not in before.matches.get(name, ())}
    name = "" if before.declared else declaring.signature(signed)
    proofs = [(ProvedBy.MATCH, one) for one in new] + ([(ProvedBy.DECLARATION, "signature")] if name else [])
    written: list[Written] = [(Step.PROVED_BY, {"by": by.value, "what": what}) for by, what in proofs]
    logged: list[entries.Entry] = [entries.RequestProved(case.request_id, by.value) for by, _ in proofs]
    kept: dict[str, bytes] = {}
    if new:
        kept[request_proofs.MATCHES] = cases.store.seal_for_request(case.request_id, _with(before.matches, new))
    if name:
        declared = Declaration(declaring.words(rulebook.law_table), name, now_ms)
        kept[request_proofs.DECLARATION] = cases.store.seal_for_record(case.request_id, declared.packed())
    if found.wrong:
        counted, said = _counted(case, rulebook.law_table)
        written, logged = [*written, *counted], [*logged, *said]
    if written and not cases.append_each(case, written, now_ms, logged, proofs=kept):
        return _GONE_ON
    return WRONG if found.wrong else None


def vouch(case: Case, reason: str, staff_id: str, cases: Cases, now_ms: int) -> Refusal | None:
    """Take the word of a member of staff who knows who asks, and says how: it is kept sealed with the record.

    Rule: 11 CCR 7060(a) (a documented method), 7062(g) (where none is reasonable for all), 7101(a).
    """
    said = reason.strip()
    if not REASON_MIN <= len(said) <= REASON_MAX:
        return Refusal(f"say in {REASON_MIN} to {REASON_MAX} characters how you know who asks", rules.VERIFICATION)
    is_met = case.channel in MET  # whoever entered it spoke to them, or has their letter
    if case.state is not State.VERIFYING or not (is_address_proved(case) or is_met):
        return Refusal("the address has to be proved first; then this can be said of who asks", rules.VERIFICATION)
    kept = {request_proofs.DECISION: cases.store.seal_for_record(case.request_id, said.encode())}
    entry = entries.RequestProved(case.request_id, ProvedBy.STAFF.value, **entries.by_whom(staff_id))
    written: list[Written] = [(Step.PROVED_BY, {"by": ProvedBy.STAFF.value, "what": "person"})]
    return None if cases.append_each(case, written, now_ms, [entry], proofs=kept) else _GONE_ON


def settle(case: Case, found: Reach, cases: Cases, now_ms: int) -> bool:
    """Let a request go on once everything that is held is reached; return whether it does. Rule: 11 CCR 7062."""
    if case.state is not State.VERIFYING or not is_address_proved(case) or not found.is_enough:
        return False
    by = how(case)
    return cases.append(case, Step.VERIFIED, now_ms, {"by": by}, entries.RequestVerified(case.request_id, by), None)


def narrow(case: Case, found: Reach, by_categories: Reach, declared: Rulebook, cases: Cases, now_ms: int) -> bool:
    """Give the next smaller answer, and name it; return whether anything was written.

    To know: the pieces that are reached, else categories, else what the policy says to everybody. To take along: the pieces that
    are reached. To delete: what browsers found, where reached, and the collection points of which every record is; of points
    `declared` has whatever any version did. Rule: 11 CCR 7024(a), (b), 7062(d).
    """
    if case.state is not State.VERIFYING or not is_address_proved(case) or case.contact is None:
        return False
    if case.kind in DISCLOSED:
        contact, to = _narrower(case, case.contact, found, by_categories)
    else:
        contact = _to_delete(case.contact, found, declared) if case.kind is RequestKind.DELETE else None
        to = PART if contact is not None else POLICY
    beyond = sorted({one.point for one in found.beyond})
    detail = {"to": to, "beyond": beyond, "rule": rules.NOT_VERIFIED if case.kind in DISCLOSED else rules.BY_SENSITIVITY}
    narrowed = entries.RequestNarrowed(case.request_id, to)
    if contact is None:
        denied = {"reason": "unverified", "rule": rules.WITHOUT_ACCOUNT}
        logged = [narrowed, entries.RequestDenied(case.request_id, "unverified")]
        return cases.append_each(case, [(Step.NARROWED, detail), (Step.DENIED, denied)], now_ms, logged)
    by = how(case)
    written: list[Written] = [(Step.NARROWED, detail), (Step.VERIFIED, {"by": by})]
    verified = entries.RequestVerified(case.request_id, by)
    return cases.append_each(case, written, now_ms, [narrowed, verified], contact=contact)


def _narrower(case: Case, contact: Contact, found: Reach, by_categories: Reach) -> tuple[Contact | None, str]:
    """Return the contact by which what is shown is found, and what the answer is; None where nothing is."""
    if found.reached:
        records = tuple(one.record for one in found.beyond if one.record)
        is_address_reached = any(one.found_by is FoundBy.ADDRESS for one in found.reached)
        return replace(contact, beyond=records, is_address_beyond=not is_address_reached), PART
    if by_categories.is_enough and case.kind is RequestKind.KNOW:
        return replace(contact, pieces=CATEGORIES), CATEGORIES
    return None, POLICY


def _to_delete(contact: Contact, found: Reach, declared: Rulebook) -> Contact | None:
    """Return the contact by which what is erased is found; None where nothing is reached that can be erased by itself.

    What the address found goes by its collection points, as if its person had named them. Rule: 11 CCR 7022(g), 7062(d).
    """
    has_browser = any(one.found_by is FoundBy.BROWSER for one in found.reached)
    points = {one.point for one in found.reached if one.record} - {one.point for one in found.beyond}
    if not points:
        return replace(contact, is_address_beyond=True) if has_browser else None
    if has_browser:
        told = {name for name, one in declared.points.items() if degrees.names_nobody(one, declared.data)}
        points |= told.intersection(contact.points) if contact.points else told
    return replace(contact, points=tuple(sorted(points)))


def deny_if_due(case: Case, rulebook: Rulebook, cases: Cases, now_ms: int) -> bool:
    """Deny a request whose address was not proved before its target day, on that day; the clock does not wait for verification.

    An extension that the person was told of moves that day as well.

    Rule: 11 CCR 7021(b); case T06.
    """
    if case.state not in {State.ACKNOWLEDGING, State.VERIFYING} or now_ms < due.denied_ms(case, rulebook):
        return False
    entry = entries.RequestDenied(case.request_id, "unverified")
    return cases.append(case, Step.DENIED, now_ms, {"reason": "unverified", "rule": rules.WITHOUT_ACCOUNT}, entry, None)


def reaches(case: Case, parts: Sequence[Part], rulebook: Rulebook, cases: Cases) -> tuple[Reach, Reach]:
    """Return what the proofs of a request reach of what is held: for what it asks, and were it for categories alone.

    Rule: 11 CCR 7062, 7024(a).
    """
    known, table = proved(case, cases), rulebook.law_table
    asked = [one.name for one in matching.questions(rulebook, contested(case))]
    if case.kind is RequestKind.CORRECT and case.contact is not None:  # what is not contested stays as it is
        parts = [one for one in parts if one.point in {claim.point for claim in case.contact.claims}]
    if case.kind is RequestKind.DELETE and case.contact is not None and case.contact.points:  # the rest stays as it is
        parts = [one for one in parts if not one.record or one.point in case.contact.points]
    if case.kind is RequestKind.CONFIRM_IDENTIFIER and case.contact is not None:  # what cannot hold it decides about nobody
        numbers = {name for name, _ in case.contact.numbers}
        parts = [one for one in parts if one.point not in rulebook.points or numbers & set(rulebook.points[one.point].fields)]
    pieces = case.contact.pieces if case.contact else ""
    whole, smaller = (degrees.reach(parts, known, case.kind, one, rulebook, table, asked) for one in (pieces, CATEGORIES))
    return whole, smaller


def proved(case: Case, cases: Cases) -> Proved:
    """Return what is proved of who asks, by the history and by what is kept sealed with it. Rule: 11 CCR 7062."""
    done = {str(entry.detail.get("by")) for entry in case.history if entry.step is Step.PROVED_BY}
    kept = cases.proofs(case.request_id).get(request_proofs.MATCHES, b"") if ProvedBy.MATCH in done else b""
    packed = cases.store.unseal_for_request(case.request_id, kept)
    marks = json.loads(packed) if packed else {}
    return Proved(
        address=bool(done & {ProvedBy.LINK, ProvedBy.CODE}),
        browser=ProvedBy.COOKIE in done,
        matches={name: frozenset(found) for name, found in marks.items()},
        declared=ProvedBy.DECLARATION in done,
        by_staff=ProvedBy.STAFF in done,
    )


def contested(case: Case) -> frozenset[str]:
    """Return the fields that the person says are wrong: none of them proves who they are. Rule: 11 CCR 7060(h)."""
    return case.contact.contested if case.contact else frozenset()


def is_address_proved(case: Case) -> bool:
    """Return whether the link or the code of the message to the address came back, or staff know who asks.

    Rule: 11 CCR 7060(c).
    """
    proofs = (entry.detail.get("by") for entry in case.history if entry.step is Step.PROVED_BY)
    return any(by in {ProvedBy.LINK, ProvedBy.CODE, ProvedBy.STAFF} for by in proofs)


def is_locked(case: Case) -> bool:
    """Return whether the request takes no more answers: the request, and never its person. Rule: 11 CCR 7060(f)."""
    return case.entry(Step.LOCKED) is not None


def how(case: Case) -> str:
    """Return in words how somebody was verified, as their timeline and the audit log say it. Rule: 11 CCR 7060(a)."""
    done = [str(entry.detail.get("by")) for entry in case.history if entry.step is Step.PROVED_BY]
    matches = done.count(ProvedBy.MATCH)
    words = [f"{by} in the message" for by in (ProvedBy.LINK, ProvedBy.CODE) if by in done]
    words += [f"{matches} {'question' if matches == 1 else 'questions'}"] if matches else []
    words += ["a signed declaration"] if ProvedBy.DECLARATION in done else []
    words += ["a member of staff"] if ProvedBy.STAFF in done else []
    return ", ".join(words)


def _with(before: Mapping[str, frozenset[str]], new: Mapping[str, str]) -> bytes:
    """Return every mark of what was right, as it is sealed."""
    names = {*before, *new}
    marks = {name: sorted({*before.get(name, ()), *([new[name]] if name in new else [])}) for name in sorted(names)}
    return json.dumps(marks).encode()


def _counted(case: Case, table: LawTable) -> tuple[list[Written], list[entries.Entry]]:
    """Return what notes a wrong try, and the lock with the last that the law table allows. Rule: 11 CCR 7060(f)."""
    tries = 1 + sum(entry.step is Step.TRIED for entry in case.history)
    written: list[Written] = [(Step.TRIED, {"tries": tries})]
    if tries < degrees.values(table).wrong_tries:
        return written, []
    return [*written, (Step.LOCKED, {"tries": tries})], [entries.RequestLocked(case.request_id)]
