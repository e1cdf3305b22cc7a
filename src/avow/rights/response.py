"""What the person hears from us: acknowledgement, answer, extension; and what happens to the record after.

No message holds more about the person than the address it goes to.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Final

from jinja2 import Environment, PackageLoader, StrictUndefined

from avow import addresses
from avow.audit import proof
from avow.definitions import Refusal, RequestKind, local_date, moment
from avow.policy import Rulebook
from avow.policy.law.counting import add_months
from avow.rights import asked_again, clock, verification
from avow.rights.cases import Case, Cases, Contact, Message, Statements
from avow.rights.execution import outcomes_of
from avow.rights.states import Entry, Step, may_follow
from avow.rights.verification import Hmac, Link

#: How long after closing the contact and the archive are kept (house rule, LAW.md VER-04).
FORGET_AFTER: Final = timedelta(days=7)
_FORGET_AFTER_MS: Final = FORGET_AFTER // timedelta(milliseconds=1)
KIND_WORDS: Final = {RequestKind.KNOW: "to know what we hold about you", RequestKind.DELETE: "to delete what we hold about you"}
_TOO_LATE: Final = Refusal(
    "an address can be corrected only while it waits for its confirmation; ask the person to file the request again",
    "11 CCR 7062",
)

_templates = Environment(
    loader=PackageLoader("avow.rights", "templates"),
    autoescape=False,  # noqa: S701 - plain text for e-mail, never shown as HTML
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)


@dataclass(frozen=True, slots=True)
class Voice:
    """What every message needs: the site's public origin, the vault's HMAC for links, the Rulebook."""

    origin: str
    keyed: Hmac
    rulebook: Rulebook

    def link(self, purpose: Link, case: Case) -> str:
        """Return a link into the privacy centre. Rule: 11 CCR 7024(g) (secure transmission)."""
        if purpose is Link.CONFIRM:
            return f"{self.origin}/privacy/verify/{verification.link(purpose, case.request_id, self.keyed, case.corrections)}"
        return f"{self.origin}/privacy/requests/{verification.link(purpose, case.request_id, self.keyed)}"

    def text(self, template: str, case: Case, **facts: Any) -> str:  # Any: what the template shows
        """Return a message to the person. Rule: 11 CCR 7003 (plain words)."""
        company = self.rulebook.controller
        shown = {"case": case, "company": company, "origin": self.origin, "kind_words": KIND_WORDS[case.kind], **facts}
        return _templates.get_template(template).render(shown)


def acknowledge(case: Case, voice: Voice, cases: Cases, now_ms: int) -> bool:
    """Say that the request was received, how it is verified and when to expect an answer, with the link that verifies.

    One that was asked again within the hour waits, or goes with another that does: see `asked_again`.
    Rule: 11 CCR 7021(a): within 10 business days, these three parts.
    """
    if case.contact is None:
        return False
    again = cases.alike(case)
    if again.lead is not None:
        return asked_again.join(case, again.lead, cases, now_ms)
    if again.asked and asked_again.has_to_wait(again.asked_ms, now_ms):
        return False
    asked_again.acknowledge_joined(case, cases, now_ms)
    message = _acknowledgement(case, case.contact, voice)
    after = {"after": again.asked} if again.asked else {}
    audit = {"what": "request.acknowledged", "request": case.request_id}
    return cases.append(case, Step.ACKNOWLEDGED, now_ms, {"how": "by e-mail", **after}, audit, message)


def respond(case: Case, voice: Voice, statements: Statements, cases: Cases, now_ms: int) -> bool:
    """Send the answer with its proof, once the statement stands in the published log.

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
    salt = base64.b64decode(proved.detail["salt"])
    written = proof.write(proof.Proof(entry, salt, case.reference, index, path, checkpoint))
    text = voice.text("answer.txt", case, link=voice.link(Link.ANSWER, case), **_letter_facts(case, voice))
    attached = (("proof.tlog-proof", "application/octet-stream", written.encode()),)  # no mail program may touch its lines
    message = Message(case.contact.email, f"Your request {case.reference}: done", text, attached)
    audit = {"what": "request.responded", "request": case.request_id, "outcome": "granted"}
    return cases.append(case, Step.RESPONDED, now_ms, {"outcome": "granted", "proof": written}, audit, message)


def respond_unverified(case: Case, voice: Voice, cases: Cases, now_ms: int) -> bool:
    """Tell the person that the request could not be verified in time, and what they can do.

    Rule: 11 CCR 7024(a), (b) (point to the policy's general practices); Cal. Civ. Code § 1798.145(h)(2).
    """
    if case.contact is None:
        return False
    text = voice.text("unverified.txt", case)
    message = Message(case.contact.email, f"Your request {case.reference}: not confirmed", text)
    audit = {"what": "request.responded", "request": case.request_id, "outcome": "denied", "reason": "unverified"}
    return cases.append(case, Step.RESPONDED, now_ms, {"outcome": "denied", "reason": "unverified"}, audit, message)


def letter(case: Case, voice: Voice) -> str:
    """Return the letter: what was done where, what was kept and why. It names nobody.

    Rule: 11 CCR 7022(e), (f) (deletion), 7024 (know).
    """
    return voice.text("letter.txt", case, **_letter_facts(case, voice))


