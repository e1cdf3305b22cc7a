"""The words of what letters of every kind say: receipt, verification, dates, denial, appeal, authority (11 CCR 7003: plain)."""

from __future__ import annotations

from typing import Final

from avow.definitions import RequestKind
from avow.policy.law import LawTable, rules, tables
from avow.rights.letters.blocks import Blocks, Heading, To, bullets, paragraph
from avow.rights.letters.facts import GROUNDS, Denied, Ground, KeptLine, LetterFacts, Outcome, Undecided
from avow.rights.letters.parts import Part, day, known, listed
from avow.rights.naming import ASKED


def _request(facts: LetterFacts) -> Blocks:
    return (paragraph(f"On {day(facts.received_on)} somebody asked us with this address {ASKED[facts.kind]}."),)


def _own_request(facts: LetterFacts) -> Blocks:
    asked, received = ASKED[facts.kind], day(facts.received_on)
    done = f", and it was carried out on {day(facts.done_on)}" if facts.done_on else ""
    what = "our answer to most of" if facts.outcome is Outcome.REST else "the answer to"
    return (paragraph(f"This is {what} your request {facts.reference}: on {received} you asked us {asked}{done}."),)


def _scope(facts: LetterFacts) -> Blocks:
    return (paragraph(f"You asked about this part of it: {listed(facts.scope)}. {ELSE}"),)


ELSE: Final = "What else we hold about you stays as it is."


def _confirm(facts: LetterFacts) -> Blocks:
    typed = f"Or type this code into the page on which you filed it: {facts.code}"
    code = (paragraph(typed),) if facts.code else ()
    return (paragraph("If it was you, please confirm it here:"), To("Confirm my request", facts.confirm), *code)


def _verified(facts: LetterFacts) -> Blocks:
    return (paragraph("How we verify: " + " ".join(known(facts.how_verified, "how the request is verified"))),)


_PROCESSED: Final = {
    RequestKind.KNOW: "we gather what is held about you, here and by others for us, and show it to you on a page of your own",
    RequestKind.DELETE: "we erase what is held about you, have those erase it who hold it for us, and search again",
    RequestKind.CORRECT: "a person looks at each thing that you say is wrong, and decides by all that speaks for it or not",
    RequestKind.PORTABILITY: "we gather what you gave us into files that other programs can read",
    RequestKind.CONFIRM_IDENTIFIER: "we compare what you typed with what we hold, and say yes or no; what we hold is not shown",
    RequestKind.AUTOMATED_DECISION: "a person looks at the decisions that a program made or prepared about you",
    RequestKind.APPEAL: "somebody who did not decide before, where there is one, looks at our answer and at what you say",
}


def _processed(facts: LetterFacts) -> Blocks:
    how = _PROCESSED.get(facts.kind, "we stop what you asked us to stop")
    return (paragraph(f"What happens then: {how}."),)


def _answer_by(facts: LetterFacts) -> Blocks:
    by = day(known(facts.answer_by, "the day of the answer"))
    late = " If you do not confirm before that day, we may not act on the request and will tell you so." if facts.confirm else ""
    return (paragraph(f"When to expect our answer: by {by} at the latest.{late}"),)


def _not_you(_facts: LetterFacts) -> Blocks:
    return (paragraph("If it was not you, please ignore this message: nothing will happen."),)


def _longer(facts: LetterFacts) -> Blocks:
    return (paragraph(f"We need more time for your request of {day(facts.received_on)}, {ASKED[facts.kind]}."),)


def _reason(facts: LetterFacts) -> Blocks:
    return (paragraph(f"The reason: {known(facts.reason.strip(), 'the reason')}"),)


def _new_date(facts: LetterFacts) -> Blocks:
    return (paragraph(f"You will have our answer by {day(known(facts.until, 'the new date'))}."),)


def _documents(facts: LetterFacts) -> Blocks:
    return (paragraph("All documents are here:"), To("Documents of my request", facts.page))


def _proof(_facts: LetterFacts) -> Blocks:
    return (paragraph(f"{PROOF_WORDS} avow verify proof.tlog-proof"),)


PROOF_WORDS: Final = "The proof can be checked by anybody against our public log:"


