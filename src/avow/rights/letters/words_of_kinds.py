"""The words of what the letters of single kinds of requests say."""

from __future__ import annotations

from typing import Final

from avow.definitions import RequestKind
from avow.policy.law import rules
from avow.policy.rulebook.page_duties import CHOICES_PATH
from avow.rights.letters.blocks import Block, Blocks, Heading, To, bullets, paragraph
from avow.rights.letters.facts import Answered, Done, FieldLine, LetterFacts, Outcome
from avow.rights.letters.parts import Part, day, known, listed

_NOBODY: Final = "nobody"


# -- to delete ---------------------------------------------------------------------------------------------------------


def _line(one: Done) -> str:
    records = f" ({one.records} {'record' if one.records == 1 else 'records'})" if one.records else ""
    return f"{one.target}: {one.did}{records}{one.more}{f' [{one.rule}]' if one.rule else ''}"


def _done(facts: LetterFacts) -> Blocks:
    done = facts.done if facts.done is not None else known(facts.done, "what was done")
    ours = [_line(one) for one in done if not one.is_recipient]
    return (Heading("What was done"), *(bullets(ours) or (paragraph("There was nothing to do: nothing of yours was found."),)))


def _done_marks(facts: LetterFacts) -> tuple[str, ...]:
    return tuple(f"{one.target}: {one.did}" for one in facts.done or ())


def _recipients(facts: LetterFacts) -> Blocks:
    corrected = "These companies had something of it from us. We told each of them what is right. What each of them answered:"
    erased = (
        "These companies had data of yours from us. We told each of them to erase it, to have those erase it to whom it had "
        "given it, and to use for nothing else what a law makes it keep. What each of them answered:"
    )
    head = corrected if facts.kind is RequestKind.CORRECT else erased
    theirs = [_line(one) for one in facts.done or () if one.is_recipient]
    return (Heading("Companies that had data of yours from us"), paragraph(head), *bullets(theirs))


def _searched(facts: LetterFacts) -> Blocks:
    left = {"kept": facts.kept, "not decided about yet, and kept until it is,": facts.undecided}
    named = " and ".join(words for words, some in left.items() if some)
    found = f"nothing of yours but what is {named} as named above" if named else "nothing of yours"
    where = "where this part is kept" if facts.scope else "every store"
    sealed = "until they are old enough to go" if facts.scope else "under the key that we destroyed"
    words = (
        f"Afterwards we searched {where} again and found {found}. {BACKUPS} {sealed}, and they will not come back when a backup "
        "is restored."
    )
    return (paragraph(words),)


BACKUPS: Final = "Copies in backups stay sealed"


def _residue(facts: LetterFacts) -> Blocks:
    on = day(known(facts.residue_on, "the day of the last search"))
    words = (
        f"On {on} we look once more: for your address and your browser's number, in every file that we keep here. How often they "
        "were found will be on the page of your request, with a proof of its own."
    )
    return (paragraph(words),)


def _record_kept(facts: LetterFacts) -> Blocks:
    months = facts.law.record_months
    words = f"We keep {RECORD} for {months} months, {_by_rule(facts)}: its dates, its kind and its answer, not your data."
    return (paragraph(words),)


RECORD: Final = "a record of this request"


def _by_rule(facts: LetterFacts) -> str:
    source = facts.law.values["record"].source
    return "to be able to show that we answered it" if source.startswith("house rule") else f"as {source} asks"


def _opt_out(facts: LetterFacts) -> Blocks:
    words = (
        f"{SELLS} Deleting does not stop that for what comes later. Do you want to stop it as well? It takes one step, and no "
        "proof of who you are:"
    )
    return (Heading("The sale and sharing of what comes later"), paragraph(words), To("Do not sell or share", facts.opt_out))


SELLS: Final = "We sell or share some personal information."

