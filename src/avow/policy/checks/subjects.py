"""Check the subjects that prose speaks of: each has rules of its own, so each must be declared.

A paragraph about children, breaches or lawful demands, a technology, recipients, a change of the policy: anyone who reads
it relies on it. The patterns look at one sentence at a time and know the usual ways in which policies say these things.
Each subject that nothing declares is reported once, at its first mention.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from itertools import islice
from typing import Final

from avow.definitions import Technology
from avow.policy.checks.prose import sentences
from avow.policy.checks.requirements import jurisdictions
from avow.policy.findings.diagnostics import Diagnostic, diagnostic
from avow.policy.language.grammar import REQUIRED_TABLES
from avow.policy.language.parse import Document, Prose
from avow.policy.language.read import Entries, Entry, did_you_mean
from avow.policy.language.vocabulary import RIGHTS, UNVERIFIED_RIGHTS
from avow.policy.law import LawTable
from avow.policy.rulebook import build


def _words(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Subject:
    """Something with rules of its own: what it is called, how prose speaks of it, and the table that declares it."""

    called: str
    pattern: re.Pattern[str]
    table: str
    example: str


_SUBJECTS: Final = (
    Subject(
        "breaches",
        _words(
            r"\b(?:notif\w+|tell|inform)\b[^.]{0,80}\b(?:breach(?:es)?|incidents?)\b|\b(?:data|security) breach(?:es)?\b"
            r"|\b(?:event|case) of (?:a|any) breach\b|\bunauthori[sz]ed access\b[^.]{0,80}\b(?:notif\w+|tell|inform)\b"
        ),
        "incidents",
        'add [incidents] with tells = ["people", "authority"] and contact; the days come from the law tables',
    ),
    Subject(
        "children",
        _words(
            r"\b(?:child(?:ren)?|minors?|anyone|individuals|persons|people) (?:who (?:are|is) )?(?:under|below|younger than)\b"
        ),
        "children",
        'add [children] with under = 13, directed = false, on_knowledge = "delete" and contact',
    ),
    Subject(
        "lawful demands",
        _words(
            r"\bsubpoenas?\b|\b(?:court orders?|search warrants?|law enforcement|legal process|court or an authority)\b"
            r"|\b(?:legal|lawful|government\w*) (?:requests?|demands?)\b|\bgovernment (?:agenc|authorit)\w+|\bpublic authorit\w+"
        ),
        "legal_process",
        'add [legal_process] with reviewed_by = "..." and tells_people = true or false',
    ),
    Subject(
        "a change of ownership",
        _words(
            r"\bmergers?\b|\bmerged? (?:into|with)\b|\bacquisition\b|\bacquired by\b|\bbankruptcy\b"
            r"|\bchange (?:of|in) (?:control|ownership)\b"
            r"|\b(?:buys?|bought|sells?|sale of) (?:\w+ ){0,2}(?:business|company|assets)\b"
            r"|\b(?:business|company) (?:is|were|was|should be) (?:sold|bought|taken over)\b"
        ),
        "business_transfer",
        'add [business_transfer] with told_by = ["banner"] and days_before = 30',
    ),
    Subject(
        "authorized agents",
        _words(r"\bauthori[sz]ed agents?\b|\bagents? (?:acting )?on your behalf\b"),
        "agents",
        'add [agents] with asks = ["signed-permission"] and methods = ["email"]',
    ),
    Subject(
        "links to other sites",
        _words(
            r"\blinks? to (?:the )?(?:\w+ ){0,2}?(?:other|third[- ]party|external)(?: (?:parties|companies))?\W? (?:web)?sites?\b"
            r"|\blinks? to (?:\w+ ){0,2}?(?:web)?sites (?:that )?(?:we do not\b|of other|(?:run|owned|operated) by other)"
        ),
        "external_link",
        "add [external_link.name] with label, address and notice for each, or say that there are none",
    ),
    Subject(
        "data sets without persons",
        _words(
            r"\b(?:anonym(?:ous|i[sz]ed)|aggregated?|de-?identified) (?:\w+ ){0,2}?(?:data|information|statistics|data ?sets?)\b"
            r"|\b(?:data|information) (?:that )?(?:\w+ ){0,2}?been (?:\w+ )?(?:anonymi[sz]ed|aggregated|de-?identified)\b"
        ),
        "dataset",
        "add [dataset.name] with method, least_people, collections and never_reidentified = true",
    ),
    Subject(
        "financial incentives",
        _words(
            r"\bfinancial incentives?\b|\b(?:loyalty|rewards?|bonus|points?) (?:programme?|program|club|scheme)s?\b"
            r"|\b(?:discounts?|coupons?|vouchers?|gift cards?|cash ?back|reward points)\b[^.;]{0,60}?"
            r"\b(?:if|when|for|in (?:exchange|return) for)\b[^.;]{0,40}?"
            r"\b(?:sign(?:ing)? up|subscrib\w+|join\w*|giv\w+ us|e-?mail address|(?:your|personal) (?:data|information))\b"
        ),
        "incentive",
        "add [incentive.name] with offers, terms, value, method, calculation, related and the purposes that wait for a yes",
    ),
    Subject(
        "job applications",
        _words(
            r"\bapply for (?:a|our|this|one of our) (?:\w+ )?(?:jobs?|positions?|vacanc(?:y|ies))\b"
            r"|\b(?:job|employment) applica(?:nts?|tions?)\b|\br[eé]sum[eé]s?\b|\bcandidates?\b"
        ),
        "collection",
        'add a collection point with people = "applicants": applicants are told of their own notice and retention',
    ),
    Subject(
        "verification",
        _words(r"\bverify (?:your|the) identity\b|\bverif\w+ (?:that it is|who) you\b"),
        "right",
        "add [right.know], [right.delete] ... each with verification and level",
    ),
    Subject(
        "backups",
        _words(
            r"\b(?:keep|kept|remain|stor|delet|eras|purg|retain)\w*\b(?! no\b)[^.;]{0,60}?\bback-?ups?\b"
            r"|\bback-?ups?\b[^.;]{0,60}?\b(?:keep|kept|remain|delet|eras|purg|retain)\w*"
        ),
        "backups",
        "add [backups] with days, after which the last copy of what was erased is gone",
    ),
    Subject(
        "information from others",
        _words(
            r"\b(?:get|receiv|obtain|collect|acquir)\w*\b[^.;]{0,60}?\bfrom (?:\w+ ){0,3}?"
            r"(?:(?:other|outside|external|third[- ]party|public) (?:sources?|companies|services|parties|records)"
            r"|third parties)\b"
        ),
        "source",
        "add [source.name] with label and kind for each, and a collection point that names it",
    ),
    Subject(
        "a sale of personal information",
        _words(
            r"\bwe (?:\w+ )?(?:sell|rent|trade) (?:your|(?:\w+ )?personal)\b[^.;]{0,40}?"
            r"\b(?:information|data|details|addresse?s?|names?|lists?)\b"
        ),
        "recipient",
        'add [recipient.name] for who gets it, role = "third-party" and disclosure = "sale", with [right.opt-out]',
    ),
    Subject(
        "advertising by interests",
        _words(
            r"\b(?:show|deliver|serve|display|place|target|facilitate)\w*\b[^.;]{0,60}?"
            r"\b(?:target(?:ed|ing)|personali[sz]ed|customi[sz]ed|interest[- ]based|relevant|tailored)"
            r" (?:ads?|advert\w+|ad campaigns)\b"
            r"|\bad(?:vertising)? networks?\b|\b(?:retarget|remarket)\w*"
        ),
        "recipient",
        'add [recipient.name] for who shows it, role = "third-party" and disclosure = "sharing", with [right.opt-out]',
    ),
)


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of information with rules of its own: how prose speaks of it, and the codes that a data item of it has."""

    called: str
    pattern: re.Pattern[str]
    codes: frozenset[str]


