"""Every difference between two versions that `diff` has no words of its own for, told as it is.

What is not listed here as minor counts as material, so that a new declaration of the language is never overlooked.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import fields, is_dataclass
from types import MappingProxyType
from typing import Final

from avow.policy.changes.change import Added, Change, Kept, Removed, compared, plain, spaced
from avow.policy.language.vocabulary import SIGNALS
from avow.policy.rulebook.declarations import Choice
from avow.policy.rulebook.rulebook import Rulebook


def others(old: Rulebook, new: Rulebook) -> Iterator[Change]:
    """Say every difference that no function above puts into words: other declarations, and other fields of known ones.

    What is not listed as minor counts as material, so that a new declaration of the language is never overlooked.
    Rule: Bus. & Prof. Code § 22575(b)(3).
    """
    for part in fields(new):
        if part.name in _SAID["Rulebook"]:
            continue
        before, after = getattr(old, part.name), getattr(new, part.name)
        if isinstance(before, Mapping) and isinstance(after, Mapping):
            if part.name == "choices":  # a purpose's own switch comes, goes and is called as the purpose, which is told
                before, after = _switches(old, new)
            yield from _declarations(part.name, before, after)
        elif _is_minor("Rulebook", part.name) and before != after:
            yield Change("policy", f"{_sentence(part.name)}: {plain(after)}; before: {plain(before)}.", material=False)
        elif before != after:
            yield from _fields(part.name, spaced(part.name), before, after)


def _switches(old: Rulebook, new: Rulebook) -> tuple[Mapping[str, Choice], Mapping[str, Choice]]:
    """Return the switches of either version, without those that both know as a purpose's own."""

    def is_own(rulebook: Rulebook, name: str) -> bool:
        purpose, choice = rulebook.purposes.get(name), rulebook.choices.get(name)
        return purpose is not None and (
            choice is None or choice == Choice(name, purpose.label, purpose.description, frozenset({name}))
        )

    own = {name for name in {*old.choices, *new.choices} if is_own(old, name) and is_own(new, name)}
    before, after = ({name: one for name, one in each.choices.items() if name not in own} for each in (old, new))
    return before, after


def _declarations(kind: str, before: Mapping[str, object], after: Mapping[str, object]) -> Iterator[Change]:
    noun = spaced(kind if kind == "data" else kind.removesuffix("s"))
    is_told, is_material = kind in _SAID["added"], not _is_minor("Rulebook", kind)
    for one in compared(before, after):
        match one:
            case Added(name, new) if not is_told:
                yield Change(kind, f'New {noun}: "{_called(name, new)}".', material=is_material)
            case Removed(name, old) if not is_told:
                yield Change(kind, f'{noun.capitalize()} given up: "{_called(name, old)}".', material=is_material)
            case Kept(name, old, new) if old != new:
                yield from _fields(kind, f'{noun} "{_called(name, new)}"', old, new)


def _fields(kind: str, called: str, before: object, after: object) -> Iterator[Change]:
    if not is_dataclass(before) or type(before) is not type(after):
        minor = _is_minor("Rulebook", kind) or _is_minor(type(after or before).__name__, "*")
        yield Change(kind, f"{_sentence(called)}: {plain(after)}; before: {plain(before)}.", material=not minor)
        return
    for part in fields(before):
        was, now = getattr(before, part.name), getattr(after, part.name)
        if was != now and part.name not in _SAID.get(type(before).__name__, ()):
            words = f"{_sentence(called)}, {spaced(part.name)}: {plain(now).rstrip('.')}; before: {plain(was).rstrip('.')}."
            if part.name == "label":
                words = f'{_sentence(called)} was called "{was}" before.'
            yield Change(kind, words, material=not _is_minor(type(before).__name__, part.name))


#: What the functions above put into words already, or what says nothing: by type, its fields; "added" are the
#: declarations whose coming and going is told.
_SAID: Final[Mapping[str, frozenset[str]]] = MappingProxyType(
    {
        "Rulebook": frozenset(
            {"id", "name", "text", "effective", "updated", "controller", "changes", "evidence_is_public", "law", "_permits"}
            | {"roles", "declares_roles"}
        ),
        "added": frozenset({"data", "purposes", "points", "recipients", "signals", "rights"}),
        "CollectionPoint": frozenset(
            {"name", "fields", "purposes", "recipients", "only", "retentions", "cookie_days", "section"}
        ),
        "Purpose": frozenset({"name", "choice", "description", "written_reason", "combines", "cross_context"}),
        "Recipient": frozenset(
            {"name", "label", "role", "contract", "services", "categories", "purposes", "country", "keeps_days"}
            | {"same_business", "cross_context", "instruct", "stops_when_lapsed", "second_person_above", "needs_authorisation"}
        ),
        "Signal": frozenset({"name", "stops"}),
        "Right": frozenset({"name", "methods", "verification"}),
        "Agents": frozenset({"asks", "and_one_of"}),
        "DataItem": frozenset({"name"}),
    }
)
#: Changes that leave what happens to people's data as it is: names, words, limits of length, ways to reach somebody;
#: a field of a type, or "*" for all of it.
_MINOR: Final = frozenset(
    {
        ("Rulebook", "title"),
        ("Rulebook", "metrics"),
        ("Rulebook", "metrics_by_people"),
        ("Rulebook", "brands"),
        ("Rulebook", "contacts"),
        ("Rulebook", "external_links"),
        ("Contact", "*"),
        ("Children", "contact"),
        ("Incidents", "contact"),
        ("ExternalLink", "*"),
        ("Accessibility", "*"),
        ("Website", "label"),
        ("Website", "address"),
        ("Messages", "label"),
        ("Source", "words"),
        ("CollectionPoint", "label"),
        ("CollectionPoint", "required"),
        ("Purpose", "label"),
        ("Purpose", "business_purpose"),
        ("Purpose", "dpv"),
        ("Recipient", "checked"),
        ("Signal", "sentence"),
        ("Choice", "label"),
        ("Choice", "description"),
        ("Right", "form"),
        ("DataItem", "label"),
        ("DataItem", "description"),
        ("DataItem", "max_length"),
        ("DataItem", "region"),
        ("DataItem", "dpv"),
    }
)


def _is_minor(kind: str, part: str) -> bool:
    return (kind, part) in _MINOR or (kind, "*") in _MINOR


def _called(name: str, declared: object) -> str:
    return str(getattr(declared, "label", SIGNALS.get(name, name)))


def _sentence(words: str) -> str:
    return words[:1].upper() + words[1:]