DONE = Part("what was done", rules.DELETE, _done, _done_marks)
RECIPIENTS = Part(
    "what recipients answered",
    rules.TELL_PROVIDERS,
    _recipients,
    lambda f: tuple(one.target for one in f.done or () if one.is_recipient),
    lambda f: any(one.is_recipient for one in f.done or ()),
)
SEARCHED = Part("that it was searched again", rules.ERASED, _searched, lambda _: (BACKUPS,))
RESIDUE = Part(
    "the day of the last search",
    rules.ERASED,
    _residue,
    lambda f: (day(f.residue_on),) if f.residue_on else (),
    lambda f: f.residue_on is not None,
)
RECORD_KEPT = Part("that a record is kept", rules.RECORD_TOLD, _record_kept, lambda f: (RECORD, f"{f.law.record_months} months"))
OPT_OUT_ASKED = Part(
    "whether the sale is to stop, with its link",
    rules.OPT_OUT_ASKED,
    _opt_out,
    lambda f: (SELLS, f.opt_out),
    lambda f: bool(f.opt_out),
)


# -- to know -----------------------------------------------------------------------------------------------------------


def _answer(facts: LetterFacts) -> Answered:
    return known(facts.answered, "what is held")


def _each(facts: LetterFacts, head: str, name: str, nothing: str) -> Blocks:
    """Return one of the six parts: by category, what an attribute of its answer says."""
    lines = [f"{one.category}: {listed(getattr(one, name)) or nothing}" for one in _answer(facts).categories]
    return (Heading(head), *(bullets(lines) or (paragraph("No personal information of yours in any category."),)))


def _categories(facts: LetterFacts) -> Blocks:
    return _each(facts, "1. Categories of personal information that we collected about you", "data", "nothing")


def _sources(facts: LetterFacts) -> Blocks:
    return _each(facts, "2. Where it came from", "sources", "not known")


def _purposes(facts: LetterFacts) -> Blocks:
    return _each(facts, "3. What it is used for", "purposes", "nothing")


def _third_parties(facts: LetterFacts) -> Blocks:
    names = _answer(facts).third_parties
    return (Heading("4. To whom it was given"), *(bullets(names) or (paragraph("To nobody."),)))


def _sold(facts: LetterFacts) -> Blocks:
    return _each(facts, "5. What was sold or shared, and to whom", "sold_or_shared_to", _NOBODY)


def _disclosed(facts: LetterFacts) -> Blocks:
    return _each(facts, "6. What was disclosed for a business purpose, and to whom", "disclosed_to", _NOBODY)


def _marks(name: str, number: int) -> tuple[str, str]:
    return name, f"{number}. "


def _names(facts: LetterFacts, attribute: str) -> tuple[str, ...]:
    lines = facts.answered.categories if facts.answered else ()
    return tuple(text for one in lines for text in (one.category, *getattr(one, attribute)))


def _files(facts: LetterFacts) -> Blocks:
    answer = _answer(facts)
    end = day(answer.until)
    words = f"They can be fetched until {end}. After that we destroy them; you can ask again at any time."
    return (Heading("The files"), *bullets(answer.files), paragraph(words))


def _taken_along(_facts: LetterFacts) -> Blocks:
    words = (
        f"{MACHINE_READABLE} What others told us of you, what we worked out, and what went to others is not in it: ask to know "
        "for that."
    )
    return (paragraph(words),)


MACHINE_READABLE: Final = (
    "What you gave us yourself is in files that other programs can read: JSON, with a schema that says what is where, and a "
    "table (CSV)."
)


def _not_searched(facts: LetterFacts) -> Blocks:
    words = (
        "We did not search the following: it cannot be searched by a person, is kept for legal or compliance reasons alone, "
        "and is neither sold nor used commercially."
    )
    return (Heading("What we did not search"), paragraph(words), *bullets(_answer(facts).not_searched))


def _described(facts: LetterFacts) -> Blocks:
    words = "We hold the following of you, and never show it to anybody, so that nobody can steal it by asking in your name:"
    return (Heading("What we hold and do not show"), paragraph(words), *bullets(_answer(facts).described))


def _of_answered(facts: LetterFacts, name: str) -> tuple[str, ...]:
    found: tuple[str, ...] = getattr(facts.answered, name) if facts.answered else ()
    return found


