"""Switches as pages show them: what was answered, what holds meanwhile, and why; and what a form says about them.

A switch that nobody answered looks so, and holds as the policy says without an answer: on for what people may stop, off for what
waits for their yes. A signal decides whatever was answered.
Rule: 11 CCR 7004(a)(4) (no choice is made for anybody); 7025(c)(1), (c)(6); 7026(g).
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final

from avow.collection.signals import Said
from avow.publication.answers import ChoiceFacts

IN: Final = "in"
OUT: Final = "out"
#: In a form: this switch was shown without an answer, so that none is one.
_UNANSWERED: Final = "unanswered."
SIGNALS: Final = {"gpc": "Global Privacy Control", "dnt": "Do Not Track"}


@dataclass(frozen=True, slots=True)
class Switch:
    """One switch: `answer` is "in", "out" or "", the last where nobody answered; `signal` stops it, "" for none.

    `is_lost`: something was answered, and the browser keeps it not.
    """

    choice: ChoiceFacts
    answer: str
    signal: str = ""
    is_lost: bool = False

    @property
    def is_on(self) -> bool:
        """Whether what it decides about is done."""
        return not (self.signal or self.is_lost) and (self.answer == IN or (not self.answer and not self.choice.asks))

    @property
    def words(self) -> str:
        """What holds now, and why, in a sentence or two."""
        if self.signal:
            return f"Off: your browser sends {SIGNALS[self.signal]}, which decides, whatever is chosen here."
        if self.is_lost:
            return "Off: what you choose is not kept here."
        if self.answer:
            return "On: you allowed it." if self.answer == IN else "Off: you opted out."
        meanwhile = "It is off until you allow it." if self.choice.asks else "It is on until you opt out."
        return f"You have not answered. {meanwhile}"


def switches(choices: Iterable[ChoiceFacts], said: Said, preferences: frozenset[str] = frozenset()) -> tuple[Switch, ...]:
    """Return the switches after what was said and each signal: of several purposes one no is a no."""
    return tuple(Switch(one, _answer(one, said), _signal(one, preferences)) for one in choices)


def answered(shown: Iterable[Switch], form: Mapping[str, str]) -> Mapping[str, str]:
    """Return switch -> "in" or "out" as a form says; those that were shown without an answer and got none are not in it.

    Any other switch without an answer is "out": a choice that did not arrive is no permission.
    """
    said: dict[str, str] = {}
    for name in (one.choice.name for one in shown):
        given = form.get(f"choice.{name}", "")
        if given or f"{_UNANSWERED}{name}" not in form:
            said[name] = IN if given == IN else OUT
    return said


def _answer(choice: ChoiceFacts, said: Said) -> str:
    """Return the answer; what was allowed when nothing waited for it is no yes to what waits for one now."""
    if choice.purposes & said.opted_out:
        return OUT
    return IN if choice.purposes <= (said.opted_in if choice.asks else said.opted_in | said.allowed) else ""


def _signal(choice: ChoiceFacts, preferences: frozenset[str]) -> str:
    return next((name for name in SIGNALS if name in preferences and name in choice.stopped_by), "")
