"""What each kind of consumer request is called in a list, and in a sentence to its person. Rule: 11 CCR 7003(a)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from avow.definitions import RequestKind

#: In a list, and as a heading.
LABELS: Final[Mapping[RequestKind, str]] = {
    RequestKind.KNOW: "Request to know",
    RequestKind.DELETE: "Request to delete",
    RequestKind.CORRECT: "Request to correct",
    RequestKind.PORTABILITY: "Request to take data along",
    RequestKind.RESTRICT: "Request to restrict",
    RequestKind.OBJECT: "Objection",
    RequestKind.OPT_OUT: "Opt-out",
    RequestKind.LIMIT: "Request to limit",
    RequestKind.WITHDRAW_CONSENT: "Withdrawal of consent",
    RequestKind.AUTOMATED_DECISION: "Request about an automated decision",
    RequestKind.CONFIRM_IDENTIFIER: "Request to confirm a number",
    RequestKind.APPEAL: "Appeal",
}
#: What stops more than one purpose, by its word (`policy.rulebook.refusals`).
REFUSED: Final[Mapping[str, str]] = {
    "-limit": "uses of your sensitive information that you would not expect",
    "-object": "what we did in our own interest or in the public's",
    "-restrict": "everything but keeping it, and what the law asks for",
}
#: After "you asked us", and "somebody asked us".
ASKED: Final[Mapping[RequestKind, str]] = {
    RequestKind.KNOW: "to know what we hold about you",
    RequestKind.DELETE: "to delete what we hold about you",
    RequestKind.CORRECT: "to correct what we hold about you",
    RequestKind.PORTABILITY: "for what we hold about you, in a form that other companies can read",
    RequestKind.RESTRICT: "to restrict what we do with what we hold about you",
    RequestKind.OBJECT: "to stop what you object to",
    RequestKind.OPT_OUT: "not to sell or share what we hold about you",
    RequestKind.LIMIT: "to limit the use of your sensitive information",
    RequestKind.WITHDRAW_CONSENT: "to take back what you agreed to",
    RequestKind.AUTOMATED_DECISION: "about a decision that a computer takes",
    RequestKind.CONFIRM_IDENTIFIER: "whether a number that we hold about you is right",
    RequestKind.APPEAL: "to look again at what we decided",
}