def ground(law: LawTable, code: str) -> str:
    """Return the ground of a denial as a letter cites it: by the law of the request, in plain words where that lists none.

    Why: decision 0083.
    """
    cited = next((f"{one.source}: {one.text}" for one in law.exceptions if one.code == code), "")
    if cited or code in _OWN:
        return cited or ": ".join(GROUNDS[Ground(code)])
    return _WORDS[code]


_OWN: Final = frozenset(one.value for one in GROUNDS)
_WORDS: Final = {one.code: one.text for one in tables()["US-CA"].exceptions}


def _denied_line(one: Denied, law: LawTable) -> str:
    return f"{listed(one.fields)}: code {one.ground.value} ({ground(law, one.ground.value)}). Why: {one.reason}"


def _denial(facts: LetterFacts) -> Blocks:
    denied = known(facts.denied, "what is denied, and by which ground")
    all_of_it = facts.outcome is Outcome.DENIED
    head = "We do not do what you asked." if all_of_it else "We do not do the following part of what you asked."
    return (Heading("What we do not do, and why"), paragraph(head), *bullets(_denied_line(one, facts.law) for one in denied))


def _denial_marks(facts: LetterFacts) -> tuple[str, ...]:
    found = [(f"code {one.ground.value}", *one.fields, one.reason, ground(facts.law, one.ground.value)) for one in facts.denied]
    return tuple(text for each in found for text in each)


def _is_of_household(facts: LetterFacts) -> bool:
    """Return whether something of a household is in question."""
    named = (*(one.ground.value for one in facts.denied), *(one.ground.value for one in facts.undecided))
    return Ground.H5.value in {*named, *(one.code for one in facts.kept)}


def _undecided_line(one: Undecided, law: LawTable) -> str:
    return f"{listed(one.what)}: code {one.ground.value} ({ground(law, one.ground.value)})"


def _undecided(facts: LetterFacts) -> Blocks:
    found = known(facts.undecided, "what is still decided")
    done = "keep" if facts.kind is RequestKind.DELETE else "not give you"
    words = f"{STILL_DECIDED} We may have to {done} the following; a second person looks at it first."
    by = f" You will hear from us about it by {day(facts.answer_by)}." if facts.answer_by else f" {SOON}"
    return (
        Heading("What we still decide about"),
        paragraph(words + by),
        *bullets(_undecided_line(one, facts.law) for one in found),
    )


STILL_DECIDED: Final = "We have not decided about everything yet."
SOON: Final = "You will hear from us about it as soon as it is decided."


def _undecided_marks(facts: LetterFacts) -> tuple[str, ...]:
    found = tuple(text for one in facts.undecided for text in (f"code {one.ground.value}", *one.what))
    return (STILL_DECIDED, day(facts.answer_by) if facts.answer_by else SOON, *found)


def _second(facts: LetterFacts) -> Blocks:
    told = day(known(facts.told_on, "the day of the first letter"))
    words = paragraph(f"On {told} we answered the rest of your request, and told you that {WAS_UNDECIDED} This is our answer.")
    if not facts.not_withheld:
        return (words,)
    done = "is erased now, too" if facts.kind is RequestKind.DELETE else "is in our answer now, too"
    return (words, paragraph(f"This {done}: {listed(_named(facts))}."))


def _named(facts: LetterFacts) -> tuple[str, ...]:
    return tuple(dict.fromkeys(text for one in facts.not_withheld for text in one.what))


WAS_UNDECIDED: Final = "we were still deciding about a part of it."


def _household(_facts: LetterFacts) -> Blocks:
    return (
        paragraph(
            "What belongs to a household and not to one person is not shown, corrected or deleted on the request of one of "
            "it: the others live there as well."
        ),
    )


def _kept_line(one: KeptLine) -> str:
    code = f" (code {one.code})" if one.code else ""
    until = f"Erased on {day(one.until)}" if one.until else "Erased when this reason is over"
    count = f" ({one.records} records, the last until then)" if one.records > 1 else ""
    used = f" Used for this alone: {one.purpose}." if one.purpose else ""
    return f"{one.point}: {', '.join(one.fields)}. {one.reason} [{one.rule}]{code}.{used} {until}{count}."


def _kept(facts: LetterFacts) -> Blocks:
    return (Heading("What we keep, and why"), paragraph(KEPT_HEAD), *bullets(_kept_line(one) for one in facts.kept))


