"""Check what prose says of who among the staff sees something: "only our recruiters read it", "support does not see your age".

Only what can be held against the roles is judged: sentences whose subject is a role by its name or label, about the collection
points of their section or those, and the data items, that they name. Of anybody else nothing is said: whom "our manager" is, the
policy does not know. Rule: Bus. & Prof. Code § 22576.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from avow.policy.checks.promises import covers
from avow.policy.checks.prose import sentences
from avow.policy.findings.diagnostics import Diagnostic, diagnostic
from avow.policy.language.parse import Document, Prose
from avow.policy.language.read import Entries, Entry
from avow.policy.markup import joined
from avow.policy.rulebook.roles import WITHOUT_POINTS, Act

_SEES: Final = r"(?:see|sees|open|opens|read|reads|view|views|look at|looks at|get to see|gets to see|(?:have|has) access to)"
_SEEN: Final = r"(?:seen|opened|read|viewed|accessed|looked at)"
_ONLY: Final = r"(?:only|solely|nobody but|no one but|nobody except|no one except)"
_NOT: Final = r"(?:(?:do|does|did|will|can|could|may|shall)(?: not|n['’]t)|cannot|never|no longer)"  # noqa: RUF001 - policies are typeset with this apostrophe


@dataclass(frozen=True, slots=True)
class _Roles:
    """How prose calls the roles of a policy: three ways to say who sees something, and whose each word is."""

    alone: re.Pattern[str]
    by_them: re.Pattern[str]
    unseen: re.Pattern[str]
    named: Mapping[str, Entry]

    def of(self, words: str) -> list[Entry]:
        """Return the roles that these words name."""
        return [self.named[one] for one in self.named if re.search(rf"\b{re.escape(one)}s?\b", words.lower())]


def check_said_of_staff(document: Document, entries: Entries) -> Iterator[Diagnostic]:
    """Find sentences that promise less sight than the roles have. Rule: Bus. & Prof. Code § 22576."""
    if not entries.of("role") or not all(entries.is_whole(kind) for kind in ("role", "collection", "data")):
        return
    roles = _called(entries)
    for prose in document.prose:
        if prose.kind == "paragraph":
            here = [one for one in entries.of("collection") if covers(document, prose.section, one.block.section)]
            for start, sentence in sentences(prose):
                yield from _alone(entries, roles, here, prose, start, sentence)
                yield from _unseen(entries, roles, here, prose, start, sentence)


def _called(entries: Entries) -> _Roles:
    named = {word: role for role in entries.of("role") for word in (role.name.replace("-", " "), role.values["label"].lower())}
    one = rf"(?:{'|'.join(re.escape(word) for word in sorted(named, key=len, reverse=True))})s?(?: (?:team|staff|department))?"
    some = rf"(?:(?:our|the) )?{one}(?:(?:,? and|,? or|,) (?:(?:our|the) )?{one})*"
    return _Roles(
        re.compile(rf"\b{_ONLY} ({some}) (?:can |may |will )?{_SEES}\b", re.IGNORECASE),
        re.compile(
            rf"\b{_SEEN} (?:(?:only|solely) by ({some})|by (?:only |solely )({some})|by ({some}) (?:only|alone))\b", re.IGNORECASE
        ),
        re.compile(rf"\b({some}) (?:therefore |also )?{_NOT} {_SEES}\b(?P<what>[^.;:]*)", re.IGNORECASE),
        named,
    )


def _alone(entries: Entries, roles: _Roles, here: list[Entry], prose: Prose, start: int, sentence: str) -> Iterator[Diagnostic]:
    """Report that others open, too, what only some are said to see."""
    found = roles.alone.search(sentence) or roles.by_them.search(sentence)
    if found is None:
        return
    words = next(group for group in found.groups() if group)
    meant = roles.of(words)
    for point in _points(entries, here, sentence):
        others = [role for role in entries.of("role") if role not in meant and _opens(role, point)]
        if others:
            too = joined(f'"{role.name}"' for role in others)
            message = f'the prose says that only {words} see it, and "{point.name}" is open to {too}'
            mend = f"name them in the sentence, or take {point.name} out of the points of {too}"
            yield diagnostic("AV0521", prose.span(start + found.start(), start + found.end()), message, mend)
            return


def _unseen(entries: Entries, roles: _Roles, here: list[Entry], prose: Prose, start: int, sentence: str) -> Iterator[Diagnostic]:
    """Report that a role sees a field that it is said not to see."""
    found = roles.unseen.search(sentence)
    if found is None:
        return
    for item in (item for item in entries.of("data") if _is_named(item, found["what"])):
        for role in roles.of(found[1]):
            taking = [point for point in here or entries.of("collection") if item.name in point.values["data"]]
            if item.name not in role.values.get("hides", ()) and any(_opens(role, point) for point in taking):
                message = f'the prose says that "{role.name}" does not see "{item.name}", and nothing hides it from them'
                mend = f'add hides = ["{item.name}"] to [role.{role.name}], or change the sentence'
                yield diagnostic("AV0521", prose.span(start + found.start(), start + found.end()), message, mend)
                return


def _points(entries: Entries, here: list[Entry], sentence: str) -> list[Entry]:
    """Return the points that a sentence names by their labels, else those of its section."""
    return [point for point in entries.of("collection") if _is_named(point, sentence)] or here


def _is_named(entry: Entry, words: str) -> bool:
    label = re.escape(entry.values["label"].lower())
    return bool(re.search(rf"\b{label}(?:s|es)?\b", words.lower()))


def _opens(role: Entry, point: Entry) -> bool:
    """Whether the members of a role do anything with single records of a point."""
    may = {*role.values["may"]} - WITHOUT_POINTS - {Act.MEASURE}
    shared = {*role.values.get("purposes", ())} & {*point.values["purposes"]}
    return bool(may and shared) and point.name in role.values.get("points", ())