#: Rule: Cal. Civ. Code § 1798.140(v)(1), (ae).
_KINDS: Final = (
    Kind("precise location", _words(r"\bprecise (?:geo-?)?location\w*\b|\bGPS\b"), frozenset({"S3"})),
    Kind("biometric information", _words(r"\bbiometric\w*|\b(?:finger|voice|face)prints?\b"), frozenset({"E", "S7"})),
    Kind(
        "government numbers",
        _words(r"\bsocial security numbers?\b|\bpassport numbers?\b|\bdriver['’]?s licen[cs]e numbers?\b"),  # noqa: RUF001
        frozenset({"S1"}),
    ),
    Kind("information about health", _words(r"\b(?:health|medical) (?:information|data|records)\b"), frozenset({"S8"})),
    Kind(
        "protected characteristics",
        _words(r"\bprotected (?:characteristics|classifications)\b|\b(?:race|ethnicity|religion|sexual orientation)\b"),
        frozenset({"C", "S4", "S9"}),
    ),
)
_TAKES: Final = _words(r"\b(?:collect|record|store|receive|obtain|ask for|request|take)\w*\b")
#: Who lives under a law, or its name -> the code of its table; the names of the states come from the tables themselves.
_UNION: Final = r"\bGDPR\b|\bGeneral Data Protection Regulation\b"