KEPT_HEAD: Final = "A law makes us keep some of it, or lets us. We keep just this, apart from everything else:"


def _kept_marks(facts: LetterFacts) -> tuple[str, ...]:
    every = [
        (*([f"code {one.code}"] if one.code else []), one.rule, *one.fields, *([day(one.until)] if one.until else []))
        for one in facts.kept
    ]
    return tuple(text for each in every for text in each)


def _rest(facts: LetterFacts) -> Blocks:
    done = {
        RequestKind.DELETE: "Everything else was erased.",
        RequestKind.KNOW: "Everything else is in our answer.",
    }
    return (paragraph(done.get(facts.kind, "The rest of what you asked was done.")),)


def _locked(_facts: LetterFacts) -> Blocks:
    return (paragraph(f"What is kept is locked: {LOCKED} It is erased when that reason is over."),)


LOCKED: Final = "it is used for the reason named there, and for nothing else."


def has_appeal(facts: LetterFacts) -> bool:
    """Return whether the law of the request knows an appeal to us against this answer."""
    return facts.law.appeal is not None and facts.kind is not RequestKind.APPEAL


def _appeal(facts: LetterFacts) -> Blocks:
    period = known(facts.law.appeal, "the period of an appeal")
    words = f"You can appeal against this answer, free of charge. We decide within {period.words} of receiving your appeal:"
    return (paragraph(words), To("Appeal", known(facts.appeal, "where to appeal")))


def names_authority(facts: LetterFacts) -> bool:
    """Return whether this answer names an authority: a refused appeal, or a refusal where the law has no appeal to us."""
    return bool(facts.law.authority) and (facts.kind is RequestKind.APPEAL or facts.law.appeal is None)


def _authority(facts: LetterFacts) -> Blocks:
    authority, address = facts.law.authority, facts.law.authority_address
    words = f"If you are not content with this answer, you can complain to {authority}:"
    return (paragraph(words), To(authority, address))


def _court(_facts: LetterFacts) -> Blocks:
    return (paragraph(f"You also have {COURT}."),)


COURT: Final = "the right to a judicial remedy: you can go to court"


def _policy(facts: LetterFacts) -> Blocks:
    words = "What we collect in general, from whom, why and for how long is in our privacy policy:"
    return (paragraph(words), To("Privacy policy", f"{facts.sender.origin}/privacy-policy"))


def _not_verified(facts: LetterFacts) -> Blocks:
    return (paragraph(f"On {day(facts.received_on)} somebody asked us with this address {ASKED[facts.kind]}. {_why(facts)}"),)


def _why(facts: LetterFacts) -> str:
    """Return why nothing could be done for who asked: no proof of the address, too little besides, no permission."""
    return facts.reason or (UNSURE if facts.is_address_proved else UNVERIFIED)


UNSURE: Final = (
    "The address was confirmed, but we could not be as sure that it is you as the law asks for what we may hold, so we may not "
    "act on the request. What the page of the request asks was not answered, or not as we hold it."
)
UNVERIFIED: Final = "The address was not confirmed with the link that we sent, so we may not act on the request."


def _again(facts: LetterFacts) -> Blocks:
    return (paragraph("You can ask again at any time:"), To("Ask again", f"{facts.sender.origin}/privacy"))


def _narrowed(facts: LetterFacts) -> Blocks:
    smaller = known(facts.narrowed_to, "the next smaller answer")
    words = f"{NOT_ENOUGH} {WHAT_INSTEAD} {smaller}."
    return (Heading("What we could not verify"), paragraph(words))


NOT_ENOUGH: Final = "We could not verify you well enough for all that you asked, so we may not give or do all of it."
WHAT_INSTEAD: Final = "What we can do for somebody who is verified as far as you are is this:"


def _none(_facts: LetterFacts) -> tuple[str, ...]:
    return ()


