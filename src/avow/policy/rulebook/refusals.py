"""What stops more than one purpose: to limit, to object, to restrict. Each is a word among what a person has opted out of.

    -limit      no sensitive information for a purpose outside 11 CCR 7027(m), whatever the purpose is called
    -object     no purpose that rests on our interests or a public task, but security
    -restrict   nothing but to keep it, and what the law asks for

No purpose of a policy can have such a name. A word also stops the purposes of later versions.
Rule: Cal. Civ. Code § 1798.121(b); 11 CCR 7027(a), (m); GDPR Art. 18(2), 21(1), (3).
"""

from __future__ import annotations

from collections.abc import Collection
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from avow.policy.rulebook.declarations import DataItem, Purpose

LIMIT: Final = "-limit"
OBJECT: Final = "-object"
RESTRICT: Final = "-restrict"
WORDS: Final = frozenset({LIMIT, OBJECT, RESTRICT})
#: What a browser may say for itself: the others stop what security needs, and are a known person's alone.
OF_BROWSERS: Final = frozenset({LIMIT})
_OBJECTED: Final = frozenset({"legitimate-interests", "public-task"})
#: Compelling grounds (Art. 21(1)), as the house reads it: an objection does not switch off security.
_SECURITY: Final = frozenset({"security-incidents", "malicious-acts", "physical-safety"})
#: What may be done with restricted information (Art. 18(2)).
_UNRESTRICTED: Final = frozenset({"legal-obligation", "vital-interests", "public-task"})
_CATEGORY: Final = "L"  # sensitive personal information, § 1798.140(v)(1)(L)


def is_sensitive(item: DataItem) -> bool:
    """Return whether an item is sensitive personal information. Rule: Cal. Civ. Code § 1798.140(ae)."""
    return bool(item.sensitive) or _CATEGORY in item.categories


def stops(refused: Collection[str], purpose: Purpose) -> bool:
    """Return whether an objection or a restriction among what a person refused stops a purpose as a whole."""
    objected = OBJECT in refused and purpose.legal_basis in _OBJECTED and purpose.sensitive_use not in _SECURITY
    return objected or (RESTRICT in refused and purpose.legal_basis not in _UNRESTRICTED)


def is_limited(refused: Collection[str], item: DataItem, purposes: Collection[Purpose]) -> bool:
    """Return whether a limit keeps an item from all of these purposes. Rule: 11 CCR 7027(m)."""
    return LIMIT in refused and is_sensitive(item) and not any(one.sensitive_use for one in purposes)


def reaches(word: str, purpose: Purpose, items: Collection[DataItem]) -> bool:
    """Return whether a refusal stops what went for a purpose with these items: who is to be told of it.

    Rule: 11 CCR 7027(g)(2), (3) (who got it for a use that was limited).
    """
    if word == LIMIT:
        return any(is_limited({LIMIT}, item, [purpose]) for item in items)
    return word == purpose.name or stops({word}, purpose)