#: What prose calls a technology -> the technologies that it may stand for; a cookie also comes with cookie_days.
_TECHNOLOGIES: Final[Mapping[str, tuple[re.Pattern[str], frozenset[Technology]]]] = {
    "cookies": (_words(r"\bcookies?\b"), frozenset({Technology.COOKIE})),
    "local storage": (_words(r"\blocal storage\b"), frozenset({Technology.LOCAL_STORAGE})),
    "web beacons": (_words(r"\bweb beacons?\b"), frozenset({Technology.WEB_BEACON, Technology.CLEAR_GIF})),
    "pixels": (
        _words(r"\b(?:tracking |conversion )?pixels?\b"),
        frozenset({Technology.PIXEL, Technology.WEB_BEACON, Technology.CLEAR_GIF}),
    ),
    "clear GIFs": (_words(r"\bclear gifs?\b"), frozenset({Technology.CLEAR_GIF, Technology.WEB_BEACON})),
    "session recording": (
        _words(
            r"\bsession (?:replays?|recordings?)\b|\brecord(?:s|ing)? (?:of )?(?:your )?sessions?\b"
            r"|\brecord(?:ing)? your visits?\b|\b(?:record|track|captur)\w* (?:\w+ ){0,3}?(?:mouse|keystrokes|scrolling)\b"
        ),
        frozenset({Technology.SESSION_RECORDING}),
    ),
    "server logs": (_words(r"\b(?:web )?server logs?\b|\blog files?\b"), frozenset({Technology.SERVER_LOG})),
}
DENIED: Final = _words(r"(?:\b(?:no|not|never|without|nor|neither|none|nothing|nobody)\b|n['’]t\b)[^.;,]{0,40}$")  # noqa: RUF001 - typeset apostrophe

_POLICY: Final = r"\b(?:policy|notice|statement)\b"
_CHANGES: Final = _words(
    r"\b(may|might|can|will|reserve the right to)\b[^.;]{0,40}?\b(?:update|change|modify|revise|amend)\b[^.;]{0,30}?"
    rf"{_POLICY}|{_POLICY} (?:may|might|can) (?:be )?(?:updated|changed?|modified|revised|amended)\b"
    rf"|\bchanges (?:to|of|in) (?:\w+ ){{0,3}}?{_POLICY}|\bafter (?:a|any|such) changes?\b"
)
_UNTOLD: Final = _words(
    r"\bat any time\b|\bwithout (?:prior |further )?notice\b|\b(?:continu\w+|further|later) (?:to )?use\b"
    r"|\bwhen (?:they are |it is )?posted\b|\bupon posting\b|\bcheck\b[^.;]{0,60}\bfor (?:any )?changes\b"
)
_OLD_EXCEPTIONS: Final = _words(
    r"\bnine exceptions\b|\binternally,? in a lawful manner\b[^.]{0,80}\bcompatible\b|\bother internal and lawful uses\b"
)
_OPTS_OUT: Final = _words(r"\bopt(?:ing|s)?[ -]out\b|\blimit the use\b")
_IDENTIFIES: Final = _words(
    r"\bverif(?:y|ies|ied|ication)\b|\bprove (?:who|your identity)\b|\bproof of identity\b|\bgovernment(?:-issued)? ID\b"
)
_AGE: Final = _words(
    r"\b(?:under|below|younger than) (?:the age of )?(\d{1,2}|thirteen|fourteen|sixteen|eighteen)\b(?! (?:days|months))"
)
_AGES: Final = {"thirteen": 13, "fourteen": 14, "sixteen": 16, "eighteen": 18}
#: Rule: Cal. Civ. Code § 1798.120(c): sale of the information of people under 16 needs their own yes.
_SALE_AGE: Final = 16
_TYPED_CHART: Final = _words(
    r"\bcharacteristics of (?:\w+ )?protected classifications\b|\belectronic network activity\b"
    r"|\baudio, electronic, visual\b|\bprofessional or employment[- ]related information\b"
)