REQUEST = Part("which request", rules.CONFIRMATION, _request, lambda f: (day(f.received_on), ASKED[f.kind]))
OWN_REQUEST = Part(
    "which request", rules.DAYS_TO_ANSWER, _own_request, lambda f: (f.reference, ASKED[f.kind], day(f.received_on))
)
SCOPE = Part("which part was asked about", rules.PARTS, _scope, lambda f: (*f.scope, ELSE), lambda f: bool(f.scope))
CONFIRM = Part(
    "the link that proves the address",
    rules.WITHOUT_ACCOUNT,
    _confirm,
    lambda f: (f.confirm, *([f.code] if f.code else [])),
    lambda f: bool(f.confirm),
)
HOW_PROCESSED = Part("how it is processed", rules.CONFIRMATION, _processed, lambda _: ("What happens then:",))
HOW_VERIFIED = Part("how it is verified", rules.CONFIRMATION, _verified, lambda f: f.how_verified)
ANSWER_BY = Part("when to expect an answer", rules.CONFIRMATION, _answer_by, lambda f: (day(f.answer_by),) if f.answer_by else ())
NOT_YOU = Part("what to do if it was somebody else", rules.VERIFICATION, _not_you, _none, lambda f: bool(f.confirm))
LONGER = Part("that more time is needed", rules.DAYS_TO_ANSWER, _longer, lambda f: (day(f.received_on), ASKED[f.kind]))
REASON = Part("the reason", rules.DAYS_TO_ANSWER, _reason, lambda f: (f.reason.strip(),))
NEW_DATE = Part("the new date", rules.DAYS_TO_ANSWER, _new_date, lambda f: (day(f.until),) if f.until else ())
DOCUMENTS = Part("where the documents are", rules.SECURE_TRANSMISSION, _documents, lambda f: (f.page,), lambda f: bool(f.page))
PROOF = Part("how the proof is checked", rules.RECORD_KEEPING, _proof, lambda _: (PROOF_WORDS,), lambda f: f.has_proof)
DENIAL = Part("code, fields, basis and reason", rules.DENIAL, _denial, _denial_marks)
DENIAL_IN_PART = Part("code, fields, basis and reason", rules.DENIAL, _denial, _denial_marks, lambda f: bool(f.denied))
HOUSEHOLD = Part(
    "what a household is",
    rules.HOUSEHOLD,
    _household,
    lambda _: ("a household",),
    _is_of_household,
)
KEPT = Part("what is kept, by code, fields and date", rules.DENIAL, _kept, _kept_marks, lambda f: bool(f.kept))
REST = Part("that the rest was done", rules.DENIAL_IN_PART, _rest, _none, lambda f: f.outcome in {Outcome.PARTIAL, Outcome.REST})
LOCKED_USE = Part("that what is kept is locked", rules.RETAINED_USE, _locked, lambda _: (LOCKED,), lambda f: bool(f.kept))
UNDECIDED = Part("what is still decided, and by when", rules.DENIAL_IN_PART, _undecided, _undecided_marks)
SECOND = Part(
    "that it is the second letter",
    rules.DENIAL_IN_PART,
    _second,
    lambda f: (day(f.told_on) if f.told_on else "", WAS_UNDECIDED, *_named(f)),
    lambda f: f.told_on is not None,
)
APPEAL = Part("how to appeal", rules.REASONS_TOLD, _appeal, lambda f: (f.appeal,), has_appeal)
AUTHORITY = Part(
    "where to complain", rules.REASONS_TOLD, _authority, lambda f: (f.law.authority, f.law.authority_address), names_authority
)
COURT_REMEDY = Part("the way to a court", rules.GDPR_REFUSAL, _court, lambda _: (COURT,), lambda f: f.law.names_court)
POLICY = Part("the policy's general practices", rules.NOT_VERIFIED, _policy, lambda f: (f"{f.sender.origin}/privacy-policy",))
NOT_VERIFIED = Part("that it was not verified", rules.NOT_VERIFIED, _not_verified, lambda f: (day(f.received_on), _why(f)))
AGAIN = Part("how to ask again", rules.METHODS_OF_REQUESTS, _again, lambda f: (f"{f.sender.origin}/privacy",))
NARROWED = Part("the next smaller answer", rules.NOT_VERIFIED, _narrowed, lambda f: (WHAT_INSTEAD, f.narrowed_to))
NARROWED_TOO = Part(
    "the next smaller answer",
    rules.NOT_VERIFIED,
    _narrowed,
    lambda f: (WHAT_INSTEAD, f.narrowed_to),
    lambda f: bool(f.narrowed_to),
)
