"""What must never leave in an answer to a request to know, even to the person it belongs to; and what is of other people.

    declared   a data item of which the policy says which of the eight kinds it is (`[data.x] never_disclose`)
    found      a number or a word of one of the kinds in any other text, by its form or by what is written in front of it
    others     in what a person wrote to us: the addresses and telephone numbers of anybody else

Each is described in its place, by words that say what is held. It fails closed: where a form is in doubt, it is described.
Rule: 11 CCR 7024(d) (never disclosed, said with sufficient particularity); Cal. Civ. Code § 1798.145(k) (other people's data).
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

import phonenumbers

from avow import addresses, telephones
from avow.policy.language.vocabulary import NEVER_DISCLOSED
from avow.policy.rulebook import numbers

#: What is said of somebody else's, by what it is.
OTHERS: Final[Mapping[str, str]] = {
    "others-address": "the e-mail address of somebody else",
    "others-number": "the telephone number of somebody else",
}
#: What is said in the place of whatever is not shown, by its kind.
WORDS: Final[Mapping[str, str]] = {**NEVER_DISCLOSED, **OTHERS}

#: Between a label and its value: "No.:", "number is", "#".
_SAYS: Final = r"(?:\W?s\b)?\W{0,4}(?:\b(?:no|nr|num|number|id|is|was)\b\W{0,4}){0,3}"
#: A value after its label: letters and digits in groups, four digits of them at least.
_VALUE: Final = r"(?P<value>(?:[a-z]{1,4}[ -]?)?\d(?:[ .-]?[a-z]?\d){3,24}[a-z]?\b)"
#: Numbers that are told by the words in front of them, by kind.
_LABELS: Final[Mapping[str, str]] = {
    "social-security-number": r"ssn|social\W{1,3}security",
    "drivers-license": r"driv(?:er|ing)(?:\W?s)?\W{1,3}(?:licen[cs]e|permit|lic)|\bdln?\b",
    "government-id": r"passport|state\W{1,3}id|alien\W{1,3}registration|visa\W{1,3}(?=no\b|number)"
    r"|national\W{1,3}(?:id|insurance)|identity\W{1,3}card|tax\W{1,3}(?:id|identification)|\bitin\b|green\W{1,3}card|military\W{1,3}id",
    "financial-account": r"(?:bank\W{1,3}|checking\W{1,3}|savings\W{1,3})?account(?=\W{1,4}(?:no|nr|number|#|\d))|routing"
    r"|\biban\b|sort\W{1,3}code|(?:credit|debit)\W{1,3}card",
    "medical-id": r"(?:health|medical|insurance)\W{1,3}(?:insurance|plan|record|policy|card)|medicare|medicaid|medi-cal|\bmrn\b"
    r"|(?:member|subscriber|policy|patient)\W{1,3}(?=id\b|no\b|number|#)",
}
#: Words that are told by those in front of them, to the end of the line or of the word.
_SECRETS: Final[Mapping[str, str]] = {
    "password": r"\b(?<!\[an account )(?:pass\W?(?:word|code|phrase)|pwd)\b\s{0,3}(?:is\b|was\b|:|=)\s{0,3}"
    r"(?P<value>(?!\[an account password is held here\])\S+)",
    "security-answers": r"(?:security\W{1,3}(?:question|answer)s?|mother\W?s\W{1,3}maiden\W{1,3}name)\b"
    r"\s{0,3}(?:is\b|was\b|:|=)\s{0,3}(?P<value>[^\s\n][^\n]*)",
}
#: Numbers that are told by their form alone: an ITIN of the Internal Revenue Service, and an identifier of Medicare.
_FORMS: Final[Mapping[str, str]] = {
    "government-id": r"(?<!\d)(?P<value>9\d\d([ -])(?:5\d|6[0-5]|7\d|8[0-8]|9[0-24-9])\2\d{4})(?!\d)",
    "medical-id": r"\b(?P<value>[1-9][ac-hjkmnp-rt-y][ac-hjkmnp-rt-y\d]\d-?[ac-hjkmnp-rt-y][ac-hjkmnp-rt-y\d]\d-?"
    r"[ac-hjkmnp-rt-y]{2}\d\d)\b",
}
_IBAN: Final = re.compile(r"\b[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,4})?\b")
_IBAN_REMAINDER: Final = (97, 1)
_FOUND: Final[tuple[tuple[str, re.Pattern[str]], ...]] = (
    *((kind, re.compile(_SECRETS[kind], re.IGNORECASE)) for kind in _SECRETS),
    *((kind, re.compile(rf"(?:{words}){_SAYS}{_VALUE}", re.IGNORECASE)) for kind, words in _LABELS.items()),
    *((kind, re.compile(form, re.IGNORECASE)) for kind, form in _FORMS.items()),
)
#: What a text that holds any of these has: three digits, or one of these words.
_PERHAPS: Final = re.compile(r"\d.{0,3}\d.{0,3}\d|pass|pwd|security|maiden", re.IGNORECASE | re.DOTALL)
_ADDRESS: Final = re.compile(r"[^\s@<>()\[\]\",;:]{1,64}@[^\s@<>()\[\]\",;:]{1,250}\.[^\s@<>()\[\]\",;:.]{2,63}")
#: Fewest digits of a telephone number.
_DIGITS: Final = re.compile(r"(?:\d\D{0,3}){7}")


def described(kind: str) -> str:
    """Return what an answer has in the place of something that is not shown. Rule: 11 CCR 7024(d)."""
    return f"[{WORDS[kind]} {'are' if kind == 'security-answers' else 'is'} held here]"


def redact(text: str) -> str:
    """Return the text with whatever must not be shown described. Rule: 11 CCR 7024(d)."""
    return _redacted(text)[0]


@dataclass(frozen=True, slots=True)
class Redactor:
    """Describes what may not be shown, and counts it by kind in `found`.

    `declared` is what the policy says of data items, by their names; `own` the requester's own addresses and numbers, in their
    one form. `region` is the country whose telephone numbers are written without its own.
    """

    declared: Mapping[str, str] = field(default_factory=dict)
    own: Collection[str] = frozenset()
    region: str = "US"
    found: Counter[str] = field(default_factory=Counter)

    def item(self, name: str, value: str) -> str:
        """Return the value of a data item as it may be shown."""
        kind = self.declared.get(name)
        if kind and value:
            self.found[kind] += 1
            return described(kind)
        return self.text(value)

    def text(self, text: str) -> str:
        """Return any text as it may be shown."""
        shown, kinds = _redacted(text)
        self.found.update(kinds)
        return shown

    def written(self, name: str, value: str) -> str:
        """Return what a person wrote to us at a data item: other people's addresses and numbers are described in it as well.

        Rule: Cal. Civ. Code § 1798.145(k).
        """
        shown = self.item(name, value)
        if "@" in shown:
            shown = _ADDRESS.sub(
                lambda found: self._other(found[0], addresses.normal(found[0].rstrip(".")), "others-address"), shown
            )
        return self._without_numbers(shown) if _DIGITS.search(shown) else shown

    def _without_numbers(self, text: str) -> str:
        """Return the text with other people's telephone numbers described."""
        kept, copied = "", 0
        for match in phonenumbers.PhoneNumberMatcher(text, self.region or None):
            number = telephones.normal(phonenumbers.format_number(match.number, phonenumbers.PhoneNumberFormat.E164))
            kept += text[copied : match.start] + self._other(match.raw_string, number, "others-number")
            copied = match.end
        return kept + text[copied:]

    def _other(self, written: str, normal: str, kind: str) -> str:
        if normal in self.own:
            return written
        self.found[kind] += 1
        return described(kind)


