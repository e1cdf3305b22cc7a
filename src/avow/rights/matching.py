"""Questions about what is held: who asks types it, and is believed more; nothing of what is held is ever shown.

The questions are those of the policy (`match`), whatever is held of somebody, or whether anything is. What is typed is brought
into one form and hashed under the vault's secret; so is what is held; and each is compared with as many hashes as there are
for anybody: what is missing is made up. What was right is kept as such a hash, sealed, until the contact of the request is
forgotten; what was wrong is not kept at all, and counted. After so many wrong tries (the law table says how many) the request
takes no more, and its person may file another.

Never asked: what is sensitive, a file, an age or a date of birth, an address or a number that a link or cookie proves (AV0715);
and, of a correction, what is contested (11 CCR 7060(h)).

Rule: 11 CCR 7060(c)-(f), (h), 7062.
"""

from __future__ import annotations

import hmac
import re
import secrets
import unicodedata
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from avow import telephones
from avow.policy import Rulebook
from avow.policy.rulebook.declarations import DataItem

Keyed = Callable[[bytes, bytes], bytes]

#: Values of one item that an answer is compared with, those that are made up included: whoever asks waits as long.
COMPARED: Final = 32
#: Longest answer, characters: the longest text that an item by which somebody is known can have.
ANSWER_LENGTH: Final = 300
_WORD: Final = re.compile(r"[^\W_]+")
#: A postal code of the United States with the four digits that say where in it.
_ZIP_PLUS_FOUR: Final = re.compile(r"(\d{5})\d{4}")


@dataclass(frozen=True, slots=True)
class Question:
    """One item that may be asked: its name in the policy, what it is called, and the kind of its text (`MATCHES`)."""

    name: str
    label: str
    how: str


@dataclass(frozen=True, slots=True)
class Compared:
    """What became of answers: the hash of each right one by its item, and how many were wrong."""

    right: Mapping[str, str]
    wrong: int


def questions(rulebook: Rulebook, contested: Collection[str] = ()) -> tuple[Question, ...]:
    """Return what may be asked under this version of the policy, but what is contested. Rule: 11 CCR 7060(c), (h)."""
    asked = (item for item in rulebook.data.values() if item.match and item.name not in contested)
    return tuple(Question(item.name, item.label, item.match) for item in asked)


def hashed(item: DataItem, text: str, keyed: Keyed) -> str:
    """Return the keyed hash of a text in the one form of its item; "" for a text that says nothing."""
    form = normal(item.match, text, item.region)
    return keyed(b"match", f"{item.name}\0{form}".encode()).hex() if form else ""


def normal(how: str, text: str, region: str = "") -> str:
    """Return a text in the form in which it is compared: no capitals, accents, blanks or signs; a name without its order.

    "" for a text without letters and digits.
    """
    if how == "phone":
        return telephones.number_of(text, region) or ""
    plain = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", text).casefold())
    words = _WORD.findall("".join(letter for letter in plain if not unicodedata.combining(letter)))
    if how == "name":
        return " ".join(sorted(words))
    if how == "words":
        return " ".join(words)
    joined = "".join(words)
    found = _ZIP_PLUS_FOUR.fullmatch(joined) if how == "postcode" else None
    return found[1] if found else joined


def compare(
    answers: Mapping[str, str],
    held: Mapping[str, Iterable[str]],
    rulebook: Rulebook,
    keyed: Keyed,
    contested: Collection[str] = (),
) -> Compared:
    """Return which answers are right; `held` are the hashes of what is held, by item. An empty answer is none.

    Every answer is compared with the same number of hashes, each in constant time. Rule: 11 CCR 7060(f).
    """
    right: dict[str, str] = {}
    wrong = 0
    for question in questions(rulebook, contested):
        typed = hashed(rulebook.data[question.name], answers.get(question.name, "")[:ANSWER_LENGTH], keyed)
        if not typed:
            continue
        known = list(dict.fromkeys(held.get(question.name, ())))[:COMPARED]
        against = known + [secrets.token_hex(len(typed) // 2) for _ in range(COMPARED - len(known))]
        found = [hmac.compare_digest(typed, one) for one in against]
        if any(found):
            right[question.name] = typed
        else:
            wrong += 1
    return Compared(right, wrong)
