"""The one table of letters: for each kind of request and outcome what the law asks to be said, and the letter that says it.

    REQUIRED   (kind, outcome) -> the parts that a law asks for, each with its rule in `words` and `words_of_kinds`
    LETTERS    (kind, outcome) -> subject line and the parts in their order

It is complete by construction. Importing it checks that each kind has a letter for each outcome that it can have, and no other;
that each letter uses every part that is required of it, once; and that each part really says what it is for (`specimens`).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from avow.definitions import RequestKind
from avow.rights.letters import words as w
from avow.rights.letters import words_of_kinds as k
from avow.rights.letters.facts import Outcome
from avow.rights.letters.parts import Part


@dataclass(frozen=True, slots=True)
class Letter:
    """Which letter: for a kind of request, and an outcome."""

    kind: RequestKind
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Shape:
    """How a letter is made: what follows "Your request REFERENCE" in its subject line, and its parts in their order."""

    subject: str
    parts: tuple[Part, ...]


_K: Final = RequestKind
_VERIFIED: Final = (_K.KNOW, _K.DELETE, _K.CORRECT, _K.PORTABILITY, _K.CONFIRM_IDENTIFIER)
_APPLIED: Final = (_K.OPT_OUT, _K.LIMIT, _K.OBJECT, _K.WITHDRAW_CONSENT)
_ANSWER_OF: Final = frozenset(
    {Outcome.ACKNOWLEDGED, Outcome.EXTENDED, Outcome.GRANTED, Outcome.PARTIAL, Outcome.DENIED, Outcome.UNVERIFIED}
)
_OWN: Final[Mapping[RequestKind, frozenset[Outcome]]] = {
    **dict.fromkeys(_VERIFIED, _ANSWER_OF),
    _K.KNOW: _ANSWER_OF | {Outcome.NARROWED, Outcome.REST},
    _K.DELETE: _ANSWER_OF | {Outcome.NARROWED, Outcome.REST},
    _K.CORRECT: _ANSWER_OF | {Outcome.DOCUMENT_NEEDED},
    _K.PORTABILITY: _ANSWER_OF | {Outcome.NARROWED, Outcome.REST},
    **dict.fromkeys(_APPLIED, frozenset({Outcome.CONFIRMED, Outcome.FRAUDULENT})),
    _K.RESTRICT: frozenset({Outcome.ACKNOWLEDGED, Outcome.EXTENDED, Outcome.UNVERIFIED, Outcome.CONFIRMED, Outcome.FRAUDULENT}),
    _K.AUTOMATED_DECISION: frozenset({Outcome.GRANTED, Outcome.DENIED, Outcome.FRAUDULENT}),
    _K.APPEAL: frozenset(
        {Outcome.ACKNOWLEDGED, Outcome.EXTENDED, Outcome.GRANTED, Outcome.PARTIAL, Outcome.DENIED, Outcome.FRAUDULENT}
    ),
}
#: Which outcomes each kind can have: what is verified and answered, what is applied at once, what people decide; whatever came by
#: hand may lack something. Rule: 11 CCR 7020(e).
OUTCOMES: Final[Mapping[RequestKind, frozenset[Outcome]]] = {kind: own | {Outcome.DEFECTIVE} for kind, own in _OWN.items()}

#: What a refusal says wherever the law of the request asks for it. Rule: the states' acts; GDPR Art. 12(4).
_REFUSAL: Final = (w.APPEAL, w.AUTHORITY, w.COURT_REMEDY)
_SIX: Final = (k.CATEGORIES, k.SOURCES, k.PURPOSES, k.THIRD_PARTIES, k.SOLD, k.DISCLOSED)
_TAKEN: Final = (k.TAKEN_ALONG, k.FILES, k.DESCRIBED)
_KNOWN: Final = (*_SIX, k.FILES, k.NOT_SEARCHED, k.DESCRIBED)
_IN_PART: Final = (w.DENIAL_IN_PART, w.HOUSEHOLD, w.KEPT, w.REST, w.LOCKED_USE)
_DELETED: Final = (w.SCOPE, k.DONE, k.RECORD_KEPT, k.OPT_OUT_ASKED)
_CORRECTED: Final = (
    *(k.CORRECTED_FIELDS, k.NOT_OUR_SOURCE, k.RECIPIENTS, k.STAYS_CORRECTED, k.SHOWN_CORRECTED, k.RECORD_KEPT),
    *(w.DOCUMENTS, w.PROOF),
)
_AUTOMATED: Final = (k.BY_PEOPLE, k.LOGIC, k.SAME_TREATMENT)
_WHOLE: Final = (w.DENIAL, w.HOUSEHOLD, *_REFUSAL)

#: What must be in each letter, whatever its kind.
_ALWAYS: Final[Mapping[Outcome, tuple[Part, ...]]] = {
    Outcome.ACKNOWLEDGED: (w.HOW_PROCESSED, w.HOW_VERIFIED, w.ANSWER_BY),
    Outcome.EXTENDED: (w.REASON, w.NEW_DATE),
    Outcome.DOCUMENT_NEEDED: (k.DOCUMENT_NEEDED,),
    Outcome.DEFECTIVE: (k.LACKS, k.MEND),
    Outcome.GRANTED: (),
    Outcome.REST: (w.UNDECIDED, *_IN_PART, *_REFUSAL),
    Outcome.PARTIAL: (*_IN_PART, *_REFUSAL),
    Outcome.DENIED: _WHOLE,
    Outcome.NARROWED: (w.NARROWED, w.POLICY, w.AGAIN, *_REFUSAL),
    Outcome.UNVERIFIED: (w.NOT_VERIFIED, w.POLICY, w.AGAIN, *_REFUSAL),
    Outcome.CONFIRMED: (k.APPLIED, k.TOLD_TO_STOP, k.NOT_ASKED, k.CHANGE),
    Outcome.FRAUDULENT: (k.FRAUD, k.IF_IT_WAS_YOU, *_REFUSAL),
}
#: What must be in a letter of one kind besides.
_OF_KIND: Final[Mapping[tuple[RequestKind, Outcome], tuple[Part, ...]]] = {
    (_K.KNOW, Outcome.GRANTED): (w.SECOND, *_KNOWN, w.DOCUMENTS),
    (_K.KNOW, Outcome.REST): (*_KNOWN, w.NARROWED_TOO, w.DOCUMENTS, w.PROOF),
    (_K.KNOW, Outcome.PARTIAL): (w.SECOND, *_KNOWN, w.DOCUMENTS),
    (_K.KNOW, Outcome.NARROWED): (w.SECOND, *_SIX, k.NOT_SEARCHED, k.DESCRIBED, w.DENIAL_IN_PART, w.HOUSEHOLD),
    (_K.DELETE, Outcome.GRANTED): (w.SECOND, *_DELETED, k.RECIPIENTS, k.SEARCHED, k.RESIDUE, w.DOCUMENTS, w.PROOF),
    (_K.DELETE, Outcome.REST): (*_DELETED, k.RECIPIENTS, k.SEARCHED, k.RESIDUE, w.NARROWED_TOO, w.DOCUMENTS, w.PROOF),
    (_K.DELETE, Outcome.PARTIAL): (w.SECOND, *_DELETED, k.RECIPIENTS, k.SEARCHED, k.RESIDUE, w.DOCUMENTS, w.PROOF),
    (_K.DELETE, Outcome.NARROWED): (w.SECOND, *_DELETED, w.HOUSEHOLD, w.KEPT, w.LOCKED_USE, k.RECIPIENTS, w.DOCUMENTS, w.PROOF),
    (_K.DELETE, Outcome.DENIED): (k.RECORD_KEPT, k.OPT_OUT_ASKED),
    (_K.DELETE, Outcome.UNVERIFIED): (k.RECORD_KEPT, k.OPT_OUT_ASKED),
    (_K.CORRECT, Outcome.GRANTED): _CORRECTED,
    (_K.CORRECT, Outcome.PARTIAL): (*_CORRECTED, k.STATEMENT, k.ONCE_MORE),
    (_K.CORRECT, Outcome.DENIED): (*_CORRECTED, k.STATEMENT, k.ONCE_MORE),
    (_K.PORTABILITY, Outcome.GRANTED): (w.SECOND, *_TAKEN, w.DOCUMENTS),
    (_K.PORTABILITY, Outcome.REST): (*_TAKEN, w.NARROWED_TOO, w.DOCUMENTS, w.PROOF),
    (_K.PORTABILITY, Outcome.PARTIAL): (w.SECOND, *_TAKEN, w.DOCUMENTS),
    (_K.PORTABILITY, Outcome.NARROWED): (w.SECOND, *_TAKEN, w.DOCUMENTS),
    (_K.CONFIRM_IDENTIFIER, Outcome.GRANTED): (k.COMPARED,),
    (_K.CONFIRM_IDENTIFIER, Outcome.PARTIAL): (k.COMPARED,),
    (_K.WITHDRAW_CONSENT, Outcome.CONFIRMED): (k.ENDS,),
    (_K.AUTOMATED_DECISION, Outcome.GRANTED): _AUTOMATED,
    (_K.AUTOMATED_DECISION, Outcome.DENIED): (*_AUTOMATED, *_REFUSAL),
    (_K.AUTOMATED_DECISION, Outcome.FRAUDULENT): (k.FRAUD, k.IF_IT_WAS_YOU, *_REFUSAL),
}
#: What is said of contested fields has its rule and reason field by field. Rule: 11 CCR 7023(f).
_OF_CORRECTIONS: Final = {Outcome.GRANTED: (), Outcome.PARTIAL: _REFUSAL, Outcome.DENIED: _REFUSAL}
#: An appeal is decided with reasons, and a refused one names the authority; it has no codes of its own.
_OF_APPEALS: Final[Mapping[Outcome, tuple[Part, ...]]] = {
    Outcome.GRANTED: (k.DECIDED,),
    Outcome.PARTIAL: (k.DECIDED, w.AUTHORITY, w.COURT_REMEDY),
    Outcome.DENIED: (k.DECIDED, w.AUTHORITY, w.COURT_REMEDY),
    Outcome.FRAUDULENT: (k.FRAUD, k.IF_IT_WAS_YOU, w.AUTHORITY, w.COURT_REMEDY),
}


def _required(kind: RequestKind, outcome: Outcome) -> tuple[Part, ...]:
    if kind is _K.APPEAL and outcome in _OF_APPEALS:
        return _OF_APPEALS[outcome]
    if kind is _K.AUTOMATED_DECISION and outcome is not Outcome.DEFECTIVE:  # decided by people, with their reasons
        return _OF_KIND[kind, outcome]
    if kind is _K.CORRECT and outcome in _OF_CORRECTIONS:
        return (*_OF_KIND[kind, outcome], *_OF_CORRECTIONS[outcome])
    return (*_OF_KIND.get((kind, outcome), ()), *_ALWAYS[outcome])


REQUIRED: Final[Mapping[Letter, tuple[Part, ...]]] = {
    Letter(kind, outcome): _required(kind, outcome) for kind, every in OUTCOMES.items() for outcome in sorted(every)
}

_DONE_OF_DELETE: Final = (w.OWN_REQUEST, w.SECOND, w.SCOPE, k.DONE)
_REST_OF_DELETE: Final = (w.OWN_REQUEST, w.SCOPE, k.DONE)
_END_OF_DELETE: Final = (k.RECIPIENTS, k.SEARCHED, k.RESIDUE, k.RECORD_KEPT, k.OPT_OUT_ASKED)
_TO_THE_PAGE: Final = (w.DOCUMENTS, w.PROOF)
_IN_NARROWED: Final = (w.HOUSEHOLD, w.KEPT, w.LOCKED_USE)
_UNVERIFIED: Final = Shape("not confirmed", (w.NOT_VERIFIED, w.POLICY, w.AGAIN, *_REFUSAL))
_DENIED: Final = Shape("not done", (w.OWN_REQUEST, *_WHOLE))
_ACKNOWLEDGED: Final = Shape("please confirm", (w.REQUEST, w.CONFIRM, w.HOW_VERIFIED, w.HOW_PROCESSED, w.ANSWER_BY, w.NOT_YOU))
_EXTENDED: Final = Shape("we need more time", (w.LONGER, w.REASON, w.NEW_DATE))
_CONFIRMED: Final = Shape("done", (w.OWN_REQUEST, k.APPLIED, k.TOLD_TO_STOP, k.NOT_ASKED, k.CHANGE))
_FRAUDULENT: Final = Shape("not done", (w.OWN_REQUEST, k.FRAUD, k.IF_IT_WAS_YOU, *_REFUSAL))
_HELD: Final = (*_SIX, k.NOT_SEARCHED, k.DESCRIBED)
_KNOW: Final = (w.OWN_REQUEST, w.SECOND, *_HELD)

_CORRECT: Final = (k.CORRECTED_FIELDS, k.NOT_OUR_SOURCE, k.RECIPIENTS, k.STAYS_CORRECTED, k.SHOWN_CORRECTED)
_NOT_CORRECTED: Final = (k.STATEMENT, k.ONCE_MORE, k.RECORD_KEPT, *_REFUSAL)

_SHAPES: Final[Mapping[tuple[RequestKind, Outcome], Shape]] = {
    (_K.KNOW, Outcome.GRANTED): Shape("done", (*_KNOW, k.FILES, *_TO_THE_PAGE)),
    (_K.KNOW, Outcome.PARTIAL): Shape("done in part", (*_KNOW, k.FILES, *_IN_PART, *_REFUSAL, *_TO_THE_PAGE)),
    (_K.KNOW, Outcome.REST): Shape(
        "done, but for a part",
        (w.OWN_REQUEST, w.UNDECIDED, *_HELD, k.FILES, *_IN_PART, w.NARROWED_TOO, *_REFUSAL, *_TO_THE_PAGE),
    ),
    (_K.KNOW, Outcome.NARROWED): Shape(
        "done in part", (*_KNOW, w.DENIAL_IN_PART, w.HOUSEHOLD, w.NARROWED, w.POLICY, w.AGAIN, *_REFUSAL, *_TO_THE_PAGE)
    ),
    (_K.DELETE, Outcome.GRANTED): Shape("done", (*_DONE_OF_DELETE, *_END_OF_DELETE, *_TO_THE_PAGE)),
    (_K.DELETE, Outcome.PARTIAL): Shape("done in part", (*_DONE_OF_DELETE, *_IN_PART, *_END_OF_DELETE, *_REFUSAL, *_TO_THE_PAGE)),
    (_K.DELETE, Outcome.REST): Shape(
        "done, but for a part",
        (*_REST_OF_DELETE, w.UNDECIDED, *_IN_PART, *_END_OF_DELETE, w.NARROWED_TOO, *_REFUSAL, *_TO_THE_PAGE),
    ),
    (_K.DELETE, Outcome.NARROWED): Shape(
        "done in part",
        (
            *_DONE_OF_DELETE,
            w.NARROWED,
            w.HOUSEHOLD,
            w.KEPT,
            w.LOCKED_USE,
            *_END_OF_DELETE,
            w.POLICY,
            w.AGAIN,
            *_REFUSAL,
            *_TO_THE_PAGE,
        ),
    ),
    (_K.DELETE, Outcome.DENIED): Shape(
        "not done", (w.OWN_REQUEST, w.DENIAL, w.HOUSEHOLD, k.RECORD_KEPT, k.OPT_OUT_ASKED, *_REFUSAL)
    ),
    (_K.DELETE, Outcome.UNVERIFIED): Shape(
        "not confirmed", (w.NOT_VERIFIED, w.POLICY, k.RECORD_KEPT, k.OPT_OUT_ASKED, w.AGAIN, *_REFUSAL)
    ),
    (_K.CORRECT, Outcome.DOCUMENT_NEEDED): Shape("a document is needed", (k.DOCUMENT_NEEDED,)),
    (_K.CORRECT, Outcome.GRANTED): Shape("done", (w.OWN_REQUEST, *_CORRECT, k.RECORD_KEPT, *_TO_THE_PAGE)),
    (_K.CORRECT, Outcome.PARTIAL): Shape("done in part", (w.OWN_REQUEST, *_CORRECT, *_NOT_CORRECTED, *_TO_THE_PAGE)),
    (_K.CORRECT, Outcome.DENIED): Shape("not done", (w.OWN_REQUEST, *_CORRECT, *_NOT_CORRECTED, *_TO_THE_PAGE)),
    (_K.PORTABILITY, Outcome.GRANTED): Shape("done", (w.OWN_REQUEST, w.SECOND, *_TAKEN, *_TO_THE_PAGE)),
    (_K.PORTABILITY, Outcome.REST): Shape(
        "done, but for a part", (w.OWN_REQUEST, w.UNDECIDED, *_TAKEN, *_IN_PART, w.NARROWED_TOO, *_REFUSAL, *_TO_THE_PAGE)
    ),
    (_K.PORTABILITY, Outcome.PARTIAL): Shape(
        "done in part", (w.OWN_REQUEST, w.SECOND, *_TAKEN, *_IN_PART, *_REFUSAL, *_TO_THE_PAGE)
    ),
    (_K.PORTABILITY, Outcome.NARROWED): Shape(
        "done in part", (w.OWN_REQUEST, w.SECOND, *_TAKEN, w.NARROWED, w.POLICY, w.AGAIN, *_REFUSAL, *_TO_THE_PAGE)
    ),
    (_K.CONFIRM_IDENTIFIER, Outcome.GRANTED): Shape("done", (w.OWN_REQUEST, k.COMPARED, *_TO_THE_PAGE)),
    (_K.CONFIRM_IDENTIFIER, Outcome.PARTIAL): Shape("done in part", (w.OWN_REQUEST, k.COMPARED, *_IN_PART, *_REFUSAL)),
    (_K.WITHDRAW_CONSENT, Outcome.CONFIRMED): Shape(
        "done", (w.OWN_REQUEST, k.APPLIED, k.ENDS, k.TOLD_TO_STOP, k.NOT_ASKED, k.CHANGE)
    ),
    (_K.AUTOMATED_DECISION, Outcome.GRANTED): Shape("done", (w.OWN_REQUEST, *_AUTOMATED)),
    (_K.AUTOMATED_DECISION, Outcome.DENIED): Shape("not done", (w.OWN_REQUEST, *_AUTOMATED, *_REFUSAL)),
    (_K.APPEAL, Outcome.GRANTED): Shape("decided", (w.OWN_REQUEST, k.DECIDED)),
    (_K.APPEAL, Outcome.PARTIAL): Shape("decided", (w.OWN_REQUEST, k.DECIDED, w.AUTHORITY, w.COURT_REMEDY)),
    (_K.APPEAL, Outcome.DENIED): Shape("decided", (w.OWN_REQUEST, k.DECIDED, w.AUTHORITY, w.COURT_REMEDY)),
    (_K.APPEAL, Outcome.FRAUDULENT): Shape("not done", (w.OWN_REQUEST, k.FRAUD, k.IF_IT_WAS_YOU, w.AUTHORITY, w.COURT_REMEDY)),
}
_COMMON: Final[Mapping[Outcome, Shape]] = {
    Outcome.ACKNOWLEDGED: _ACKNOWLEDGED,
    Outcome.EXTENDED: _EXTENDED,
    Outcome.DENIED: _DENIED,
    Outcome.UNVERIFIED: _UNVERIFIED,
    Outcome.CONFIRMED: _CONFIRMED,
    Outcome.FRAUDULENT: _FRAUDULENT,
    Outcome.DEFECTIVE: Shape("something is missing", (w.OWN_REQUEST, k.LACKS, k.MEND)),
}


def _shaped() -> Mapping[Letter, Shape]:
    """Return every letter: those of one kind, and those that are the same for all."""
    common = {Letter(kind, one): _COMMON[one] for kind, every in OUTCOMES.items() for one in every if one in _COMMON}
    return {**common, **{Letter(*key): shape for key, shape in _SHAPES.items()}}


LETTERS: Final[Mapping[Letter, Shape]] = _shaped()


def faults(required: Mapping[Letter, tuple[Part, ...]], letters: Mapping[Letter, Shape]) -> list[str]:
    """Return what is wrong with a table of letters: one missing or too many, a required part that a letter does not use."""
    found = [f"{one.kind} {one.outcome}: there is no such letter" for one in required if one not in letters]
    found += [f"{one.kind} {one.outcome}: nothing can have this outcome" for one in letters if one not in required]
    for one in required.keys() & letters.keys():
        parts = letters[one].parts
        lacking = [part for part in required[one] if part not in parts]
        found += [f"{one.kind} {one.outcome}: does not say {part.name} ({part.rule})" for part in lacking]
        found += [f"{one.kind} {one.outcome}: says {part.name} twice" for part in set(parts) if parts.count(part) > 1]
    found += [f"{kind}: a kind without letters" for kind in set(RequestKind) ^ set(OUTCOMES)]
    return sorted(found)
