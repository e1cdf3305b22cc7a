"""Why staff may deny what somebody asks for: the codes of the law table, and one that no table lists. There is no other reason.

Rule: Cal. Civ. Code § 1798.105(d), § 1798.145; 11 CCR 7022(f), 7024(e).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from avow.definitions import RequestKind
from avow.policy import Rulebook
from avow.policy.language.vocabulary import WEIGHED_EXCEPTIONS
from avow.policy.law import DeletionException, rules

#: Not the person's: manifestly unfounded or excessive, which the business has to show.
UNFOUNDED: Final = "unfounded"
#: What is older than the law's months before receipt, and cannot be given or only with an effort out of all proportion.
EFFORT: Final = "effort"
#: What belongs to a household, and to none of those who live there alone.
HOUSEHOLD: Final = "H5"
#: Of others, and of the laws under which a part is answered elsewhere.
_OF_OTHERS: Final = frozenset({"H2", "H3", "H4", HOUSEHOLD, "X1", "X2", "X3"})
#: For which a part is kept beyond a deletion, or left out of an answer, by a decision of staff: it is never all that is held.
_PARTS: Final[Mapping[RequestKind, frozenset[str]]] = {
    RequestKind.DELETE: WEIGHED_EXCEPTIONS | {HOUSEHOLD},
    RequestKind.KNOW: _OF_OTHERS | {EFFORT},
    RequestKind.PORTABILITY: _OF_OTHERS,
}


@dataclass(frozen=True, slots=True)
class Ground:
    """A ground: its code, its rule, and what it says."""

    code: str
    rule: str
    text: str


def _exceptions(rulebook: Rulebook) -> Sequence[DeletionException]:
    """Return the exceptions of the request's own law; where its table lists none, those of the policy's first law that does.

    None but California's lists its exceptions yet; each of these laws has its own of the same kind (docs/law/divergences.md).
    """
    own = rulebook.law_table.exceptions
    return own or next((one.exceptions for one in rulebook.law.values() if one.exceptions), ())


def of(kind: RequestKind, rulebook: Rulebook) -> Mapping[str, Ground]:
    """Return the grounds on which a request of this kind may be denied as a whole, by code, in the order of the law table.

    `rulebook` has the law of the request first (`Versions.with_law_of`). Those that let a business keep something are for
    requests to delete alone; what a person has to weigh keeps what is named, and denies no whole deletion (`of_parts`).
    Rule: Cal. Civ. Code § 1798.105(d) (to delete), § 1798.145 (all).
    """
    weighed = _PARTS[kind] if kind is RequestKind.DELETE else frozenset()
    every = [one for one in _exceptions(rulebook) if kind is RequestKind.DELETE or not one.code.startswith("D")]
    listed = [one for one in every if one.code not in weighed]
    unfounded = Ground(UNFOUNDED, rules.UNFOUNDED, "manifestly unfounded or excessive, in particular because it is repetitive")
    return {one.code: one for one in (*(Ground(one.code, one.source, one.text) for one in listed), unfounded)}


def of_parts(kind: RequestKind, rulebook: Rulebook) -> Mapping[str, Ground]:
    """Return the grounds on which a part may be kept, or left out of an answer, by code, in the order of the table.

    Rule: Cal. Civ. Code § 1798.105(d)(4)-(7), § 1798.145(a)(5), (b) to (e), (k), (p); 11 CCR 7022(f), 7024(e), (h).
    """
    codes = _PARTS.get(kind, frozenset())
    found = {one.code: Ground(one.code, one.source, one.text) for one in _exceptions(rulebook) if one.code in codes}
    if EFFORT in codes and rulebook.law_table.look_back_months is not None:
        found[EFFORT] = Ground(EFFORT, rules.BEYOND_EFFORT, BEYOND_EFFORT)
    return found


#: What the ground of older information says.
BEYOND_EFFORT: Final = "older than the law's months, and impossible to give, or only with disproportionate effort"
