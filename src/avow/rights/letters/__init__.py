"""Letters about consumer requests: which there are, what the law asks of each, and each as text, page and tagged PDF.

The table is checked when this is imported: a letter that lacks what a law asks for is a program that does not start.
"""

from __future__ import annotations

from avow.rights.letters.facts import (
    Answered,
    CategoryLine,
    Denied,
    Done,
    FieldLine,
    Ground,
    Incomplete,
    KeptLine,
    LetterFacts,
    Outcome,
    Sender,
    Undecided,
    WithdrawnLine,
)
from avow.rights.letters.rendering import Written, pdf, render
from avow.rights.letters.specimens import check
from avow.rights.letters.table import Letter

__all__ = [
    "Answered",
    "CategoryLine",
    "Denied",
    "Done",
    "FieldLine",
    "Ground",
    "Incomplete",
    "KeptLine",
    "Letter",
    "LetterFacts",
    "Outcome",
    "Sender",
    "Undecided",
    "WithdrawnLine",
    "Written",
    "check",
    "pdf",
    "render",
]

check()