def check_subjects(document: Document, entries: Entries, law: Mapping[str, LawTable], *, whole: bool) -> Iterator[Diagnostic]:
    """Find subjects, technologies, recipients and changes that prose speaks of and nothing declares.

    Rule: Bus. & Prof. Code § 22576, and the rule of each check.
    """
    if whole:
        yield from _undeclared(document, entries)
        yield from _technologies(document, entries)
        yield from _kinds(document, entries)
        yield from _laws(document, entries, law)
    for prose in document.prose:
        changes = (_changing(document, entries, prose, start, sentence) for start, sentence in sentences(prose))
        yield from islice((found for each in changes for found in each), 1)  # one paragraph, one mistake
        for start, sentence in sentences(prose):
            yield from _old_exceptions(prose, start, sentence)
            yield from _verified_opt_out(prose, start, sentence)
            yield from _age(entries, prose, start, sentence)
        yield from _typed_chart(document, prose)
    for right in entries.of("right"):
        yield from _right(right, law)


def _undeclared(document: Document, entries: Entries) -> Iterator[Diagnostic]:
    """Report each subject that nothing declares, at its first mention. Rule: Bus. & Prof. Code § 22576."""
    for subject in _SUBJECTS:
        if subject.table in REQUIRED_TABLES or _is_declared(entries, subject):  # required ones are reported where they lack
            continue
        found = _first(document, subject.pattern.search)
        if found:
            prose, begin, end = found
            message = f"this speaks of {subject.called}, which the law has rules for, and nothing declares them"
            yield diagnostic("AV0508", prose.span(begin, end), message, subject.example)


def _is_declared(entries: Entries, subject: Subject) -> bool:
    if subject.table in {"collection", "recipient"} and not entries.is_whole(subject.table):
        return True  # it may be the one that has a mistake, which is reported
    if subject.table == "collection":
        return any(build.people(point) == "applicants" for point in entries.of("collection"))
    if subject.table == "recipient":
        return any(one.effective_role == "third-party" for one in build.recipients(entries).values())
    return bool(entries.declared(subject.table))


def _kinds(document: Document, entries: Entries) -> Iterator[Diagnostic]:
    """Compare the kinds of information that prose takes, or denies to take, with the data items. Rule: § 1798.100(a)(1)-(2)."""
    if not (entries.is_whole("data") and entries.is_whole("collection")):
        return
    for kind in _KINDS:
        items = [item for item in entries.of("data") if kind.codes & _codes_of(item)]
        for prose in document.prose:
            found = next(_taken(kind, prose), None)
            if found is None or bool(items) != found[2]:
                continue
            begin, end, denied = found
            if denied:
                message, code = f'this denies {kind.called}, but "{items[0].name}" is declared', "AV0509"
                mend = "correct the prose, or remove the data item"
            else:
                message, code = f"this speaks of {kind.called}, which the law has rules for, and no data item is of it", "AV0508"
                mend = f"declare [data.name] with its category or sensitive = {max(kind.codes)!r}, or remove it"
            yield diagnostic(code, prose.span(begin, end), message, mend.replace("'", '"'))
            break


def _codes_of(item: Entry) -> set[str]:
    return {item.values["category"], *item.values.get("also", ()), item.values.get("sensitive", "")}


def _taken(kind: Kind, prose: Prose) -> Iterator[tuple[int, int, bool]]:
    """Yield where a sentence takes, or denies to take, information of a kind."""
    if prose.kind != "paragraph":
        return
    for start, sentence in sentences(prose):
        found = kind.pattern.search(sentence)
        takes = found and _TAKES.search(sentence[: found.start()])
        if found and takes:
            denied = any(DENIED.search(sentence[:end]) for end in (takes.start(), found.start()))
            yield start + found.start(), start + found.end(), denied


