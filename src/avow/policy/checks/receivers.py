"""Check whom prose gives data to: recipients that nobody can name are no answer to "who gets it?".

The patterns look at one sentence at a time. They know disclosing ("we share it with ..."), engaging ("we use third-party
services ...") and letting in ("third parties may collect ...").
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final

from avow.policy.checks.prose import sentences
from avow.policy.checks.subjects import DENIED
from avow.policy.findings.diagnostics import Diagnostic, diagnostic
from avow.policy.language.parse import Document, Prose
from avow.policy.language.read import Entries
from avow.policy.rulebook import build


def _words(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern, re.IGNORECASE)


_PROVIDERS: Final = r"(?:service providers?|vendors?|contractors?|(?:sub-?)?processors?)"
_GROUP: Final = r"(?:affiliates?|subsidiar(?:y|ies))"
_OTHERS: Final = (
    r"(?:(?:business |marketing |advertising )?partners?|third parties|advertisers|ad(?:vertising)? networks?|data brokers?)"
)
_SERVICES: Final = r"(?:third[- ]party (?:\w+ ){0,2}?(?:services?|software|tools?|providers?|companies)|analytics providers?)"
_RECEIVER: Final = _words(rf"\b(?:{_PROVIDERS}|{_GROUP}|{_OTHERS}|{_SERVICES})(?![\w-])")
#: A third party in name, which works for the business alone.
_FOR_US: Final = _words(r"^ (?:that |who |which )?(?:act|work|process)\w*\b[^.;]{0,30}?\b(?:our (?:behalf|agents?)|for us)\b")

#: What follows "to" when it says what for, not to whom.
_AIM: Final = r"(?:protect|help|comply|enforce|prevent|respond|defend|operate|allow|make|provide)"
_DISCLOSES: Final = _words(
    r"\b(?:shar(?:e|es|ed|ing)|disclos(?:e|es|ed|ing)|provid(?:e|es|ed|ing)|pass(?:es|ed)?(?: on)?|giv(?:e|es|en)|transfer\w*"
    r"|sells?|sold|trade|rent|mak(?:e|es|ing)\b[^.;]{0,30}?\bavailable)\b[^.;]{0,80}?\b(?:to|with)\b"
    rf"(?! {_AIM}\b)"
)
_ENGAGES: Final = _words(r"\b(?:use|uses|using|used(?! by)|engage|employ|work with|rely on|allow|permit|let)\b")
_LETS_IN: Final = _words(rf"\b({_OTHERS})\b (?:\w+ ){{0,3}}?(?:may|can|might|will)? ?(?:also )?(?:collect|receive|set|place)\b")
#: What the person does with others is not the business's disclosure.
_BY_YOU: Final = _words(r"\byou (?:may |can |might |could |will |choose to |decide to )*$")
_REACH: Final = 60


def check_receivers(document: Document, entries: Entries) -> Iterator[Diagnostic]:
    """Report each sentence that gives data to recipients nobody can name. Rule: Cal. Civ. Code § 1798.130(a)(5)(B)-(C)."""
    if not entries.is_whole("recipient"):
        return
    # A service provider whose contract is incomplete is a third party by law, and is declared all the same.
    roles = {role for one in build.recipients(entries).values() for role in (one.role, one.effective_role)}
    for prose in document.prose:
        for start, sentence in sentences(prose):
            yield from _unknown(roles, prose, start, sentence)


def _unknown(roles: set[str], prose: Prose, start: int, sentence: str) -> Iterator[Diagnostic]:
    for begin, end in _receivers(sentence):
        word, after = sentence[begin:end], sentence[end:]
        wanted = _roles(word, after)
        if not wanted & roles:
            message = (
                f'nobody can tell who is meant by "{word}": no recipient of that role is declared ({", ".join(sorted(wanted))})'
            )
            mend = "declare each with [recipient.name], and show them with {{ recipients }}"
            yield diagnostic("AV0511", prose.span(start + begin, start + end), message, mend)
            return


def _roles(word: str, after: str) -> set[str]:
    """Return the roles that such a recipient may be declared with."""
    if re.fullmatch(_PROVIDERS, word, re.IGNORECASE) or _FOR_US.search(after):
        return {"service-provider", "contractor"}
    if re.fullmatch(rf"{_GROUP}|{_SERVICES}", word, re.IGNORECASE):
        return {"service-provider", "contractor", "third-party"}
    return {"third-party"}


def _receivers(sentence: str) -> Iterator[tuple[int, int]]:
    """Yield where the recipients of a sentence stand, unless the sentence denies them or the person gives."""
    for act in (_DISCLOSES, _ENGAGES):
        for found in act.finditer(sentence):
            before = sentence[: found.start()]
            if DENIED.search(before) or _BY_YOU.search(before) or re.search(r"\b(?:not|never)\b", found[0], re.IGNORECASE):
                continue
            reach = (
                re.split(rf"[.;]\s|\bto {_AIM}\b", sentence[found.end() :])[0]
                if act is _DISCLOSES
                else sentence[found.end() :][:_REACH]
            )
            for receiver in _RECEIVER.finditer(reach):
                yield found.end() + receiver.start(), found.end() + receiver.end()
    let_in = _LETS_IN.search(sentence)
    if let_in and not DENIED.search(sentence[: let_in.start()]):
        yield let_in.start(1), let_in.end(1)
