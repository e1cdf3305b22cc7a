"""What is known of a consumer request, as its letters say it: from its history, its documents, the policy and its law.

Nothing of a person is among it but what their letters tell: no name, no address, no value of theirs.
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import replace
from datetime import date
from typing import Any, Final

from avow.definitions import RequestKind, local_date
from avow.gate import instructions
from avow.gate.choices import opted_out_by
from avow.gate.sites import Site
from avow.policy import LawTable, Rulebook
from avow.policy.law import rules
from avow.policy.rulebook.page_duties import CHOICES_PATH
from avow.policy.rulebook.selling import sold_purposes
from avow.rights import confirming, due, matching, plan, withheld
from avow.rights.cases import Case, Contact
from avow.rights.correcting import telling as correcting
from avow.rights.degrees import CATEGORIES
from avow.rights.execution import kept_of, lines_of, outcomes_of
from avow.rights.kept import ANSWER, DATA, PACKED, PAGE, TABLE, Cases
from avow.rights.letters import (
    Answered,
    CategoryLine,
    Denied,
    Done,
    FieldLine,
    Ground,
    KeptLine,
    LetterFacts,
    Outcome,
    Sender,
    Undecided,
)
from avow.rights.plan import DISCLOSED, Line, Withheld
from avow.rights.states import Step
from avow.rights.verification import Link
from avow.rights.voice import Voice

#: What is said where an agent showed no permission, by the reason of the denial. Rule: 11 CCR 7063(a).
NOT_PERMITTED: Final = {
    "no-permission": "Who asked for you as an agent did not show us that you permitted it, so we may not act on the request."
}
#: The documents of a request to know, as its letter names them.
_FILES: Final = {
    PACKED: "everything in one file, with the files that you sent and recordings",
    PAGE: "a page to read",
    DATA: "the same, for machines",
    TABLE: "the same, as a table",
}


def sender(site: Site, rulebook: Rulebook) -> Sender:
    """Return in whose name a letter goes. Rule: 11 CCR 7003 (plain words), 15 U.S.C. 7704(a)(5) (a postal address)."""
    company = rulebook.controller
    return Sender(site.called(company.name), company.name, company.address, company.email, company.phone, site.origin)


def of(case: Case, outcome: Outcome, voice: Voice) -> LetterFacts:
    """Return what every letter about a request says of it. Rule: 11 CCR 7021."""
    law = voice.rulebook.law_table
    whose = sender(voice.site, voice.rulebook)
    return LetterFacts(case.kind, outcome, case.reference, case.received_on, whose, law, appeal=voice.link(Link.APPEAL, case))


def of_answer(case: Case, outcome: Outcome, voice: Voice, cases: Cases) -> LetterFacts:
    """Return what an answer says: what was done where, what recipients answered, what is held, whether the sale is to stop.

    Rule: 11 CCR 7022(b)(2), (3), (e) to (g) (deletion); 7024(k) (know).
    """
    proved, timezone = case.entry(Step.PROVED), voice.rulebook.law_table.timezone
    done_on = local_date(proved.at_ms if proved else case.received_ms, timezone)
    facts = replace(
        of(case, outcome, voice),
        done_on=done_on,
        done=done(case, cases, timezone),
        scope=scope(case, voice.rulebook),
        narrowed_to=narrowed(case, voice.rulebook),
    )
    if case.kind in DISCLOSED:
        facts = replace(facts, answered=answered(case, cases, done_on, voice.rulebook.law_table))
    if case.kind is RequestKind.CONFIRM_IDENTIFIER:
        found = confirming.compared(case).items()
        return replace(facts, identifiers=tuple((confirming.called(name, voice.rulebook), is_right) for name, is_right in found))
    if case.kind is RequestKind.CORRECT:
        return replace(facts, fields=fields(case, voice, cases))
    rulebook, told = voice.rulebook, case.entry(Step.REST_TOLD)
    facts = replace(
        facts,
        opt_out=opt_out(case, voice, cases),
        kept=kept(case, rulebook, cases),
        denied=denied(case, rulebook, cases),
        undecided=parts(case, withheld.pending(case), rulebook),
    )
    if told is None:
        return facts
    not_withheld = parts(case, withheld.fallen(case), rulebook)
    return replace(facts, told_on=local_date(told.at_ms, timezone), not_withheld=not_withheld)


def scope(case: Case, rulebook: Rulebook) -> tuple[str, ...]:
    """Return the collection points that a request is about, as the policy calls them; none for all. Rule: 11 CCR 7022(h)."""
    named = case.contact.points if case.contact else ()
    return tuple(rulebook.points[name].label if name in rulebook.points else name for name in named)


def how_verified(rulebook: Rulebook) -> tuple[str, ...]:
    """Return how a request is verified, in sentences: by the link or the code, and by what the policy lets be asked.

    Rule: 11 CCR 7021(a) (how it is verified, in general), 7060(c) (ask for nothing new), 7062.
    """
    asked = [one.label for one in matching.questions(rulebook)]
    link = "opening this link and pressing the button, or typing the code, shows us that the address is yours."
    if not asked:
        return (link, "We ask for nothing else.")
    named = f"There we also ask what you once told us ({', '.join(asked)}), and you can sign a declaration."
    return (
        link,
        named,
        "Nobody has to answer; the surer we are that it is you, the more we may show, correct or erase.",
        "We compare what you write, and do not keep it.",
    )


def how_verified_of(contact: Contact, rulebook: Rulebook) -> tuple[str, ...]:
    """Return how the request of a person, or of their agent, is verified; with a power of attorney nothing is asked for.

    The link that an agent's person gets both proves their address and confirms the permission.
    Rule: 11 CCR 7021(a), 7063(a), (b).
    """
    if contact.answer_to:
        return ("a member of staff looks at the power of attorney.", "We ask for nothing else.")
    if not contact.agent:
        return how_verified(rulebook)
    return (
        f"{contact.agent} asked this for you, and says to be your authorized agent.",
        f"Opening this link and pressing the button shows us that the address is yours, and that {contact.agent} may ask.",
        *how_verified(rulebook)[1:],
    )


def not_permitted(case: Case) -> str:
    """Return why a request of an agent is not carried out, or not any further, with what was done; "" for other denials.

    Rule: 11 CCR 7063(a); Cal. Civ. Code § 1798.145(h)(2) (the reasons are told).
    """
    denied = case.entry(Step.DENIED)
    said = denied.detail if denied else {}
    if said.get("reason") != "permission-ended":
        return NOT_PERMITTED.get(str(said.get("reason", "")), "")
    parts = ["The permission by which somebody asked for you as an agent does not hold any more, so we stopped."]
    parts.append(f"Done before: {'; '.join(said['done'])}." if said["done"] else "Nothing had been done.")
    parts += [f"Not done: {'; '.join(said['left'])}."] if said["left"] else []
    parts += [f"Told before, and they answer for themselves: {'; '.join(said['told'])}."] if said["told"] else []
    return " ".join(parts)


def narrowed(case: Case, rulebook: Rulebook) -> str:
    """Return what the answer was narrowed to, and what it does not reach by the policy's names; "" for an answer in full.

    Rule: 11 CCR 7024(a), (b), 7062(d).
    """
    found = case.entry(Step.NARROWED)
    if found is None:
        return ""
    points, rule = rulebook.points, found.detail["rule"]
    if found.detail["to"] == CATEGORIES:
        return f"an answer by categories, without the specific pieces [{rule}]"
    beyond = dict.fromkeys(points[one].label if one in points else "what we collected earlier" for one in found.detail["beyond"])
    done = "erase" if case.kind is RequestKind.DELETE else "show"
    return f"we {done} what you proved to be yours, and leave this as it is: {', '.join(beyond)} [{rule}]"


def programs(rulebook: Rulebook) -> tuple[str, ...]:
    """Return how each program that decides about people goes, as the policy tells it. Rule: 11 CCR 7222 (logic, outcome, use)."""
    return tuple(
        f"{one.label}: it goes by {one.logic}. It puts out {one.output}. If you opt out, {one.instead}."
        for one in rulebook.automated_decisions.values()
    )


def outcome(case: Case, cases: Cases) -> Outcome:
    """Return what the answer to a request that was carried out is: granted, in part, or, of a correction, denied.

    Rule: 11 CCR 7022(f), 7023(f), 7102(a).
    """
    if case.kind is RequestKind.CORRECT:
        return Outcome(correcting.outcome(case, cases))
    if _withheld(case, withheld.pending(case)):
        return Outcome.REST
    if case.entry(Step.NARROWED) is not None:
        return Outcome.NARROWED
    return Outcome.PARTIAL if kept_of(case) or _withheld(case, withheld.agreed(case)) else Outcome.GRANTED


def _withheld(case: Case, some: Iterable[Withheld]) -> list[tuple[Withheld, list[Line]]]:
    """Return those parts of which something was held, each with the lines of the plan that say what."""
    found = [(one, [line for line in lines_of(case) if line.duty == one.name]) for one in some]
    return [(one, lines) for one, lines in found if lines]


def _called(line: Line, rulebook: Rulebook) -> str:
    """Return what of records a line is about, as the policy calls it: of which point and day, and which fields."""
    first, last = line.first_on, line.last_on
    on = f" of {_day(first)}" + (f" to {_day(last)}" if last and last != first else "") if first else ""
    named = [rulebook.data[name].label if name in rulebook.data else name for name in line.fields]
    return f"{line.label}{on}: {', '.join(named)}" if named else line.label


def _day(value: date) -> str:
    return f"{value.day} {value:%B %Y}"


def parts(case: Case, some: Iterable[Withheld], rulebook: Rulebook) -> tuple[Undecided, ...]:
    """Return parts as a letter names them: what is still decided, or what is done after all. Rule: 11 CCR 7022(f)(2), 7024(e)."""
    return tuple(
        Undecided(Ground(one.code), tuple(_called(line, rulebook) for line in lines)) for one, lines in _withheld(case, some)
    )


def denied(case: Case, rulebook: Rulebook, cases: Cases) -> tuple[Denied, ...]:
    """Return what of an answer is withheld for good, and why; of a deletion it is what is kept. Rule: 11 CCR 7024(e), (h)."""
    if case.kind not in plan.DISCLOSED:
        return ()
    found = _withheld(case, withheld.agreed(case))
    return tuple(
        Denied(Ground(one.code), tuple(_called(line, rulebook) for line in lines), withheld.reason(case, one, cases))
        for one, lines in found
    )


def kept(case: Case, rulebook: Rulebook, cases: Cases) -> tuple[KeptLine, ...]:
    """Return what rules keep, as its person reads it, but for what is still decided.

    Rule: 11 CCR 7022(f) (the detailed basis, and no other use).
    """
    waiting = {one.name for one in withheld.pending(case)}
    why = {one.name: withheld.reason(case, one, cases) for one in withheld.agreed(case)}
    exceptions = {one.code: one.source for law in rulebook.law.values() for one in law.exceptions}
    return tuple(
        KeptLine(
            code=line.code,
            rule=rules.both(*dict.fromkeys((line.rule, exceptions.get(line.code, line.rule)))),
            point=line.label,
            fields=tuple(rulebook.data[name].label if name in rulebook.data else name for name in line.fields),
            until=line.until,
            reason=f"{line.reason[:1].upper()}{line.reason[1:]}: {why[line.duty]}" if line.duty in why else line.reason,
            purpose=rulebook.purposes[line.purpose].label if line.purpose in rulebook.purposes else line.purpose,
            records=line.records,
        )
        for line in kept_of(case)
        if line.duty not in waiting
    )


def fields(case: Case, voice: Voice, cases: Cases) -> tuple[FieldLine, ...]:
    """Return what became of each contested field. Rule: 11 CCR 7023(f), (i)."""
    return tuple(
        FieldLine(one.called, one.did, one.rule, one.why, one.source, is_told=one.is_told, may_state=one.may_state)
        for one in correcting.lines(case, cases, voice.rulebook)
    )


def opt_out(case: Case, voice: Voice, cases: Cases) -> str:
    """Return the page where a sale or sharing is stopped; "" where nothing is sold or shared, or this person stopped all of it.

    Rule: 11 CCR 7022(g).
    """
    sold = sold_purposes(voice.rulebook)
    people = case.contact.identifiers() if case.contact else ()
    return f"{voice.site.origin}{CHOICES_PATH}" if sold - opted_out_by(cases.store, people) else ""


def done(case: Case, cases: Cases, timezone: str) -> tuple[Done, ...]:
    """Return what became of each place, and of what each recipient was told: what it answered and why, or that it has not."""
    outcomes = outcomes_of(case)
    told = {one.id: one for one in cases.instructions(case.request_id)} if any("instruction" in one for one in outcomes) else {}
    with cases.store.control.reading() as tx:
        reminded = instructions.reminders_left(tx, case.request_id) if told else {}
    found = []
    for one in outcomes:
        line = Done(one["target"], one["did"], one["records"], one["rule"])
        if "instruction" in one:
            instruction = told.get(str(one["instruction"]))
            on = local_date(instruction.told_ms, timezone) if instruction and instruction.told_ms is not None else None
            said = cases.said(instruction) if instruction and one["answer"] else ""
            more = _silent(on, reminded.get(instruction.id, 0) if instruction else 0) if not one["answer"] else ""
            line = replace(line, more=more + (f". It says: {said}" if said else ""), is_recipient=True)
        found.append(line)
    return tuple(found)


def _silent(told_on: date | None, reminders: int) -> str:
    """Return what is said of a recipient that has not answered."""
    told = f"we told it to on {told_on.day} {told_on:%B %Y}" if told_on else "we have tried to reach it"
    often = "once" if reminders == 1 else f"{reminders} times"
    return f", although {told}{f', and reminded it {often}' if reminders else ''}"


def answered(case: Case, cases: Cases, done_on: date, law: LawTable) -> Answered | None:
    """Return the answer to a request to know, as it was put together; None once it is gone. Rule: 11 CCR 7024(c), (d), (k)."""
    data = cases.document(case.request_id, ANSWER)
    said = json.loads(data) if data is not None else _of_earlier(case, cases)
    if said is None:
        return None
    lines = _lines(said)
    parties = sorted({name for one in lines for name in (*one.sold_or_shared_to, *one.disclosed_to)})
    files = tuple(label for name, label in _FILES.items() if cases.document_size(case.request_id, name) is not None)
    return Answered(
        lines,
        tuple(parties),
        files,
        done_on + due.forget_after(law),
        not_searched=tuple(said["not_searched"]),
        described=tuple(said["described"]),
    )


def _of_earlier(case: Case, cases: Cases) -> dict[str, Any] | None:  # Any: JSON
    """Return the same of an answer that an earlier version put together, whose letter was not written before the upgrade."""
    data = cases.document(case.request_id, DATA)
    earlier = json.loads(data)["categories"] if data is not None else None
    if earlier is None:
        return None
    lists = {"sold_or_shared": "sold_or_shared_to", "disclosed": "disclosed_to"}
    went = {name: [{**one, "recipients": one[key]} for one in earlier if one[key]] for name, key in lists.items()}
    return {"categories": earlier, **went, "described": [], "not_searched": []}


def _lines(said: dict[str, Any]) -> tuple[CategoryLine, ...]:  # Any: JSON
    """Return the six parts by category: also of one of which nothing is held any more, and something went."""
    terms: dict[str, str] = {}
    by_letter: dict[str, dict[str, tuple[str, ...]]] = {}
    for one in said["categories"]:
        terms[one["category"]] = one["term"]
        by_letter[one["category"]] = {name: tuple(one[name]) for name in ("data", "sources", "purposes")}
    for name in ("sold_or_shared", "disclosed"):
        for one in said[name]:
            terms[one["category"]] = one["term"]
            by_letter.setdefault(one["category"], {})[name] = tuple(one["recipients"])
    parts = ("data", "sources", "purposes", "sold_or_shared", "disclosed")
    return tuple(
        CategoryLine(terms[letter], *(found.get(name, ()) for name in parts)) for letter, found in sorted(by_letter.items())
    )
