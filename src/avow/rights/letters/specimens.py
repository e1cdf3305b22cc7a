"""A specimen of each letter, with a fact for everything that it can say, by which the table is checked when it is imported."""

from __future__ import annotations

from datetime import date
from typing import Final

from avow.policy import law
from avow.policy.law import rules
from avow.rights.letters.facts import (
    Answered,
    CategoryLine,
    Denied,
    Done,
    FieldLine,
    Ground,
    Incomplete,
    KeptLine,
    LetterFacts,
    Outcome,
    Sender,
    Undecided,
    WithdrawnLine,
)
from avow.rights.letters.rendering import said
from avow.rights.letters.table import LETTERS, REQUIRED, Letter, faults

_RECEIVED: Final = date(2026, 12, 18)
_SENDER: Final = Sender(
    "Example", "Example Inc.", "1 Example Street", "privacy@example.com", "+1 202 555 0123", "https://example.com"
)
#: Laws with every difference that letters show: an appeal, none, an authority for each refusal.
LAWS: Final = ("US-CA", "US-VA", "EU-GDPR")


def specimen(letter: Letter, code: str) -> LetterFacts:
    """Return facts of which nothing is missing, under the law of this code."""
    is_first = letter.outcome in {Outcome.ACKNOWLEDGED, Outcome.UNVERIFIED}
    category = CategoryLine(
        "Identifiers", ("e-mail address",), ("you",), ("answering",), ("a seller of clicks",), ("a mail carrier",)
    )
    return LetterFacts(
        kind=letter.kind,
        outcome=letter.outcome,
        reference="0123456789",
        received_on=_RECEIVED,
        sender=_SENDER,
        law=law.tables()[code],
        confirm="https://example.com/privacy/verify/0" if is_first else "",
        page="https://example.com/privacy/requests/0",
        appeal="https://example.com/privacy/appeal/0",
        how_verified=("Opening the link shows that the address is yours.",),
        answer_by=date(2027, 1, 29),
        reason="The archive is large.",
        until=date(2027, 3, 17),
        scope=("Contact form",),
        done_on=date(2026, 12, 20),
        done=(Done("event store", "erased", 3), Done("Carrier", "has confirmed", rule=rules.TELL_PROVIDERS, is_recipient=True)),
        residue_on=date(2026, 12, 21),
        has_proof=True,
        opt_out="https://example.com/privacy/choices",
        kept=(KeptLine("D8", "Cal. Gov. Code § 12946", "applications", ("your name",), date(2030, 3, 2), "A law asks for it."),),
        denied=(
            Denied(Ground.X1, ("the report",), "It is a consumer report."),
            Denied(Ground.H5, ("the household's bill",), "It is of all who live there."),
        ),
        answered=Answered(
            (category,), ("a seller of clicks",), ("archive.html",), date(2027, 1, 5), ("paper archive",), ("a licence number",)
        ),
        fields=(
            FieldLine("Form: Street", "corrected", rules.CORRECT_EFFORT, source="from a register", is_told=True),
            FieldLine("Form: Illness", "left as it is", rules.CORRECT_DENIED, "it is accurate", may_state=True),
        ),
        narrowed_to="the categories of what we hold about you",
        code="ABCDEFGH",
        identifiers=(("your licence number", True), ("your account number", False)),
        applied=("selling what we collect here",),
        applied_on=_RECEIVED,
        not_asked_before=date(2027, 12, 18),
        ends=(WithdrawnLine("Talent pool", 2, date(2028, 11, 23)),),
        ends_on=date(2026, 12, 30),
        stays=(WithdrawnLine("Contact form", 1, date(2028, 11, 23)),),
        decides="9876543210",
        logic=("Points for each year of work were added up.",),
        undecided=(Undecided(Ground.H2, ("Contact form: Message",)),),
        told_on=date(2026, 12, 21),
        not_withheld=(Undecided(Ground.H4, ("Contact form: Name",)),),
    )


def check() -> None:
    """Raise Incomplete with everything that is wrong with the table, by a specimen of each letter under each of LAWS."""
    found = faults(REQUIRED, LETTERS)
    for letter in LETTERS:
        for code in LAWS:
            try:
                said(letter, specimen(letter, code))
            except Incomplete as wrong:
                found.append(f"{code}: {wrong}")
    if found:
        raise Incomplete("\n".join(found))
