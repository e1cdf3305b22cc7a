"""What the person hears from us: acknowledgement, answer, extension; and what happens to the record after.

No message holds more about the person than the address it goes to.
"""

from __future__ import annotations

import base64
from collections.abc import Mapping
from dataclasses import replace
from datetime import date, timedelta
from typing import Final

from avow import addresses
from avow.audit import proof
from avow.audit.log import Log
from avow.definitions import Refusal, RequestKind, local_date
from avow.gate import entries
from avow.gate.messages import Message
from avow.policy import Rulebook
from avow.policy.law import rules
from avow.rights import asked_again, due, letter_facts, letters, proofs, sealed_words, verification
from avow.rights.cases import Case, Contact
from avow.rights.kept import RESIDUE_ON, Cases
from avow.rights.letters import Letter, LetterFacts, Outcome
from avow.rights.states import RECEIPTS, Entry, State, Step
from avow.rights.verification import Link
from avow.rights.voice import Voice

_TOO_LATE: Final = Refusal(
    "an address can be corrected only while it waits for its confirmation; ask the person to file the request again",
    rules.WITHOUT_ACCOUNT,
)


def acknowledge(case: Case, voice: Voice, cases: Cases, now_ms: int) -> bool:
    """Write that the request was received, how it is verified and when to expect an answer, with the link that verifies.

    It is acknowledged once that message has left. One that was asked again within the hour waits, or goes with another that
    does: see `asked_again`.
    Rule: 11 CCR 7021(a): within 10 business days, these three parts.
    """
    if case.contact is None:
        return False
    again = cases.alike(case)
    if again.lead is not None and case.kind is not RequestKind.CONFIRM_IDENTIFIER:  # each has a try of its own, one an hour
        return asked_again.join(case, again.lead, cases, now_ms)
    if again.asked and asked_again.has_to_wait(again.asked_ms, now_ms):
        return False
    message = _acknowledgement(case, case.contact, voice)
    after = {"after": again.asked} if again.asked else {}
    return write(case, Step.LINK_WRITTEN, after, message, cases, now_ms)


def respond(case: Case, voice: Voice, statements: Log, cases: Cases, now_ms: int) -> bool:
    """Write the answer with its proof, once the statement is in the published log; it is given once it has left.

    While it is decided about a part, it is the letter about the rest, and the answer follows. What is looked for in every file is
    looked for once, and the first of both names the day.
    Rule: Cal. Civ. Code § 1798.130(a)(2)(A) (45 days); 11 CCR 7022(e) (say that a record of the request is kept).
    """
    proved = case.entry(Step.PROVED)
    if proved is None or case.contact is None:
        return False
    entry = base64.b64decode(proved.detail["entry"])
    found = statements.prove(entry)
    if found is None:
        return False
    index, path, checkpoint = found
    salt, said = base64.b64decode(proved.detail["salt"]), str(proved.detail.get("found", "")).encode()
    written = proof.write(proof.Proof(entry, salt, case.reference, index, path, checkpoint, said))
    is_first = case.entry(Step.REST_TOLD) is None
    day = _residue_on(case, proved, voice) if is_first else None
    outcome = letter_facts.outcome(case, cases)
    facts = replace(
        letter_facts.of_answer(case, outcome, voice, cases),
        page=voice.link(Link.ANSWER, case),
        residue_on=day,
        has_proof=True,
    )
    attached = ((proofs.NAME, "application/octet-stream", written.encode()),)  # no mail program may touch its lines
    looked_for = {RESIDUE_ON: day.isoformat()} if day else {}
    if outcome is Outcome.REST:
        facts = replace(facts, answer_by=_decided_by(case, voice, now_ms))
        return write(
            case, Step.REST_WRITTEN, {"proof": written, **looked_for}, message_of(case.contact, facts, attached), cases, now_ms
        )
    given = Outcome.PARTIAL if outcome is Outcome.NARROWED else outcome
    message = message_of(case.contact, facts, attached)
    return write(case, Step.ANSWER_WRITTEN, {"outcome": given.value, "proof": written, **looked_for}, message, cases, now_ms)


def respond_denied(case: Case, voice: Voice, cases: Cases, now_ms: int) -> bool:
    """Write to the person that staff deny the request, with the ground and why.

    Rule: Cal. Civ. Code § 1798.145(h)(2); 11 CCR 7022(f)(1), 7024(e).
    """
    decided = case.entry(Step.DECIDED)
    if decided is None or case.contact is None:
        return False
    code, reason = str(decided.detail["code"]), sealed_words.opened(case, str(decided.detail["words"]), cases)
    denied = letters.Denied(letters.Ground(code), ("everything that you asked for",), reason)
    facts = replace(
        letter_facts.of(case, Outcome.DENIED, voice), denied=(denied,), opt_out=letter_facts.opt_out(case, voice, cases)
    )
    message = message_of(case.contact, facts)
    return write(case, Step.ANSWER_WRITTEN, {"outcome": "denied", "reason": code}, message, cases, now_ms)


