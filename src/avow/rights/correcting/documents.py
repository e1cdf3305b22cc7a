"""Documents about a contested field: asked for only where they are needed, sealed under the key of the request, destroyed after.

A member of staff asks, and says why; the person sends them on the page that the proved link opens; both looks and files are
logged. They serve the correction alone, and are destroyed as soon as every field is decided, and with the contact at the latest.
Rule: 11 CCR 7023(d) (needed, for nothing else, kept safe), 7060(d) (destroyed as soon as practical).
"""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from avow.definitions import Refusal
from avow.gate import entries
from avow.policy.law import rules
from avow.rights import letter_facts
from avow.rights.cases import Case
from avow.rights.correcting import claims, reviewing
from avow.rights.kept import DOCUMENTS, Cases
from avow.rights.letters import FieldLine, Outcome
from avow.rights.response import message_of
from avow.rights.states import State, Step
from avow.rights.verification import Link
from avow.rights.voice import Voice

#: What a document may be, by the names of `FILE_TYPES`, and its largest size: what a page's form may bring (`web.door`).
KINDS: Final = ("pdf", "png", "jpeg")
MOST_BYTES: Final = 900_000
_NOT_NOW: Final = Refusal("nobody asked for documents here, or every field is decided", rules.CORRECT_DOCUMENTS)


def ask(case: Case, number: int, why: str, by: str, voice: Voice, cases: Cases, now_ms: int) -> Refusal | None:
    """Ask for documents about one field, with why they are needed, which the person reads. Rule: 11 CCR 7023(d)(2)."""
    if case.contact is None or case.state is not State.REVIEWING or not 0 <= number < len(case.contact.claims):
        return _NOT_NOW
    if number in reviewing.decided(case, cases):
        return _NOT_NOW
    if not reviewing.REASON_MIN <= len(why.strip()) <= reviewing.REASON_MAX:
        words = (
            f"say why a document is needed, in {reviewing.REASON_MIN} to {reviewing.REASON_MAX} characters; the person reads it"
        )
        return Refusal(words, rules.CORRECT_DOCUMENTS)
    called = claims.named(voice.rulebook, case.contact.claims[number]).called
    facts = replace(
        letter_facts.of(case, Outcome.DOCUMENT_NEEDED, voice),
        fields=(FieldLine(called, "", rules.CORRECT_DOCUMENTS),),
        reason=why,
        page=voice.link(Link.ANSWER, case),
    )
    message = message_of(case.contact, facts)
    entry = entries.RequestDocument("request.document-wanted", case.request_id, by)
    is_ours = cases.append(case, Step.DOCUMENTS_WANTED, now_ms, {"claim": number, "staff": by}, entry, message)
    return None if is_ours else Refusal("this request has gone on meanwhile; look at it again", rules.CORRECT_DOCUMENTS)


def are_wanted(case: Case) -> bool:
    """Return whether the person may send documents now. Rule: 11 CCR 7023(d)."""
    return case.state is State.REVIEWING and case.entry(Step.DOCUMENTS_WANTED) is not None


def keep(case: Case, content: bytes, cases: Cases, now_ms: int) -> Refusal | None:
    """Keep a document that its person sent, sealed; None once it is. Rule: 11 CCR 7023(d)(4)."""
    if not are_wanted(case):
        return _NOT_NOW
    free = next((name for name in DOCUMENTS if cases.document(case.request_id, name) is None), None)
    if free is None:
        return Refusal(f"{len(DOCUMENTS)} documents are here already; write to us if you have more", rules.CORRECT_DOCUMENTS)
    cases.keep_document(case.request_id, free, content)
    with cases.writing() as tx:
        entries.record(tx, now_ms, entries.RequestDocument("request.document-kept", case.request_id))
    return None


def held(case: Case, cases: Cases) -> tuple[str, ...]:
    """Return the names of the documents that are here. Rule: 11 CCR 7023(d)."""
    return reviewing.documents_of(case, cases)


def read(case: Case, name: str, staff_id: str, cases: Cases, now_ms: int) -> bytes | None:
    """Return a document to a member of staff; logged. None for one that is not here. Rule: 11 CCR 7023(d)(3), 7101(c)."""
    content = cases.document(case.request_id, name) if name in DOCUMENTS else None
    if content is not None:
        with cases.writing() as tx:
            entries.record(tx, now_ms, entries.RequestDocument("request.document-read", case.request_id, staff_id))
    return content


def destroy(case: Case, cases: Cases, now_ms: int) -> None:
    """Destroy the documents of a request whose fields are all decided; safe to repeat. Rule: 11 CCR 7060(d)."""
    if held(case, cases):
        cases.remove_documents(case.request_id, *DOCUMENTS)
        with cases.writing() as tx:
            entries.record(tx, now_ms, entries.RequestDocument("request.documents-destroyed", case.request_id))
