"""Check the subjects that prose speaks of: each has rules of its own, so each must be declared.

A paragraph about children, breaches or lawful demands, a technology, recipients, a change of the policy: whoever reads
it relies on it. The patterns look at one sentence at a time and know the usual ways in which policies say these things.
Each subject that nothing declares is reported once, at its first mention.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from avow.definitions import Technology
from avow.policy import build
from avow.policy.diagnostics import Diagnostic, diagnostic
from avow.policy.grammar import REQUIRED_TABLES
from avow.policy.law import LawTable
from avow.policy.parse import Document, Prose
from avow.policy.prose import sentences
from avow.policy.read import Entries, Entry, did_you_mean
from avow.policy.vocabulary import RIGHTS, UNVERIFIED_RIGHTS


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
        _words(r"\b(?:notif\w+|tell|inform)\b[^.]{0,80}\b(?:breach(?:es)?|incidents?)\b|\b(?:data|security) breach(?:es)?\b"),
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
        _words(r"\bsubpoenas?\b|\b(?:court orders?|search warrants?|law enforcement|legal process|court or an authority)\b"),
        "legal_process",
        'add [legal_process] with reviewed_by = "..." and tells_people = true or false',
    ),
    Subject(
        "a change of ownership",
        _words(
            r"\bmergers?\b|\bacquisition\b|\bbankruptcy\b|\bchange (?:of|in) (?:control|ownership)\b"
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
        ),
        "external_link",
        "add [external_link.name] with label, address and notice for each, or say that there are none",
    ),
    Subject(
        "data sets without persons",
        _words(r"\b(?:anonymi[sz]ed|aggregated?|de-?identified) (?:\w+ ){0,2}?(?:data|information|statistics|data ?sets?)\b"),
        "dataset",
        "add [dataset.name] with method, least_people, collections and never_reidentified = true",
    ),
    Subject(
        "job applications",
        _words(
            r"\bapply for (?:a|our|this) (?:job|position|vacancy)\b|\b(?:job|employment) applica(?:nts?|tions?)\b"
            r"|\br[eé]sum[eé]s?\b"
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
)

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
        _words(r"\bsession (?:replays?|recordings?)\b|\brecord(?:s|ing)? (?:of )?(?:your )?sessions?\b"),
        frozenset({Technology.SESSION_RECORDING}),
    ),
    "server logs": (_words(r"\b(?:web )?server logs?\b|\blog files?\b"), frozenset({Technology.SERVER_LOG})),
}
_DENIED: Final = _words(r"(?:\b(?:no|not|never|without|nor|neither|none)\b|n['’]t\b)[^.;,]{0,40}$")  # noqa: RUF001 - typeset apostrophe

_DISCLOSES: Final = _words(
    r"\b(?:shar(?:e|es|ed|ing)|disclos\w+|provid(?:e|es|ed|ing)|pass(?:es|ed)?(?: on)?|giv(?:e|es|en)|transfer\w*)\b[^.;]{0,80}?"
    r"\b(?:to|with)\b[^.;]{0,40}?\b(service providers?|vendors?|contractors?|(?:business )?partners?|affiliates?|third parties)\b"
)
_PROVIDERS: Final = frozenset({"service provider", "vendor", "contractor"})
_CHANGES: Final = _words(
    r"\b(?:may|might|can|will|reserve the right to)\b[^.;]{0,40}?\b(?:update|change|modify|revise|amend)\b[^.;]{0,30}?"
    r"\b(?:policy|notice|statement)\b"
)
_UNTOLD: Final = _words(r"\bat any time\b|\bwithout (?:prior |further )?notice\b|\bcontinued use\b|\bfrom time to time\b")
_OLD_EXCEPTIONS: Final = _words(r"\bnine exceptions\b|\binternally,? in a lawful manner\b[^.]{0,80}\bcompatible\b")
_OPTS_OUT: Final = _words(r"\bopt(?:ing|s)?[ -]out\b|\blimit the use\b")
_IDENTIFIES: Final = _words(r"\bverif(?:y|ies|ied|ication)\b|\bprove (?:who|your identity)\b|\bproof of identity\b")
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
    """Find subjects, technologies, recipients and changes that prose speaks of and nothing declares."""
    if whole:
        yield from _undeclared(document, entries)
        yield from _technologies(document, entries)
    for prose in document.prose:
        for start, sentence in sentences(prose):
            if whole:
                yield from _recipients(entries, prose, start, sentence)
            yield from _changing(document, entries, prose, start, sentence)
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
    if subject.table == "collection":
        return any(build.people(point) == "applicants" for point in entries.of("collection"))
    return bool(entries.declared(subject.table))


def _first(document: Document, search: Callable[[str], re.Match[str] | None]) -> tuple[Prose, int, int] | None:
    """Return the first place in a paragraph that a search finds and no word before it denies."""
    for prose in document.prose:
        if prose.kind != "paragraph":
            continue
        for start, sentence in sentences(prose):
            found = search(sentence)
            if found and not _DENIED.search(sentence[: found.start()]):
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
        if wrong and found and _DENIED.search(sentence[: found.start()]) and "other" not in sentence[: found.start()]:
            message = f'this denies {called}, but "{wrong[0].name}" uses them'
            mend = "correct the prose, or remove the collection point"
            yield diagnostic("AV0509", prose.span(start + found.start(), start + found.end()), message, mend)


def _recipients(entries: Entries, prose: Prose, start: int, sentence: str) -> Iterator[Diagnostic]:
    """Report a disclosure to recipients that nobody can name. Rule: Cal. Civ. Code § 1798.130(a)(5)(B)-(C)."""
    found = _DISCLOSES.search(sentence)
    if found is None or _DENIED.search(sentence[: found.start()]) or re.search(r"\b(?:not|never)\b", found[0], re.IGNORECASE):
        return
    word = found[1].lower().rstrip("s")
    roles = {"service-provider", "contractor"} if word in _PROVIDERS else {"third-party"}
    declared = {build.recipient(entry).effective_role for entry in entries.of("recipient")}
    if roles & declared or not entries.is_whole("recipient"):
        return
    message = f"nobody can tell who these {found[1]} are: none is declared"
    mend = "declare each with [recipient.name], and show them with {{ recipients }}"
    yield diagnostic("AV0511", prose.span(start + found.start(1), start + found.end(1)), message, mend)


def _changing(document: Document, entries: Entries, prose: Prose, start: int, sentence: str) -> Iterator[Diagnostic]:
    """Report a change that nobody is told of. Rule: Bus. & Prof. Code § 22575(b)(3)."""
    found = _CHANGES.search(sentence)
    if found is None or _DENIED.search(sentence[: found.start()]):
        return
    declared = any(
        document.within(entry.block.section, prose.section) or document.within(prose.section, entry.block.section)
        for entry in entries.of("changes")
    )
    shown = any(item.name == "changes" and document.within(item.section, prose.section) for item in document.placeholders)
    untold = _UNTOLD.search(sentence)
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
    if found and not _DENIED.search(sentence[: found.start()]):
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
