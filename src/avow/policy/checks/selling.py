"""Check what prose says of selling and sharing against who receives data: both are facts that the declarations decide.

Prose may deny both, or deny one and admit the other: "We do not sell; we share, and you can opt out" is true where a third
party gets data for advertising across contexts, and nobody gets it for value. Sentences are looked at one paragraph at a time.
Rule: Cal. Civ. Code § 1798.130(a)(5)(C), § 1798.140(ad), (ah); 11 CCR 7050, 7051(c), 7053.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from avow.policy.checks.prose import sentences
from avow.policy.findings.diagnostics import Diagnostic, diagnostic
from avow.policy.language.parse import Document, Prose
from avow.policy.language.read import Entries
from avow.policy.rulebook import build
from avow.policy.rulebook.declarations import Recipient


def _words(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


#: Where a denial ends and what is done instead begins: "we do not sell, but we share".
_TURN: Final = r"\b(?:but|however|whereas|although)\b|\b(?:and|yet|while|though) we\b"
_DENY: Final = rf"(?:\b(?:not|never|neither|nor|no|without)\b|n['’]t\b)(?:(?!{_TURN})[^.!?;]){{0,100}}?"  # noqa: RUF001 - policies are typeset with this apostrophe
_NO_SALE: Final = _words(_DENY + r"\b(?:sell|sells|sold|selling|sale|rent)\b")
_NO_SHARING: Final = _words(_DENY + r"\b(?:share|shares|shared|sharing)\b")
#: What a denial of sale must be about: a shop that does not sell lamps to children denies nothing.
_INFORMATION: Final = _words(
    r"\b(?:data|information|details|personal|records?|e-?mails?|address(?:es)?|numbers?|lists?|names?|it|them|anything|you)\b"
    r"|^\W*(?:(?:or|and|nor) (?:rent|trade|share|disclose)\w*\W*)*$"
)
#: A denial of sale that is meant for the young alone. Rule: Cal. Civ. Code § 1798.120(c).
_SOME_AGE: Final = _words(r"\b(?:under|below|younger than) (?:the age of )?\d{1,2}\b|\bchildren\b|\bminors\b")
#: Where what is denied has been said, and something else begins.
_NO_MORE_OF_IT: Final = _words(r"[,;:(\u2013\u2014]|\b(?:including|whether|even|also|so|because|nor|let alone)\b")

_WE: Final = r"\b(?:we|they) (?:(?:do|may|might|can|will|also|only|instead|however|sometimes|would) ){0,3}"
_OPT_OUT: Final = r"\bopt(?:ing)?[ -]out\b"
#: "We sell or share" is one term: true where either is done.
_SELLS_OR_SHARES: Final = _words(_WE + r"(?:sell|rent) (?:or|and|and/or) share\b")
_SELLS: Final = _words(
    _WE + r"(?:sell|rent)\b(?:(?: (?:your|their|some|this|that|these|the|certain|personal|parts? of)){0,4}"
    rf" (?:data|information|records|details|e-?mail addresses)\b|[^.!?;]{{0,40}}?{_OPT_OUT})"
)
#: "We share" as the law means it, and not with who works for us: for advertising.
_SHARES: Final = _words(
    _WE + r"share\b[^.!?;]*?(?:\bfor (?:\w+ ){0,3}?advertis\w+|\bcross[- ]context\b|\bacross (?:\w+ ){0,3}?"
    rf"(?:contexts|businesses|websites|sites)\b|{_OPT_OUT} of (?:\w+ )?sharing\b)"
)
#: The same next to a denial of sale, which says that both words are meant as the law means them.
_SHARES_INSTEAD: Final = _words(_WE + rf"share\b[^.!?;]*?{_OPT_OUT}")
_NEGATED: Final = _words(r"\b(?:not|never|neither|nor|no)\b[^,;:]*$")


def check_selling(document: Document, entries: Entries) -> Iterator[Diagnostic]:
    """Find what prose denies or admits of selling and sharing otherwise than the recipients have it.

    Rule: Cal. Civ. Code § 1798.130(a)(5)(C); 11 CCR 7051(c).
    """
    third = _third_parties(entries)
    for prose in document.prose:
        yield from _denied(prose, third)
        if entries.is_whole("recipient") and entries.is_whole("purpose"):
            yield from _admitted(prose, third)


def contradicted(document: Document, entries: Entries) -> frozenset[str]:
    """Return the names of the recipients that make a denial false: what else they lack is not reported again.

    Rule: Cal. Civ. Code § 1798.130(a)(5)(C).
    """
    third = _third_parties(entries)
    return frozenset(one.name for prose in document.prose for one in _contradicting(prose, third))


def is_third_party(entries: Entries, recipient: Recipient) -> bool:
    """Whether a recipient is a third party; unknown, so not, while its contract may stand under a misspelt name.

    Rule: 11 CCR 7050(b), 7051(c), 7053.
    """
    may_have_one = recipient.contract is None and not entries.is_whole("recipient")
    by_itself = recipient.role == "third-party" or recipient.own_use or recipient.cross_context
    return recipient.effective_role == "third-party" and (by_itself or not may_have_one)


def third_party_because(recipient: Recipient) -> str:
    """Say why a recipient is a third party by computation. Rule: 11 CCR 7050(b), 7051(c), 7053."""
    if recipient.role == "third-party":
        return "it is declared as one"
    if recipient.cross_context:
        return "it serves advertising across contexts, for which no contract makes a service provider"
    if recipient.own_use:
        return "it uses the data for itself"
    if recipient.contract is None:
        return "no contract is declared"
    return f"its contract lacks {', '.join(recipient.contract.missing)}"


def _third_parties(entries: Entries) -> tuple[Recipient, ...]:
    return tuple(one for one in build.recipients(entries).values() if is_third_party(entries, one))


def _contradicting(prose: Prose, third: Iterable[Recipient]) -> tuple[Recipient, ...]:
    """Return the third parties that make a denial of a paragraph false.

    Who denies one alone denies the other as well, unless the paragraph admits that: readers take "we do not share" for both.
    """
    sale, sharing = _denial(_NO_SALE, prose), _denial(_NO_SHARING, prose)
    sold = bool(sale) or (bool(sharing) and not _said(_SELLS, prose))
    shared = bool(sharing) or (bool(sale) and not _shares(prose))
    return tuple(one for one in third if (sold and one.is_sold_to) or (shared and one.is_shared_with))


def _denied(prose: Prose, third: Iterable[Recipient]) -> Iterator[Diagnostic]:
    """Compare a denial of sale and sharing with who receives data. Rule: Cal. Civ. Code § 1798.130(a)(5)(C); 11 CCR 7051."""
    sale, sharing = _denial(_NO_SALE, prose), _denial(_NO_SHARING, prose)
    found = sale or sharing
    if found is None:
        return
    place = prose.span(found.start(), found.end())
    if false := _contradicting(prose, third):
        names = ", ".join(f'"{one.name}" ({third_party_because(one)})' for one in false)
        denies = "sale and sharing" if sale and sharing else "sale" if sale else "sharing"
        message = f"this denies {denies}, but by law data goes to a third party: {names}"
        sharing_alone = sale and not sharing and not any(one.is_sold_to for one in false)
        mend = (
            'say it: "We do not sell it; we share it for advertising, and you can opt out"'
            if sharing_alone
            else "complete the contract of the recipient, remove the recipient, or remove the denial"
        )
        yield diagnostic("AV0401", place, message, mend)
    if sale and not sharing and not _shares(prose):
        message = "this denies sale but says nothing of sharing for advertising across websites"
        yield diagnostic("AV0404", place, message, 'write "we do not sell or share", if both are true')


def _admitted(prose: Prose, third: Iterable[Recipient]) -> Iterator[Diagnostic]:
    """Report a sale or sharing that prose admits and no recipient has. Rule: Bus. & Prof. Code § 22576."""
    sold, shared = (any(done) for done in ([one.is_sold_to for one in third], [one.is_shared_with for one in third]))
    for found, done, is_true in (
        (_said(_SELLS_OR_SHARES, prose), "sold or shared", sold or shared),
        (_said(_SELLS, prose), "sold", sold),
        (_shares(prose), "shared for advertising", shared),
    ):
        if found and not is_true:
            message = f"this says that data is {done}, and by the declarations nobody gets it so"
            mend = "declare the recipient that gets it, or say what is done with other words"
            yield diagnostic("AV0411", prose.span(*found), message, mend)


def _shares(prose: Prose) -> tuple[int, int] | None:
    """Return where a paragraph says that data is shared, as the law means it."""
    instead = _said(_SHARES_INSTEAD, prose) if _denial(_NO_SALE, prose) else None
    return _said(_SHARES, prose) or instead


def _said(pattern: re.Pattern[str], prose: Prose) -> tuple[int, int] | None:
    """Return where a sentence of a paragraph says it, and denies nothing by it."""
    for start, sentence in sentences(prose):
        found = pattern.search(sentence)
        if found and not _NEGATED.search(sentence[: found.start()]):
            return start + found.start(), start + found.end()
    return None


def _denial(pattern: re.Pattern[str], prose: Prose) -> re.Match[str] | None:
    """Return the first denial that is about information, and meant for everybody.

    It is meant for people of some age alone where that is said of the information itself: not behind a comma that follows it.
    """
    for found in pattern.finditer(prose.words):
        rest = re.split(r"[.!?](?:\s|$)", prose.words[found.end() :], maxsplit=1)[0]
        before = re.split(r"[.!?]\s", prose.words[: found.start()])[-1]
        inside = _INFORMATION.search(rest)
        about = inside or _INFORMATION.search(found[0]) or _INFORMATION.search(f"{before}.")
        end = _NO_MORE_OF_IT.search(rest, inside.end() if inside else 0)
        if about and not _SOME_AGE.search(rest[: end.start()] if end else rest):
            return found
    return None