def _laws(document: Document, entries: Entries, law: Mapping[str, LawTable]) -> Iterator[Diagnostic]:
    """Report a law that the prose grants rights by and the policy does not name. Rule: Bus. & Prof. Code § 22576."""
    if not entries.of("policy"):
        return
    named = {code: rf"\b{table.name} residents\b|\bresidents of {table.name}\b" for code, table in law.items()}
    for code, pattern in (named | {"EU-GDPR": _UNION}).items():
        found = _first(document, _words(pattern).search) if code not in jurisdictions(entries) else None
        if found:
            prose, begin, end = found
            message = f"this speaks of a law that the policy does not name: {code}"
            mend = f'add "{code}" to jurisdictions in [policy], or remove it'
            yield diagnostic("AV0508", prose.span(begin, end), message, mend)


def _first(document: Document, search: Callable[[str], re.Match[str] | None]) -> tuple[Prose, int, int] | None:
    """Return the first place in a paragraph that a search finds and no word before it denies."""
    for prose in document.prose:
        if prose.kind != "paragraph":
            continue
        for start, sentence in sentences(prose):
            found = search(sentence)
            if found and not DENIED.search(sentence[: found.start()]):
                return prose, start + found.start(), start + found.end()
    return None


def _technologies(document: Document, entries: Entries) -> Iterator[Diagnostic]:
    """Compare the technologies that prose names, or denies, with the declared ones. Rule: § 1798.100(a)(1); § 22576."""
    if not entries.is_whole("collection"):
        return
    points = entries.of("collection")
    for called, (pattern, technologies) in _TECHNOLOGIES.items():
        declared = any(_uses(point, technologies) for point in points)
        if not declared:
            found = _first(document, pattern.search)
            if found:
                prose, begin, end = found
                message = f"this names {called}, and no collection point is declared for them"
                mend = "declare [collection.name] with this technology, or say that you do not use it"
                yield diagnostic("AV0510", prose.span(begin, end), message, mend)
            continue
        for prose in document.prose:
            yield from _denial(document, prose, called, pattern, [p for p in points if _uses(p, technologies)], points)


def _uses(point: Entry, technologies: frozenset[Technology]) -> bool:
    by_cookie = Technology.COOKIE in technologies and "cookie_days" in point.values
    return by_cookie or point.values["technology"] in technologies


def _denial(
    document: Document, prose: Prose, called: str, pattern: re.Pattern[str], using: list[Entry], points: list[Entry]
) -> Iterator[Diagnostic]:
    """Report a denial that the section's own points, or without any the policy's, make false."""
    here = [point for point in points if document.within(point.block.section, prose.section)]
    wrong = [point for point in using if not here or point in here]
    for start, sentence in sentences(prose):
        found = pattern.search(sentence)
        if wrong and found and DENIED.search(sentence[: found.start()]) and "other" not in sentence[: found.start()]:
            message = f'this denies {called}, but "{wrong[0].name}" uses them'
            mend = "correct the prose, or remove the collection point"
            yield diagnostic("AV0509", prose.span(start + found.start(), start + found.end()), message, mend)


def _changing(document: Document, entries: Entries, prose: Prose, start: int, sentence: str) -> Iterator[Diagnostic]:
    """Report a change that nobody is told of. Rule: Bus. & Prof. Code § 22575(b)(3)."""
    found = _CHANGES.search(sentence)
    if found is None or DENIED.search(sentence[: found.start()]):
        return
    declared = any(
        document.within(entry.block.section, prose.section) or document.within(prose.section, entry.block.section)
        for entry in entries.of("changes")
    )
    shown = any(item.name == "changes" and document.within(item.section, prose.section) for item in document.placeholders)
    untold = _UNTOLD.search(sentence)
    if not untold and found[1] and found[1].lower() == "will" and entries.of("changes"):
        return  # what will follow a change of practice is told as every change is
    if untold or not (declared or shown):
        message = "this changes the policy, and does not say which changes count and how people are told before"
        mend = "say by which way and how many days before, and put [changes] or {{ changes }} into this section"
        yield diagnostic("AV0512", prose.span(start + found.start(), start + found.end()), message, mend)


def _old_exceptions(prose: Prose, start: int, sentence: str) -> Iterator[Diagnostic]:
    """Report the list of exceptions from before 2023. Rule: Cal. Civ. Code § 1798.105(d)(1)-(8)."""
    found = _OLD_EXCEPTIONS.search(sentence)
    if found:
        message = "this is an exception of the law before 2023; since then there are eight, and none is about lawful internal use"
        mend = "name the exceptions you use by their codes: exceptions in [right.delete], D1 to D8"
        yield diagnostic("AV0513", prose.span(start + found.start(), start + found.end()), message, mend)