@lru_cache(maxsize=4096)
def _short(text: str) -> tuple[str, tuple[str, ...]]:
    return _searched(text)


#: Longest text that is remembered with what was found in it: pages, browsers and the like come again and again.
_REMEMBERED: Final = 200


def _redacted(text: str) -> tuple[str, tuple[str, ...]]:
    """Return the text without what may not be shown, and the kinds that were found."""
    if not _PERHAPS.search(text):
        return text, ()
    return _short(text) if len(text) <= _REMEMBERED else _searched(text)


def _searched(text: str) -> tuple[str, tuple[str, ...]]:
    found: list[str] = []

    def say(kind: str) -> str:
        found.append(kind)
        return described(kind)

    for kind, pattern in _FOUND:
        text = pattern.sub(lambda match, kind=kind: _instead(match, say, kind), text)  # type: ignore[misc] # mypy infers no lambda with a default
    text = _IBAN.sub(lambda match: say("financial-account") if _is_iban(match[0]) else match[0], text)
    for kind, mark in (
        ("social-security-number", numbers.replace_social_security_numbers),
        ("financial-account", numbers.replace_card_numbers),
    ):
        words = described(kind)
        before, text = text.count(words), mark(text, words)
        found += [kind] * (text.count(words) - before)
    return text, tuple(found)


def _instead(match: re.Match[str], say: Callable[[str], str], kind: str) -> str:
    """Return what was matched with its value described, and the words in front of it left."""
    start, end = (place - match.start() for place in match.span("value"))
    return match[0][:start] + say(kind) + match[0][end:]


def _is_iban(text: str) -> bool:
    """Return whether a text passes the check of ISO 13616: moved by four signs and as a number, its remainder by 97 is 1."""
    plain = text.replace(" ", "")
    modulus, remainder = _IBAN_REMAINDER
    return int("".join(str(int(sign, 36)) for sign in plain[4:] + plain[:4])) % modulus == remainder
