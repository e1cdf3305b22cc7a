"""What a part of a letter is: its rule, the words that say it, and what of the facts a reader has to find in them.

A part is written when it applies to a request. `marks` are texts that must be readable in the letter: a part whose words leave
one out is a mistake of the program, found when the table is imported and again in front of each letter.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from typing import TypeVar

from avow.rights.letters.blocks import Blocks
from avow.rights.letters.facts import Incomplete, LetterFacts

T = TypeVar("T")


def always(_facts: LetterFacts) -> bool:
    """Return that a part belongs into every letter that has it."""
    return True


@dataclass(frozen=True, slots=True)
class Part:
    """One thing that a letter says. `rule` is the source of it."""

    name: str
    rule: str
    write: Callable[[LetterFacts], Blocks]
    marks: Callable[[LetterFacts], tuple[str, ...]]
    applies: Callable[[LetterFacts], bool] = always

    def blocks(self, facts: LetterFacts) -> Blocks:
        """Return what the part says; nothing where it does not apply. Raises Incomplete where a fact is not known."""
        if not self.applies(facts):
            return ()
        written = self.write(facts)
        if not written:
            raise Incomplete(f"{facts.kind} {facts.outcome}: {self.name} says nothing ({self.rule})")
        return written


def known(value: T | None, what: str) -> T:
    """Return a fact that a part needs. Raises Incomplete when it is not known, or says nothing."""
    if value is None or value in ("", ()):
        raise Incomplete(f"{what} is not known")
    return value


def day(value: date) -> str:
    """Return a date as letters say it: 5 January 2027."""
    return f"{value.day} {value:%B %Y}"


def listed(names: tuple[str, ...]) -> str:
    """Return names as a sentence has them: "a, b and c"."""
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}" if names else ""
