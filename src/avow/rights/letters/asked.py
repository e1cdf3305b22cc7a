"""What letters call each kind of request: as its person asked for it, behind "you asked us"."""

from __future__ import annotations

from typing import Final

ASKED: Final = {
    "know": "to know what we hold about you",
    "delete": "to delete what we hold about you",
    "correct": "to correct what we hold about you",
    "portability": "for what you gave us, in a form that you can take elsewhere",
    "restrict": "to stop using what we hold about you",
    "object": "to stop using what we hold about you for a purpose",
    "opt-out": "not to sell or share what we hold about you",
    "limit": "to limit the use of sensitive information about you",
    "withdraw-consent": "to take back a consent",
    "automated-decision": "about decisions that a program makes about you",
    "confirm-identifier": "whether a number that we hold of you is right",
    "appeal": "to look again at an answer of ours",
}