CATEGORIES = Part("categories collected", rules.KNOW, _categories, lambda f: ("1. ", *_names(f, "data")))
SOURCES = Part("sources", rules.KNOW, _sources, lambda f: ("2. ", *_names(f, "sources")))
PURPOSES = Part("purposes", rules.KNOW, _purposes, lambda f: ("3. ", *_names(f, "purposes")))
THIRD_PARTIES = Part("third parties", rules.KNOW, _third_parties, lambda f: ("4. ", *_of_answered(f, "third_parties")))
SOLD = Part("sold or shared, by category", rules.KNOW_DISCLOSED, _sold, lambda f: ("5. ", *_names(f, "sold_or_shared_to")))
DISCLOSED = Part("disclosed, by category", rules.KNOW_DISCLOSED, _disclosed, lambda f: ("6. ", *_names(f, "disclosed_to")))
FILES = Part(
    "the files, and until when",
    rules.SECURE_TRANSMISSION,
    _files,
    lambda f: (*f.answered.files, day(f.answered.until)) if f.answered else (),
    lambda f: f.answered is None or bool(f.answered.files),
)
TAKEN_ALONG = Part("what is in it, and in which form", rules.TAKE_ALONG, _taken_along, lambda _: (MACHINE_READABLE,))
NOT_SEARCHED = Part(
    "what was not searched",
    rules.NOT_SEARCHED,
    _not_searched,
    lambda f: _of_answered(f, "not_searched"),
    lambda f: bool(_of_answered(f, "not_searched")),
)
DESCRIBED = Part(
    "what is held and not shown",
    rules.NEVER_DISCLOSED,
    _described,
    lambda f: _of_answered(f, "described"),
    lambda f: bool(_of_answered(f, "described")),
)


# -- to correct, to confirm a number ------------------------------------------------------------------------------------


def _fields(facts: LetterFacts) -> Blocks:
    said = [_field(one) for one in known(facts.fields, "what became of each field")]
    return (Heading("What you said is wrong"), *bullets(said))


def _field(one: FieldLine) -> str:
    return f"{one.called}: {one.did}{f', because {one.why}' if one.why else ''} [{one.rule}]"


def _sources_told(facts: LetterFacts) -> Blocks:
    return bullets(
        f"{one.called}: It came to us {one.source}{', and we told them' if one.is_told else '; ask them to correct it as well'}."
        for one in facts.fields
        if one.source
    )


def _document(facts: LetterFacts) -> Blocks:
    about = listed(tuple(one.called for one in known(facts.fields, "what a document is needed for")))
    why = known(facts.reason.strip(), "why it is needed")
    wanted = f"To decide about {about}, of your request of {day(facts.received_on)}, we need a document: {why}"
    use = f"{FOR_THIS_ALONE} If you have none, you need not do anything: we decide by everything else that we know."
    here = paragraph("You can send it here, where nobody else can see it:")
    return (paragraph(wanted), here, To("Send it", facts.page), paragraph(use))


FOR_THIS_ALONE: Final = "We use it for this request and for nothing else, and destroy it as soon as the request is decided."


def _statement(facts: LetterFacts) -> Blocks:
    about = listed(tuple(one.called for one in facts.fields if one.may_state))
    words = (
        f"You may give us a statement on {about}, of at most {facts.law.statement_words} words for each, on the page of this "
        "request. We keep it with what it is about, show it to whoever reads that, and send it to those who got it from us if "
        "you ask us to."
    )
    return (Heading("A statement of yours"), paragraph(words))


def _stays(_facts: LetterFacts) -> Blocks:
    words = (
        f"{STAYS} if it comes to us again as it was before, we keep it as you told us. What lies "
        "sealed in backups, is as it was; where a backup is put back, it is corrected again."
    )
    return (paragraph(words),)


STAYS: Final = "What was corrected stays corrected:"


def _shown(_facts: LetterFacts) -> Blocks:
    words = "On the page of this request you can see what we hold now in the fields that were corrected."
    return (paragraph(f"{words} {NOT_COUNTED}"),)


NOT_COUNTED: Final = "That counts as no request to know."


def _once_more(_facts: LetterFacts) -> Blocks:
    return (paragraph(f"{NOT_HELD_AGAINST} You can ask again at any time, with anything that shows that we are wrong."),)


NOT_HELD_AGAINST: Final = "We are not allowed to hold it against you that you asked."


def _compared(facts: LetterFacts) -> Blocks:
    said = [f"{name}: {RIGHT if is_right else WRONG}" for name, is_right in known(facts.identifiers, "what was compared")]
    return (Heading("What we compared"), *bullets(said), paragraph("What we hold is never shown, so that nobody can steal it."))


