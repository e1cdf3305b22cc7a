"""What stands of a recipient today: what the version in force declares of it, and what is registered of its contract.

A clause that was found to be missing, or a contract that ended, counts from that moment: the recipient is a third party, and as
nobody was told of a sale, it gets nothing. The text that was published stays as it is.
Rule: 11 CCR 7050(b), 7051(a), (c), 7053(a)-(c); Cal. Civ. Code § 1798.100(d), § 1798.140(ag)(1)(D).
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, Literal

from avow.definitions import Refusal
from avow.policy import Rulebook
from avow.policy.law import rules
from avow.policy.law.counting import add_months
from avow.policy.rulebook.declarations import Recipient
from avow.store.control import Control, Transaction, contract_gaps, recipients
from avow.store.control.contract_gaps import CONTRACT, Gap, lacked
from avow.store.control.recipients import Registered

__all__ = [
    "CONTRACT",
    "Gap",
    "Registered",
    "Standing",
    "as_it_was",
    "as_of",
    "broken",
    "changes",
    "contact",
    "due_reviews",
    "gaps",
    "lacked",
    "registered",
    "standing",
    "standing_of",
    "third_parties",
    "untrue_of",
]

#: A contract is checked at least so often. Rule: Cal. Civ. Code § 1798.140(ag)(1)(D); 11 CCR 7053(b).
CHECK_MONTHS: Final = 12
#: So long before a review is due it is said.
WARNED: Final = timedelta(days=30)
#: Ours, under our brand: no third party, with or without a contract.
_SAME_BUSINESS: Final = "same-business"
_THIRD_PARTY: Final = "third-party"


@dataclass(frozen=True, slots=True)
class Standing:
    """What stands of a recipient on a day. `role` is the one by computation, "" for one that is not declared.

    `missing_clauses` are those that the contract for its declared role lacks; `contract` is "lapsed" once its review was due.
    `refusal` says why nothing may go to it, None where something may.
    """

    name: str
    role: str
    missing_clauses: tuple[str, ...]
    contract: Literal["none", "valid", "withdrawn", "lapsed"]
    review_on: date | None
    refusal: Refusal | None

    @property
    def may_get(self) -> bool:
        """Whether something may go to it at all; what, and whose, is asked for each record."""
        return self.refusal is None

    @property
    def is_third_party(self) -> bool:
        """Whether what goes to it is sold or shared. Rule: Cal. Civ. Code § 1798.140(ad), (ah), (ai); 11 CCR 7051(c)."""
        return self.role == _THIRD_PARTY

    def is_warned(self, today: date) -> bool:
        """Return whether its review is due within the next days, or was. Rule: 11 CCR 7053(b)."""
        return self.review_on is not None and self.review_on - WARNED <= today


def standing(tx: Transaction, rulebook: Rulebook, name: str, today: date) -> Standing:
    """Return what stands of a recipient today, by the version in force and what is registered."""
    return standing_of(rulebook, name, recipients.get(tx, name), today)


def third_parties(tx: Transaction, rulebook: Rulebook, today: date) -> frozenset[str]:
    """Return the recipients of a version that are third parties today, by what is registered of their contracts too.

    Rule: 11 CCR 7051(c); Cal. Civ. Code § 1798.135(a) (whoever sells or shares has the links).
    """
    known = recipients.every(tx)
    return frozenset(
        name for name in rulebook.recipients if standing_of(rulebook, name, known.get(name), today).role == _THIRD_PARTY
    )


def standing_of(rulebook: Rulebook, name: str, known: Registered | None, today: date) -> Standing:
    """Return what stands of a recipient on a day. Rule: 11 CCR 7051(c), 7053(c); Cal. Civ. Code § 1798.140(ag)(1)(D)."""
    declared, kept = rulebook.recipients.get(name), known or Registered(name)
    if declared is None:
        reason = f"the policy in force declares no recipient “{name}”"
        return Standing(name, "", (), "none", None, Refusal(reason, rules.NOTICE_AT_COLLECTION))
    review_on = _review_on(declared, kept)
    real = _as_it_is(declared, kept)
    role, missing = real.effective_role, _missing(declared, real)
    is_ours = role == _SAME_BUSINESS
    contract: Literal["none", "valid", "withdrawn", "lapsed"] = "valid"
    if kept.withdrawn_ms is not None:
        contract = "withdrawn"
    elif real.contract is None:
        contract = "none"
    elif review_on is not None and review_on <= today:
        contract = "lapsed"
    refusal = None if is_ours else _refusal(declared, role, missing, contract)
    return Standing(name, role, missing, contract, review_on, refusal)


def due_reviews(tx: Transaction, rulebook: Rulebook, today: date) -> tuple[Standing, ...]:
    """Return the recipients of a version of whose contract the review is due soon, or was. Rule: 11 CCR 7051(c), 7053(b)."""
    known = recipients.every(tx)
    found = (standing_of(rulebook, name, known.get(name), today) for name in rulebook.recipients)
    return tuple(one for one in found if one.is_warned(today))


def registered(tx: Transaction) -> tuple[Registered, ...]:
    """Return what is registered of every recipient."""
    return tuple(recipients.every(tx).values())


def changes(tx: Transaction) -> int:
    """Return a number that is another one whenever something was written down of a recipient."""
    return recipients.changes(tx)


def contact(tx: Transaction, name: str) -> str:
    """Return the address to which instructions to a recipient go; "" where none is registered."""
    found = recipients.get(tx, name)
    return found.contact if found else ""


def untrue_of(control: Control, rulebook: Rulebook) -> tuple[tuple[str, str], ...]:
    """Return what a version says of contracts that is known to be untrue, as `broken` does, by what is registered now."""
    with control.reading() as tx:
        return broken(rulebook, registered(tx))


def broken(rulebook: Rulebook, known: Iterable[Registered]) -> tuple[tuple[str, str], ...]:
    """Return what a version says of contracts that is known to be untrue, as (recipient, why): it is not published so.

    Rule: Bus. & Prof. Code § 22576; 11 CCR 7051(c).
    """
    found = []
    for one in known:
        declared = rulebook.recipients.get(one.name)
        contract = declared.contract if declared else None
        if contract is None:
            continue
        if one.withdrawn_ms is not None:
            found.append((one.name, "its contract has ended"))
        found += [(one.name, f"its contract lacks {clause}") for clause in one.missing if clause in contract.clauses]
    return tuple(found)


def _as_it_is(declared: Recipient, kept: Registered) -> Recipient:
    """Return a declared recipient with the contract that it really has."""
    return declared.lacking({*kept.missing, *([CONTRACT] if kept.withdrawn_ms is not None else [])})


def as_it_was(rulebook: Rulebook | None, name: str, lacked: Collection[str]) -> Recipient | None:
    """Return a recipient as a version declared it, with what its contract really was then; None where it declared none.

    What went is judged so for ever: neither a later version nor a mended contract makes a sale undone, and who is a third party
    today was none before. Why: decision 0091. Rule: Cal. Civ. Code § 1798.130(a)(5)(C); 11 CCR 7051(c).
    """
    declared = rulebook.recipients.get(name) if rulebook else None
    return declared.lacking(lacked) if declared is not None else None


def as_of(control: Control, rulebook: Rulebook | None, name: str, at_ms: int) -> Recipient | None:
    """Return the same as of a moment, by what contracts are known now to have lacked then."""
    with control.reading() as tx:
        return as_it_was(rulebook, name, lacked(contract_gaps.every(tx), name, at_ms))


def gaps(tx: Transaction) -> tuple[Gap, ...]:
    """Return what contracts lacked, and when."""
    return contract_gaps.every(tx)


def _missing(declared: Recipient, real: Recipient) -> tuple[str, ...]:
    if real.contract is None:
        return ()
    is_third_party = declared.role == _THIRD_PARTY
    return real.contract.missing_for_third_party if is_third_party else real.contract.missing


def _review_on(declared: Recipient, kept: Registered) -> date | None:
    """Return by when a recipient is checked again: as registered, else a year after what the policy says of it."""
    if kept.review_on is not None or declared.contract is None:
        return kept.review_on
    last = max(declared.contract.signed, declared.checked or declared.contract.signed)
    return add_months(last, CHECK_MONTHS)


def _refusal(declared: Recipient, role: str, missing: tuple[str, ...], contract: str) -> Refusal | None:
    """Return why nothing may go to a recipient that is somebody else, None where something may."""
    called = f"“{declared.name}”"
    if contract == "withdrawn":
        return Refusal(f"the contract with {called} has ended", rules.WITHOUT_CONTRACT)
    if declared.role == _THIRD_PARTY and (missing or contract == "none"):
        lacks = f"lacks {', '.join(missing)}" if missing else "is missing"
        return Refusal(f"the contract with the third party {called} {lacks}", rules.THIRD_PARTY_CONTRACT)
    if declared.role != role:
        lacks = f"its contract lacks {', '.join(missing)}" if missing else "it has no contract, or uses the data for itself"
        reason = f"{called} is declared a {declared.role} and is a third party: {lacks}"
        return Refusal(reason, rules.WITHOUT_CONTRACT)
    if contract == "lapsed" and declared.stops_when_lapsed:
        return Refusal(f"the review of {called} is due, and the policy stops what it gets", rules.SERVICE_PROVIDER_CHECKS)
    return None