def respond_unverified(case: Case, voice: Voice, cases: Cases, now_ms: int) -> bool:
    """Write to the person that the request could not be verified in time, and what they can do.

    Rule: 11 CCR 7024(a), (b) (point to the policy's general practices); Cal. Civ. Code § 1798.145(h)(2).
    """
    if case.contact is None:
        return False
    facts = letter_facts.of(case, Outcome.UNVERIFIED, voice)
    denied = case.entry(Step.DENIED)
    why = str(denied.detail.get("reason", "unverified")) if denied else "unverified"
    is_proved = verification.is_address_proved(case)
    facts = replace(facts, is_address_proved=is_proved, reason=letter_facts.not_permitted(case))
    message = message_of(case.contact, replace(facts, opt_out=letter_facts.opt_out(case, voice, cases)))
    return write(case, Step.ANSWER_WRITTEN, {"outcome": "denied", "reason": why}, message, cases, now_ms)


def letter(case: Case, step: Step, cases: Cases) -> Message | None:
    """Return the letter that a step wrote, as it was sent: the sealed copy of it. None for none, and once it was destroyed.

    Rule: 11 CCR 7101(a); a letter that is written again later would say what nobody was told.
    """
    written = case.entry(step) or case.entry(RECEIPTS[step])
    return cases.letter(str(written.detail["message"])) if written is not None and "message" in written.detail else None


def extend(case: Case, reason: str, by: str, voice: Voice, cases: Cases, now_ms: int) -> Refusal | None:
    """Extend the period once, with a reason that the person is told, inside the first period; `by` is the staff id.

    It holds once the message has left, for those that go with the request as well.
    Rule: 11 CCR 7021(b); Cal. Civ. Code § 1798.130(a)(2)(A).
    """
    last, until = due.extension(case, voice.rulebook)
    if not reason.strip():
        return Refusal("an extension needs a reason that the person can be told", rules.DAYS_TO_ANSWER)
    if case.contact is None or not may_extend(case):
        return Refusal("this request is answered, or was extended before", rules.DAYS_TO_ANSWER)
    if not due.has_longer(case, voice.rulebook):
        return Refusal("the law has no longer period for what is asked", rules.DAYS_TO_ANSWER)
    if local_date(now_ms, voice.rulebook.law_table.timezone) > last:
        return Refusal(f"the last day to extend was {last}", rules.DAYS_TO_ANSWER)
    facts = replace(letter_facts.of(case, Outcome.EXTENDED, voice), reason=reason.strip(), until=until)
    message = message_of(case.contact, facts)
    is_ours = write(case, Step.EXTENSION_WRITTEN, {"until": str(until)}, message, cases, now_ms, staff=by)
    return None if is_ours else Refusal("this request has gone on meanwhile; look at it again", rules.DAYS_TO_ANSWER)


def may_extend(case: Case) -> bool:
    """Return whether a request may be extended, as far as what happened to it goes. Rule: 11 CCR 7021(b) (once)."""
    return all(case.may(step) for step in (Step.EXTENSION_WRITTEN, Step.EXTENDED))


def close(case: Case, cases: Cases, now_ms: int) -> bool:
    """Close an answered request. Rule: Cal. Civ. Code § 1798.145(h)(2) (never before the answer)."""
    return cases.append(case, Step.CLOSED, now_ms, {}, entries.RequestStep("request.closed", case.request_id), None)


def forget_contact_if_due(case: Case, rulebook: Rulebook, cases: Cases, now_ms: int) -> bool:
    """Destroy contact, messages and archive when their time is over: seven days after closing and after the answer has left.

    An answer that no mail server took is not forgotten before the last day on which it is tried.
    Rule: 11 CCR 7060(d), 7101.
    """
    if case.entry(Step.CLOSED) is None or now_ms < due.forgotten_ms(case, rulebook):
        return False
    delivery = cases.delivery(case.request_id)
    if delivery.is_owed and not case.demonstration and now_ms < due.tried_until_ms(case.kind, case.received_on, rulebook):
        return False
    if now_ms - delivery.last_ms < due.forget_after(rulebook) // timedelta(milliseconds=1):
        return False
    cases.forget_contact(case.request_id)
    entry = entries.RequestStep("request.contact.forgotten", case.request_id)
    return cases.append(case, Step.FORGOTTEN, now_ms, {}, entry, None)