def extend(case: Case, reason: str, by: str, voice: Voice, cases: Cases, now_ms: int) -> Refusal | None:
    """Extend the period once, with a reason that the person is told, inside the first period; `by` is the staff id.

    Rule: 11 CCR 7021(b); Cal. Civ. Code § 1798.130(a)(2)(A).
    """
    due = clock.deadlines(case.kind, case.received_on, voice.rulebook.law_table)
    if not reason.strip():
        return Refusal("an extension needs a reason that the person can be told", "11 CCR 7021(b)")
    if case.contact is None or not may_follow(case.state, Step.EXTENDED, case.history):
        return Refusal("this request is answered, or was extended before", "11 CCR 7021(b)")
    if local_date(now_ms, voice.rulebook.law_table.timezone) > due.extension_notice_target:
        return Refusal(f"the last day to extend was {due.extension_notice_target}", "11 CCR 7021(b)")
    text = voice.text("extended.txt", case, reason=reason.strip(), due=due)
    message = Message(case.contact.email, f"Your request {case.reference}: we need more time", text)
    audit = {"what": "request.extended", "request": case.request_id, "until": str(due.extended_target), "staff": by}
    cases.append(case, Step.EXTENDED, now_ms, {"until": str(due.extended_target)}, audit, message)
    for joined in cases.joined_to(case):  # they are answered with it, and its message goes to their address
        if may_follow(joined.state, Step.EXTENDED, joined.history):
            together = {**audit, "request": joined.request_id, "with": case.request_id}
            cases.append(joined, Step.EXTENDED, now_ms, {"until": str(due.extended_target)}, together, None)
    return None


def close(case: Case, cases: Cases, now_ms: int) -> bool:
    """Close an answered request. Rule: Cal. Civ. Code § 1798.145(h)(2) (never before the answer)."""
    return cases.append(case, Step.CLOSED, now_ms, {}, {"what": "request.closed", "request": case.request_id}, None)


def forget_contact_if_due(case: Case, rulebook: Rulebook, cases: Cases, now_ms: int) -> bool:
    """Destroy contact, messages and archive when their time is over: seven days after closing and after the answer has left.

    An answer that no mail server took is not forgotten before the last day on which it is tried.
    Rule: 11 CCR 7060(d), 7101.
    """
    if case.entry(Step.CLOSED) is None or now_ms < forgotten_ms(case):
        return False
    delivery = cases.delivery(case.request_id)
    if delivery.is_owed and not case.demonstration and now_ms < clock.tried_until_ms(case.kind, case.received_on, rulebook):
        return False
    if now_ms - delivery.last_ms < _FORGET_AFTER_MS:
        return False
    cases.forget_contact(case.request_id)
    audit = {"what": "request.contact.forgotten", "request": case.request_id}
    return cases.append(case, Step.FORGOTTEN, now_ms, {}, audit, None)


def purge_if_due(case: Case, rulebook: Rulebook, cases: Cases, now_ms: int) -> bool:
    """Remove the record when it has been kept as long as it must be. Rule: 11 CCR 7101(a), 24 months."""
    if case.answered_ms is None or case.entry(Step.FORGOTTEN) is None or now_ms < purged_ms(case, rulebook):
        return False
    cases.purge(case.request_id)
    return True


def forgotten_ms(case: Case) -> int:
    """Return the moment from which the contact of a closed request may be forgotten, by its closing. Rule: 11 CCR 7060(d)."""
    closed = case.entry(Step.CLOSED)
    return closed.at_ms + _FORGET_AFTER_MS if closed else 0


def purged_ms(case: Case, rulebook: Rulebook) -> int:
    """Return the moment at which the record of an answered request has been kept long enough. Rule: 11 CCR 7101(a)."""
    answered = moment(case.answered_ms or case.received_ms).date()
    return clock.over_ms(add_months(answered, rulebook.law_table.record_months) - timedelta(days=1), "UTC")


def correct_address(case: Case, address: str, by: str, voice: Voice, cases: Cases, now_ms: int) -> Refusal | None:
    """Let an unproved request have another address, to which the link that proves it goes.

    `by` is the staff id, "" for the command line. The address finds the person's records, so it is corrected as a whole: the
    link proves the new one, the link to the old one proves nothing any more. The browser's visitor number is dropped: whoever
    has the new address need not be who sat there.
    After the proof an address stays as it is: nobody else may have the answer.
    Rule: 11 CCR 7060(b), 7062; Cal. Civ. Code § 1798.130(a)(2)(A).
    """
    found = addresses.judged(address)
    if not isinstance(found, addresses.Mailbox):
        return Refusal(f"“To” {found}", "RFC 5321")
    if case.contact is None or not may_follow(case.state, Step.CORRECTED, case.history):
        return _TOO_LATE
    contact = replace(case.contact, email=str(found), visitor_id="", more_visitors=())
    history = (*case.history, Entry(len(case.history), now_ms, Step.CORRECTED))
    corrected = replace(case, contact=contact, history=history)
    audit = {"what": "request.address.corrected", "request": case.request_id, **({"staff": by} if by else {"by": "command"})}
    is_ours = cases.correct(case, corrected, _acknowledgement(corrected, contact, voice), now_ms, audit)
    return None if is_ours else _TOO_LATE


def _acknowledgement(case: Case, contact: Contact, voice: Voice) -> Message:
    """Return the message with the link that proves the contact's address."""
    due = clock.deadlines(case.kind, case.received_on, voice.rulebook.law_table)
    text = voice.text("acknowledge.txt", case, due=due, link=voice.link(Link.CONFIRM, case))
    return Message(contact.email, f"Please confirm your request {case.reference}", text)


def _letter_facts(case: Case, voice: Voice) -> dict[str, Any]:  # Any: what the template shows
    """Return what the letter tells: outcomes, the day they were proved, how long the record is kept."""
    proved = case.entry(Step.PROVED)
    return {
        "outcomes": outcomes_of(case),
        "done": local_date(proved.at_ms if proved else case.received_ms, voice.rulebook.law_table.timezone),
        "record_months": voice.rulebook.law_table.record_months,
    }