def _verified_opt_out(prose: Prose, start: int, sentence: str) -> Iterator[Diagnostic]:
    """Report an opt-out that asks who somebody is. Rule: 11 CCR 7060(b)."""
    found = _IDENTIFIES.search(sentence) if _OPTS_OUT.search(sentence) else None
    if found and not DENIED.search(sentence[: found.start()]):
        message = "nobody may be asked who they are to opt out or to limit"
        mend = "say that no verification is needed for these"
        yield diagnostic("AV0514", prose.span(start + found.start(), start + found.end()), message, mend)


def _age(entries: Entries, prose: Prose, start: int, sentence: str) -> Iterator[Diagnostic]:
    """Compare an age with the declaration. Rule: 16 CFR 312.2; Cal. Civ. Code § 1798.120(c)."""
    children = entries.of("children")
    for found in _AGE.finditer(sentence):
        age = int(found[1]) if found[1].isdigit() else _AGES[found[1].lower()]
        if children and age not in {children[0].values["under"], _SALE_AGE}:
            message = f"this speaks of people under {age}, but [children] declares under = {children[0].values['under']}"
            mend = "change the prose or the declaration, whichever is wrong"
            yield diagnostic("AV0516", prose.span(start + found.start(1), start + found.end(1)), message, mend)


def _typed_chart(document: Document, prose: Prose) -> Iterator[Diagnostic]:
    """Report a list of statutory categories that nothing computes. Rule: Cal. Civ. Code § 1798.130(a)(5)(B)-(C)."""
    found = _TYPED_CHART.search(prose.words)
    if found and DENIED.search(prose.words[: found.start()]):
        return
    if found and not any(item.name == "chart" and item.section == prose.section for item in document.placeholders):
        message = "this chart is typed by hand: nothing holds it to what is really collected and disclosed"
        yield diagnostic("AV0517", prose.span(found.start(), found.end()), message, "put {{ chart }} in its place")


def _right(right: Entry, law: Mapping[str, LawTable]) -> Iterator[Diagnostic]:
    """Check how sure a request must be, and its limits. Rule: 11 CCR 7060; Cal. Civ. Code § 1798.105(d), § 1798.130(b)."""
    level, name = right.values["level"], right.name
    if name in UNVERIFIED_RIGHTS and level != "none":
        message = f'the right "{RIGHTS[name]}" must not depend on who asks'
        yield diagnostic("AV0514", right.at("level"), message, 'write level = "none"')
    if name not in {*UNVERIFIED_RIGHTS, "appeal"} and level == "none":
        message = f'anybody could ask "{name}" for somebody else'
        mend = 'write level = "reasonable", "reasonably-high" or "by-sensitivity"'
        yield diagnostic("AV0515", right.at("level"), message, mend)
    if right.values.get("autopilot", False) and (name in UNVERIFIED_RIGHTS or right.values.get("by_people", False)):
        why = "people carry it out" if right.values.get("by_people", False) else "nobody ever looks at it first"
        message = f'autopilot says nothing of the right "{RIGHTS[name]}": {why}'
        yield diagnostic("AV0522", right.at("autopilot"), message, "remove autopilot")
    known = _exceptions(law)
    for place, code in enumerate(right.values.get("exceptions", ())):
        if code not in known:
            message = f'the law has no exception "{code}" from deletion'
            yield diagnostic("AV0513", right.at("exceptions", place), message, did_you_mean(code, known))
    limit = right.values.get("per_12_months")
    if limit is not None and (name != "know" or limit < 2):  # noqa: PLR2004 - "twice in a 12-month period"
        message = "only requests to know are limited, and to no less than two in 12 months"
        yield diagnostic("AV0616", right.at("per_12_months"), message, "remove the limit, or write per_12_months = 2 for know")


def _exceptions(law: Mapping[str, LawTable]) -> tuple[str, ...]:
    """Return the codes of the exceptions from deletion that the law tables have."""
    return tuple(dict.fromkeys(exception.code for table in law.values() for exception in table.exceptions))