def purge_if_due(case: Case, rulebook: Rulebook, cases: Cases, now_ms: int) -> bool:
    """Remove the record when it has been kept as long as it must be; an answer that nobody ever passed on goes with it.

    Rule: 11 CCR 7101(a), 24 months.
    """
    is_over = case.state in {State.RECORD_ONLY, State.ANSWERING, State.TELLING}
    if not is_over or now_ms < due.removed_ms(case, rulebook):
        return False
    cases.purge(case.request_id)
    return True


def correct_address(case: Case, address: str, by: str, voice: Voice, cases: Cases, now_ms: int) -> Refusal | None:
    """Let an unproved request have another address, to which the link that proves it goes.

    `by` is the staff id, "" for the command line. The address finds the person's records, so it is corrected as a whole: the
    link proves the new one, the link to the old one proves nothing any more. The browser's visitor number is dropped: anyone who
    has the new address need not be who sat there.
    After the proof an address stays as it is: nobody else may have the answer.
    Rule: 11 CCR 7060(b), 7062; Cal. Civ. Code § 1798.130(a)(2)(A).
    """
    found = addresses.judged(address)
    if not isinstance(found, addresses.Mailbox):
        return Refusal(f"“To” {found}", "RFC 5321")
    if case.contact is None or not case.may(Step.CORRECTED):
        return _TOO_LATE
    contact = replace(case.contact, email=str(found), visitor_id="", more_visitors=())
    count = len(case.history)
    history = (*case.history, Entry(count, now_ms, Step.CORRECTED), Entry(count + 1, now_ms, Step.LINK_WRITTEN))
    corrected = replace(case, contact=contact, history=history)
    entry = entries.RequestCorrected(case.request_id, **entries.by_whom(by))
    is_ours = cases.correct(case, corrected, _acknowledgement(corrected, contact, voice), now_ms, entry)
    return None if is_ours else _TOO_LATE


def write(  # one way for everything that a person is told
    case: Case, step: Step, detail: Mapping[str, str], message: Message, cases: Cases, now_ms: int, **by: str
) -> bool:
    """Put a message into the outbox with the step that waits for it to leave; to invented people nothing ever leaves.

    Rule: 11 CCR 7021(a), (b) (told is who has the message).
    """
    step = RECEIPTS[step] if case.demonstration else step
    said = {name: detail[name] for name in ("outcome", "reason", "until") if name in detail}
    kind = entries.RequestTold if case.demonstration else entries.RequestMessage
    return cases.append(case, step, now_ms, detail, kind(f"request.{step}", case.request_id, **by, **said), message)


def _acknowledgement(case: Case, contact: Contact, voice: Voice) -> Message:
    """Return the message with the link that proves the contact's address."""
    answer = due.table(case, voice.rulebook)[due.What.ANSWER]
    facts = replace(
        letter_facts.of(case, Outcome.ACKNOWLEDGED, voice),
        confirm="" if contact.answer_to else voice.link(Link.CONFIRM, case),  # a power of attorney is confirmed by nobody
        code="" if contact.answer_to else verification.code(case, voice.keyed),
        how_verified=letter_facts.how_verified_of(contact, voice.rulebook),
        answer_by=answer.target,
    )
    return message_of(contact, facts)


def message_of(contact: Contact, facts: LetterFacts, attached: tuple[tuple[str, str, bytes], ...] = ()) -> Message:
    """Return a letter as the message that carries it, and that is kept of it. Raises Incomplete: nothing is written then."""
    written = letters.render(Letter(facts.kind, facts.outcome), facts)
    return Message(contact.written_to, written.subject, written.text, attached, written.html, written.printed)


def _decided_by(case: Case, voice: Voice, now_ms: int) -> date | None:
    """Return by which day the answer about a part is owed; None once it is over. Rule: 11 CCR 7021(b)."""
    law = voice.rulebook.law_table
    target = due.table(case, law)[due.What.ANSWER].target
    return target if target >= local_date(now_ms, law.timezone) else None


def _residue_on(case: Case, proved: Entry, voice: Voice) -> date | None:
    """Return the day that the letter names for the search for what is left; none where nothing was erased, or nobody is real."""
    is_part = case.contact is not None and bool(case.contact.points)
    is_erased = case.kind is RequestKind.DELETE and not case.demonstration and not is_part
    return due.residue_on(proved.at_ms, voice.rulebook) if is_erased else None