RIGHT: Final = "what you typed is what we hold"
WRONG: Final = "what you typed is not what we hold, or we hold none"

DOCUMENT_NEEDED = Part(
    "what a document is needed for, and that it serves nothing else",
    rules.CORRECT_DOCUMENTS,
    _document,
    lambda f: (f.reason.strip(), f.page, FOR_THIS_ALONE, *(one.called for one in f.fields)),
)
CORRECTED_FIELDS = Part(
    "what became of each field, by which rule and why",
    rules.CORRECT_DENIED,
    _fields,
    lambda f: tuple(text for one in f.fields for text in (one.called, one.did, one.rule, *([one.why] if one.why else []))),
)
NOT_OUR_SOURCE = Part(
    "whose it was",
    rules.CORRECT_SOURCE,
    _sources_told,
    lambda f: tuple(one.source for one in f.fields if one.source),
    lambda f: any(one.source for one in f.fields),
)
STATEMENT = Part(
    "the statement about health",
    rules.CORRECT_DENIED,
    _statement,
    lambda f: (f"{f.law.statement_words} words",),
    lambda f: any(one.may_state for one in f.fields),
)
STAYS_CORRECTED = Part(
    "that it stays corrected", rules.CORRECT, _stays, lambda _: (STAYS,), lambda f: f.outcome is not Outcome.DENIED
)
SHOWN_CORRECTED = Part(
    "that what was corrected is shown",
    rules.CORRECT_SHOWN,
    _shown,
    lambda _: (NOT_COUNTED,),
    lambda f: f.outcome is not Outcome.DENIED,
)
ONCE_MORE = Part("that nobody holds it against them", rules.NO_RETALIATION, _once_more, lambda _: (NOT_HELD_AGAINST,))
COMPARED = Part("whether it is right", rules.NEVER_DISCLOSED, _compared, lambda f: tuple(name for name, _ in f.identifiers))


# -- applied at once, automated decisions, appeals ----------------------------------------------------------------------


def _applied(facts: LetterFacts) -> Blocks:
    on = day(known(facts.applied_on, "since when it holds"))
    return (paragraph(f"It holds here since {on}:"), *bullets(known(facts.applied, "what was stopped")))


def _ends(facts: LetterFacts) -> Blocks:
    if not facts.ends and not facts.stays:
        return (paragraph(NOTHING_ENDS),)
    found: tuple[Block, ...] = ()
    if facts.ends:
        on = day(known(facts.ends_on, "when it is erased"))
        words = (
            f"This was kept for it alone, and ends with it. We erase it on {on}, unless you tell us before that it was not you:"
        )
        found = (paragraph(words), *bullets(f"{one.point}: {_records(one.records)}" for one in facts.ends))
    if facts.stays:
        words = f"This stays until its own period is over, and is not used for it any more ({rules.RETENTION}):"
        stays = (f"{one.point}: {_records(one.records)}, until {day(one.until)}" for one in facts.stays)
        found = (*found, paragraph(words), *bullets(stays))
    return found


def _records(count: int) -> str:
    return f"{count} record{'' if count == 1 else 's'}"


NOTHING_ENDS: Final = "Nothing that you sent us was kept for it alone."


def _ends_says(facts: LetterFacts) -> tuple[str, ...]:
    return tuple(one.point for one in (*facts.ends, *facts.stays)) or (NOTHING_ENDS,)


def _told(_facts: LetterFacts) -> Blocks:
    return (paragraph(f"{TOLD} We did not need to know who you are for it."),)


TOLD: Final = "Companies that had data of yours from us for it have been told to stop as well."


def _change(facts: LetterFacts) -> Blocks:
    return (paragraph("You can change it yourself at any time:"), To("My privacy choices", _choices(facts)))


def _choices(facts: LetterFacts) -> str:
    return f"{facts.sender.origin}{CHOICES_PATH}"


def _if_it_was_you(facts: LetterFacts) -> Blocks:
    words = "If it was you, write to us and name the reference: a person looks at it again. You can also choose yourself:"
    return (paragraph(words), To("My privacy choices", _choices(facts)))


