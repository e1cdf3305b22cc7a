"""Check the words of the prose against the declarations: what visitors read must be what the machine does.

The patterns look at one sentence at a time. They know the usual ways in which policies say these things; a paragraph that
nothing carries out is found in `promises` whatever its words.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Final

from avow.policy.findings.diagnostics import Diagnostic, diagnostic
from avow.policy.language.parse import Document, Prose
from avow.policy.language.read import Entries, Entry
from avow.policy.language.vocabulary import SIGNALS


def _words(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


_SENTENCE: Final = re.compile(r"(?:[^.!?;:]|[.!?;:](?!\s|$))+[.!?;:]?")

_ERASES: Final = r"(?:delet\w+|eras\w+|remov\w+|purg\w+|discard\w*|destroy\w*)"
_KEEPS: Final = r"(?:keep|keeps|kept|retain\w*|retention|stor(?:e|es|ed|ing)|hold|holds|held|maintain\w*|remains?)"
_ERASING: Final = _words(rf"\b{_ERASES}\b")
KEEPING: Final = _words(rf"\b(?:{_KEEPS}|{_ERASES})\b")
_NEEDED: Final = r"(?:necessary|needed|required|useful|relevant)"
#: How often something is erased, which says nothing of how long it was kept.
_OFTEN: Final = _words(
    r"\b(?:periodically|regularly|routinely|from time to time|on a (?:regular|routine|periodic) basis"
    r"|at (?:regular|reasonable|appropriate) intervals)\b"
)
#: Words for a period that no day ends, whatever else the sentence says.
_INDEFINITE: Final = _words(
    r"\bfor a (?:reasonable|limited|certain|short) (?:period|time|amount of time)\b"
    r"|\b(?:a few|several|some|a couple of|a number of) (?:days|weeks|months|years)\b"
    rf"|\bthe (?:period|time|length of time) (?:\w+ )?{_NEEDED}\b"
    rf"|\b(?:for )?as long as (?:\w+ ){{0,3}}?(?:{_NEEDED}|need|require|appropriate|permitted|allow(?:s|ed)?|lawful|deem"
    r"|have (?:a|any) reason)\b"
    rf"|\bno longer than (?:\w+ ){{0,2}}?{_NEEDED}\b"
    rf"|\b(?:when|once|until|if) (?:\w+ ){{0,2}}?(?:is|are) no longer {_NEEDED}\b"
    r"|\b(?:when|once|until|if) we no longer (?:need|require|use)\b"
    r"|\bcriteria (?:\w+ ){0,3}?to determine (?:\w+ ){0,3}?periods?\b"
    r"|\buntil (?:\w+ ){0,2}?(?:purged|overwritten)\b"
    r"|\bindefinitely\b|\bfor ?ever\b|\bin perpetuity\b"
)
#: Words that end a period by an event: fair beside a limit in days or months, and no period alone (decision 0021).
_EVENT: Final = _words(
    r"\b(?:for )?as long as (?:\w+ ){0,5}?(?:accounts?|subscriptions?|memberships?|customers?|subscribers?|members?|users?)\b"
    r"|\buntil (?:you|we|they|the (?:\w+ ){0,2}?(?:position|job|vacancy)) (?:\w+ ){0,3}?"
    r"(?:ask|tell|request|unsubscribe|close|delete|cancel|withdraw|revoke|object|opt out|fill|filled)\b"
    rf"|\b(?:keep|retain|store|hold|maintain) (?:\w+ ){{0,6}}?as (?:\w+ )?{_NEEDED} (?:to|for|by)\b"
    r"|\bcontinue to (?:keep|retain|store|hold)\b"
    r"|\bmay (?:keep|retain|store|hold) (?:\w+ ){0,6}?after\b"
)
_EVENTUALLY_ENDS: Final = _words(r"\b(?:day|week|month|year)s?\b")
_OPEN_PURPOSE: Final = _words(
    r"\b(?:(?:any |for )?other (?:\w+ ){0,2}?purposes?|(?:any|all) (?:(?:lawful|legitimate|legal|business) ){0,2}purposes?"
    r"|(?:lawful|legitimate) (?:business )?purposes|various purposes|(?:a )?variety of purposes"
    r"|purposes? (?:such as|like|compatible with)|purposes?,? including,? (?:but|without)"
    r"|purposes? (?:that (?:are|is) )?(?:disclosed|described|explained) (?:at|when|upon)\b[^.]{0,40}collect\w*"
    r"|as (?:otherwise )?(?:described|disclosed|explained) to you (?:at|when|upon)\b|among (?:other|others)(?: things)?\b)"
)
#: A purpose that people are told of, or asked about, first is not left open.
_FIRST: Final = _words(r"\b(?:before|unless)\b")
_NEGATED: Final = _words(r"(?:\b(?:no|not|never|nothing|without|nor)\b|n['’]t\b)[^.;]{0,25}$")  # noqa: RUF001 - policies are typeset with this apostrophe

#: How prose calls each signal, in the singular and the plural.
SIGNAL_NAMES: Final = {
    "gpc": _words(r"\bglobal privacy controls?\b|\bGPCs?\b"),
    "dnt": _words(r"\bdo[ -]not[ -]track\b|\bDNT\b"),
}
_ANSWERS: Final = r"(?:respond|honou?r|react|obey|support|process|respect|follow|act|answer|recogni[sz]e)\w*"
_ANSWERED: Final = _words(rf"\b{_ANSWERS}\b|\btreat\w*\b")
_IGNORED: Final = _words(
    rf"(?:\b(?:not|never|cannot|unable to)\b|n['’]t\b)(?: \w+){{0,2}}? {_ANSWERS}\b"  # noqa: RUF001 - as above
    rf"|\b(?:ignor|disregard)\w+|\b{_ANSWERS} to neither\b"
)

_TWICE: Final = _words(r"\b(?:twice|(?:two|2)(?: \((?:2|two)\))? (?:times|requests)|more than (?:two|2))\b")
_YEAR: Final = _words(r"\b(?:12|twelve)(?: \((?:12|twelve)\))?[ -]months?\b|\b(?:a|per|each|one|any|calendar) year\b")
_OTHER_THAN_KNOW: Final = _words(
    r"\b(?:delet\w+|eras\w+|correct\w*|opt(?:ing)?[ -]out|these (?:rights|requests)|your rights"
    r"|(?:any|all|each)(?: of these)? (?:rights?|requests?))\b"
)
_UNLIMITED: Final = _words(r"\bas often as\b|\bno limit\b|\bwithout limit\b|\bany number\b|\bat any time\b|\bnever limited\b")

_EMAIL: Final = re.compile(r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(?:\.[A-Za-z0-9-]+)+")
_PHONE: Final = re.compile(
    r"(?<!\d)(?:\+?1[ .-]?)?\(?\d{3}\)?[ .-]\d{3}[ .-]\d{4}(?!\d)|\+\d{1,3}(?:[ .()/-]{0,2}\d){7,12}(?!\d)"
)
_PHONE_DIGITS: Final = 10

_ASK: Final = r"\b(?:right|ask|request)\b[^.!?;]{0,60}?"
_MAY: Final = r"\b(?:right|may|can|ask|request)\b[^.!?;]{0,60}?"
_RIGHTS: Final = {
    "correct": _words(_ASK + r"\b(?:correct(?:ed|ion|ing)?|rectif\w+)\b"),
    "opt-out": _words(_MAY + r"\bopt(?:ing)?[ -]out of (?:the |any )?(?:sale|sharing|selling|targeted advertising)\b"),
    "limit": _words(_ASK + r"\blimit\w*\b(?![^.!?;]{0,40}\bprocessing\b)[^.!?;]{0,40}?\b(?:use|sensitive)\b"),
    "portability": _words(_ASK + r"\bportab\w+"),
    "restrict": _words(
        _ASK + r"\b(?:restrict\w*\b[^.!?;]{0,40}?\b(?:use|used|processing)|limit\w*\b[^.!?;]{0,40}?\bprocessing)\b"
    ),
    "object": _words(r"\bright to object\b|" + _MAY + r"\bobject to\b|^\W*object to\b"),
    "withdraw-consent": _words(_MAY + r"\b(?:withdraw|revoke)\w* (?:\w+ ){0,2}?consent\b"),
    "automated-decision": _words(_MAY + r"\bautomated (?:decision|processing|means)|" + _MAY + r"\bautomated[- ]decision"),
    "appeal": _words(r"\b(?:right to|may|can) appeal\b"),
}
_SHIELD: Final = _words(r"\bprivacy shield\b")
#: Rule: Cal. Civ. Code § 1798.140(h): accepting general terms, or hovering over, muting or closing content, is no consent.
_BY_USE: Final = _words(
    r"\bby (?:\w+ ){0,2}?(?:using|visiting|accessing|browsing|entering|continuing)\b[^.!?;]{0,140}?"
    r"\byou (?:\w+ )?(?:consent|agree|accept)\b"
    r"|\b(?:your|any) (?:\w+ )?use of\b[^.!?;]{0,60}?\b(?:constitutes|means|signifies|indicates|is)\b"
    r"[^.!?;]{0,40}?\b(?:consent|agreement|acceptance)\b"
)


def check_prose(document: Document, entries: Entries) -> Iterator[Diagnostic]:
    """Find what the prose says otherwise than the declarations, sentence by sentence.

    Rule: Bus. & Prof. Code § 22576, and the rule of each check.
    """
    signals = {entry.name: bool(entry.values["stops"]) for entry in entries.of("signal")}
    contacts = [*entries.of("controller"), *entries.of("contact")]
    offered = _offered(entries)
    yield from _shield(document)
    for prose in document.prose:
        yield from _contacts(prose, contacts, whole=entries.is_whole("contact"))
        for start, sentence in sentences(prose):
            yield from _keeping(prose, start, sentence)
            yield from _purposes(prose, start, sentence)
            yield from _signals(prose, start, sentence, signals)
            yield from _twice(prose, start, sentence)
            yield from _consent(prose, start, sentence)
            if not prose.statement:
                yield from _rights(prose, start, sentence, offered)


def sentences(prose: Prose) -> tuple[tuple[int, str], ...]:
    """Return each sentence with where it starts in the words."""
    return _sentences(prose.words)


@lru_cache(maxsize=1024)
def _sentences(words: str) -> tuple[tuple[int, str], ...]:
    """Return the same for a text: each rule and each law asks for those of every paragraph."""
    found = ((one.start() + len(one[0]) - len(one[0].lstrip()), one[0].strip()) for one in _SENTENCE.finditer(words))
    return tuple((start, sentence) for start, sentence in found if sentence)


def _keeping(prose: Prose, start: int, sentence: str) -> Iterator[Diagnostic]:
    """Report a retention that no day ends. Rule: Cal. Civ. Code § 1798.100(a)(3)."""
    if not KEEPING.search(sentence):
        return
    found = _INDEFINITE.search(sentence)
    if found and _NEGATED.search(sentence[: found.start()]) and not re.search(r"\bno longer\b", sentence[: found.end()]):
        found = None
    if found is None and _ERASING.search(sentence):
        found = _OFTEN.search(sentence)
    if found is None and not _EVENTUALLY_ENDS.search(sentence):
        found = _EVENT.search(sentence)
    if found:
        message = f'"{found[0]}" is not a period: nobody can tell on which day the record must be gone'
        mend = "say the number of days or months, and declare it as the retention of the collection point"
        yield diagnostic("AV0304", prose.span(start + found.start(), start + found.end()), message, mend)


def _purposes(prose: Prose, start: int, sentence: str) -> Iterator[Diagnostic]:
    """Report a list of purposes that is left open. Rule: Cal. Civ. Code § 1798.100(a)(1); 11 CCR 7002(f)."""
    for found in _OPEN_PURPOSE.finditer(sentence):
        before = sentence[: found.start()]
        if not _NEGATED.search(before) and not _FIRST.search(before):
            message = f'"{found[0]}" leaves open what the data is used for'
            mend = "name each purpose, and declare it with [purpose.name]"
            yield diagnostic("AV0507", prose.span(start + found.start(), start + found.end()), message, mend)


def _signals(prose: Prose, start: int, sentence: str, signals: dict[str, bool]) -> Iterator[Diagnostic]:
    """Compare the answer to a signal with its declaration. Rule: Bus. & Prof. Code § 22575(b)(5); 11 CCR 7025."""
    bare = SIGNAL_NAMES["dnt"].sub(lambda found: "-" * len(found[0]), sentence)
    ignored = _IGNORED.search(bare)
    answered = None if ignored else _ANSWERED.search(bare)
    for name, pattern in SIGNAL_NAMES.items():
        if name not in signals or not pattern.search(sentence):
            continue
        if ignored and signals[name]:
            message = f"this says that {SIGNALS[name]} is not honored, but [signal.{name}] stops purposes"
            mend = f"say what {SIGNALS[name]} stops, or empty the list of [signal.{name}]"
            yield diagnostic("AV0503", prose.span(start + ignored.start(), start + ignored.end()), message, mend)
        if answered and not signals[name]:
            message = f"this says that {SIGNALS[name]} has an effect, but [signal.{name}] stops nothing"
            mend = f"name the purposes that it stops in [signal.{name}], or say that it has no effect"
            yield diagnostic("AV0503", prose.span(start + answered.start(), start + answered.end()), message, mend)


def _twice(prose: Prose, start: int, sentence: str) -> Iterator[Diagnostic]:
    """Report the limit of two applied to more than requests to know. Rule: Cal. Civ. Code § 1798.130(b)."""
    twice = _TWICE.search(sentence)
    if twice and _YEAR.search(sentence) and _OTHER_THAN_KNOW.search(sentence) and not _UNLIMITED.search(sentence):
        message = "only requests to know are limited to two in 12 months; this limits others as well"
        mend = 'limit only "to know", and say nothing of a limit for deletion or correction'
        yield diagnostic("AV0504", prose.span(start + twice.start(), start + twice.end()), message, mend)


def _contacts(prose: Prose, contacts: list[Entry], *, whole: bool) -> Iterator[Diagnostic]:
    """Compare addresses and numbers with the declared ones. Rule: Bus. & Prof. Code § 22576."""
    if not whole or not any(entry.kind == "controller" for entry in contacts):
        return  # what has a mistake may declare just this address
    emails = {entry.values["email"].lower() for entry in contacts if "email" in entry.values}
    known = ", ".join(sorted(emails))
    phones = {_digits(entry.values["phone"]): entry.values["phone"] for entry in contacts if "phone" in entry.values}
    mend = "correct the prose or [controller], or declare it with [contact.name]"
    for found in _EMAIL.finditer(prose.words):
        if found[0].lower() not in emails:
            emails.add(found[0].lower())  # a link's words and its address are one mistake
            message = f'"{found[0]}" is not a declared address; declared: {known}'
            yield diagnostic("AV0505", prose.span(found.start(), found.end()), message, mend)
    for found in _PHONE.finditer(prose.words):
        if _digits(found[0]) not in phones:
            message = f'"{found[0]}" is not a declared telephone number; declared: {", ".join(phones.values()) or "none"}'
            yield diagnostic("AV0505", prose.span(found.start(), found.end()), message, mend)


def _digits(phone: str) -> str:
    return "".join(letter for letter in phone if letter.isdigit())[-_PHONE_DIGITS:]


def _offered(entries: Entries) -> set[str]:
    """Return the rights that are declared; a purpose that needs a yes has a switch that takes it back."""
    withdrawn = any(purpose.values.get("choice") == "consent" for purpose in entries.of("purpose"))
    return set(entries.declared("right")) | ({"withdraw-consent"} if withdrawn else set())


def _rights(prose: Prose, start: int, sentence: str, offered: set[str]) -> Iterator[Diagnostic]:
    """Report a right that is promised and not declared, at its first mention. Rule: Cal. Civ. Code § 1798.130(a)(5)(A)."""
    for name, pattern in _RIGHTS.items():
        found = pattern.search(sentence)
        if found and name not in offered:
            offered.add(name)
            message = f'this offers the right "{name}", which is not declared'
            mend = f"declare it with [right.{name}], with by_people = true if your staff carry it out, or remove it"
            yield diagnostic("AV0506", prose.span(start + found.start(), start + found.end()), message, mend)


def _consent(prose: Prose, start: int, sentence: str) -> Iterator[Diagnostic]:
    """Report a use of the site that is taken for a yes. Rule: Cal. Civ. Code § 1798.140(h); GDPR Art. 4(11), 7."""
    found = _BY_USE.search(sentence)
    if found and not re.search(r"\b(?:not|never|no)\b|n['’]t\b", found[0], re.IGNORECASE):  # noqa: RUF001 - as above
        message = "using a website is no consent: this gives no permission"
        mend = 'remove it; what needs a yes is a purpose with choice = "consent", asked for by its own switch'
        yield diagnostic("AV0518", prose.span(start + found.start(), start + found.end()), message, mend)


def _shield(document: Document) -> Iterator[Diagnostic]:
    """Report a transfer that rests on the Privacy Shield, at its first mention. Rule: GDPR Art. 45; CJEU C-311/18."""
    for prose in document.prose:
        found = _SHIELD.search(prose.words)
        if found and not _NEGATED.search(prose.words[: found.start()]):
            message = "the Privacy Shield has protected no transfer since 16 July 2020, when the Court of Justice annulled it"
            mend = 'name what the transfer rests on now: safeguards of the recipient, as "data-privacy-framework"'
            yield diagnostic("AV0410", prose.span(found.start(), found.end()), message, mend)
            return
