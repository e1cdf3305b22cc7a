"""Why staff may deny what somebody asks for: the codes of the law table, and one that no table lists. There is no other reason.

Rule: Cal. Civ. Code § 1798.105(d), § 1798.145; 11 CCR 7022(f), 7024(e).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from avow.definitions import RequestKind
from avow.policy import LawTable
from avow.policy.law import rules

#: Not the person's: manifestly unfounded or excessive, which the business has to show.
UNFOUNDED: Final = "unfounded"


@dataclass(frozen=True, slots=True)
class Ground:
    """A ground: its code, its rule, and what it says."""

    code: str
    rule: str
    text: str


def of(kind: RequestKind, law: LawTable) -> Mapping[str, Ground]:
    """Return the grounds on which a request of this kind may be denied under a law, by code, in the order of the table.

    Those that let a business keep something are for requests to delete alone.
    Rule: Cal. Civ. Code § 1798.105(d) (to delete), § 1798.145 (all).
    """
    listed = [one for one in law.exceptions if kind is RequestKind.DELETE or not one.code.startswith("D")]
    unfounded = Ground(UNFOUNDED, rules.UNFOUNDED, "manifestly unfounded or excessive, in particular because it is repetitive")
    return {one.code: one for one in (*(Ground(one.code, one.source, one.text) for one in listed), unfounded)}