def _not_asked(facts: LetterFacts) -> Blocks:
    return (
        paragraph(f"We do not ask you to change your mind before {day(known(facts.not_asked_before, 'the end of that time'))}."),
    )


def _fraud(facts: LetterFacts) -> Blocks:
    words = "We did not do it: we believe in good faith, and wrote down why, that it did not come from who it says. The reason:"
    return (paragraph(f"{words} {known(facts.reason.strip(), 'the reason')}"),)


def _lacks(facts: LetterFacts) -> Blocks:
    return (paragraph(f"We cannot carry it out as it is. What is missing: {known(facts.reason.strip(), 'what is missing')}"),)


def _mend(facts: LetterFacts) -> Blocks:
    call = f", or call {facts.sender.phone}" if facts.sender.phone else ""
    how = f"To mend it, answer this message, or write to {facts.sender.email}{call}, and name the reference {facts.reference}."
    return (paragraph(f"{how} {STILL_COUNTS} {day(facts.received_on)}, the day on which it came."),)


STILL_COUNTS: Final = "You need not ask again: your request counts from"


def _decided(facts: LetterFacts) -> Blocks:
    about = known(facts.decides, "what was decided about")
    words = {
        "granted": "We were wrong, and do what you asked.",
        "partial": "We were wrong in part, and do that part of what you asked.",
    }
    who = (
        "We have looked at it once more, a day later,"
        if facts.is_by_same
        else "A person who did not decide before has looked at it again,"
    )
    said = words.get(facts.outcome.value, f"{who} and our answer stays as it is.")
    return (paragraph(f"{said} It is about our answer to your request {about}."), *_why(facts))


def _why(facts: LetterFacts) -> tuple[Block, ...]:
    return (paragraph(f"The reasons: {known(facts.reason.strip(), 'the reasons')}"),)


def _by_people(facts: LetterFacts) -> Blocks:
    said = "It is done as you asked." if facts.outcome is Outcome.GRANTED else "It is not done as you asked."
    return (paragraph(said), *_why(facts))


def _logic(facts: LetterFacts) -> Blocks:
    return (Heading("How the program goes, as we told before"), *bullets(facts.logic))


def _same(_facts: LetterFacts) -> Blocks:
    return (paragraph(SAME),)


SAME: Final = "We treat you the same whether or not you opt out."


APPLIED = Part("what was stopped, and since when", rules.OPT_OUT_CONFIRMED, _applied, lambda f: f.applied)
ENDS = Part("what is erased with the consent, and what stays by which rule", rules.CONSENT_WITHDRAWN, _ends, _ends_says)
TOLD_TO_STOP = Part("that others were told", rules.OPT_OUT_PASSED_ON, _told, lambda _: (TOLD,))
CHANGE = Part("how to change it", rules.OPT_OUT_CONFIRMED, _change, lambda f: (_choices(f),))
IF_IT_WAS_YOU = Part("what to do if it was you", rules.FRAUDULENT_OPT_OUT, _if_it_was_you, lambda f: (_choices(f),))
NOT_ASKED = Part(
    "until when nobody asks again",
    rules.NOT_ASKED_AGAIN,
    _not_asked,
    lambda f: (day(f.not_asked_before),) if f.not_asked_before else (),
    lambda f: f.not_asked_before is not None,
)
LACKS = Part("what is missing", rules.DEFECTIVE, _lacks, lambda f: (f.reason.strip(),))
MEND = Part("how to mend it", rules.DEFECTIVE, _mend, lambda f: (f.reference, f.sender.email, STILL_COUNTS))
FRAUD = Part("the documented belief", rules.FRAUDULENT_OPT_OUT, _fraud, lambda f: (f.reason.strip(),))
DECIDED = Part("the decision and its reasons", rules.REASONS_TOLD, _decided, lambda f: (f.decides, f.reason.strip()))
BY_PEOPLE = Part("the decision and its reasons", rules.AUTOMATED_ACCESS, _by_people, lambda f: (f.reason.strip(),))
LOGIC = Part("logic, outcome and use", rules.AUTOMATED_ACCESS, _logic, lambda f: f.logic, lambda f: bool(f.logic))
SAME_TREATMENT = Part("that nobody is treated worse", rules.NO_RETALIATION, _same, lambda _: (SAME,))
