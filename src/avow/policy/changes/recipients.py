"""What changes about who receives personal information: who is new, in which role, for how long, bound by what.

Rule: Bus. & Prof. Code § 22575(b)(3); Cal. Civ. Code § 1798.100(a)(1), (d), § 1798.130(a)(5)(C).
"""

from __future__ import annotations

from collections.abc import Iterator

from avow.policy.changes.change import Added, Change, Kept, Removed, compared, uses
from avow.policy.language.vocabulary import DISCLOSURES, EFFECTIVE_ROLES, INSTRUCTS, SHORT_CATEGORIES
from avow.policy.markup import joined, lowered
from avow.policy.rulebook.declarations import Recipient
from avow.policy.rulebook.rulebook import Rulebook

#: Roles that no contract of a service provider binds: who takes one on is told to people.
_UNBOUND = frozenset({"third-party", "same-business"})


def recipient_changes(old: Rulebook, new: Rulebook) -> Iterator[Change]:
    """Say who newly receives something, who no longer does, and what else is true of the others.

    Rule: Bus. & Prof. Code § 22575(b)(3); Cal. Civ. Code § 1798.100(d).
    """
    for recipient in compared(old.recipients, new.recipients):
        match recipient:
            case Added(_, after):
                yield Change("recipient", f"New recipient: {after.label}{_as_third_party(after)}.", material=True)
            case Removed(_, before):
                yield Change("recipient", f"{before.label} no longer receives anything.", material=False)
            case Kept(_, before, after):
                yield from _recipient(old, new, before, after)


def _as_third_party(recipient: Recipient) -> str:
    if recipient.effective_role != "third-party":
        return ""
    return f", a third party; what it gets is {DISCLOSURES[recipient.effective_disclosure]}"


def _recipient(old: Rulebook, new: Rulebook, before: Recipient, after: Recipient) -> Iterator[Change]:
    if before.label != after.label:
        yield Change("recipient", f"{after.label} takes the place of {before.label}.", material=True)
    yield from _role(before, after)
    if before.country != after.country:
        yield Change("recipient", f"{after.label} is in {after.country}; before: {before.country}.", material=True)
    yield from _given(old, new, before, after)
    if before.keeps_days != after.keeps_days:
        longer = after.keeps_days > before.keeps_days
        words = f"{after.label} keeps what it receives for {after.keeps_days} days; before: {before.keeps_days}."
        yield Change("recipient", words, material=longer)
    if before.services != after.services:
        words = f'What {after.label} does for us: "{after.services}"; before: "{before.services}".'
        yield Change("recipient", words, material=True)
    yield from _contract(before, after)
    yield from _told(before, after)
    yield from _held_back(before, after)


def _role(before: Recipient, after: Recipient) -> Iterator[Change]:
    """Say which role it has by computation, and what makes no other role of it."""
    if before.effective_role != after.effective_role:
        was, now = (EFFECTIVE_ROLES[one.effective_role] for one in (before, after))
        words = f"{after.label} becomes a {now}; before: {was}."
        yield Change("recipient", words, material=after.effective_role in _UNBOUND)
        return
    if before.cross_context != after.cross_context:
        serves = "serves" if after.cross_context else "no longer serves"
        words = f"{after.label} {serves} advertising by what people do with several businesses."
        yield Change("recipient", words, material=after.cross_context)
    if before.same_business != after.same_business:
        of = "is" if after.same_business else "is no longer"
        yield Change("recipient", f"{after.label} {of} a company of the same business.", material=True)


def _given(old: Rulebook, new: Rulebook, before: Recipient, after: Recipient) -> Iterator[Change]:
    for verb, words, material in (
        ("may newly receive", _short(after.categories - before.categories), True),
        ("may no longer receive", _short(before.categories - after.categories), False),
        ("may newly use it for", uses(new, after.purposes - before.purposes), True),
        ("may no longer use it for", uses(old, before.purposes - after.purposes), False),
    ):
        if words:
            yield Change("recipient", f"{after.label} {verb} {words}.", material=material)


def _contract(before: Recipient, after: Recipient) -> Iterator[Change]:
    """Say how the contract changes; a lost clause also changes the role, which is said there (11 CCR 7051(c))."""
    held = before.contract.clauses if before.contract else frozenset[str]()
    holds = after.contract.clauses if after.contract else frozenset[str]()
    if held - holds:
        missing = joined(name.replace("_", " ") for name in sorted(held - holds))
        yield Change("recipient", f"The contract with {after.label} no longer says: {missing}.", material=True)
    elif before.contract != after.contract:
        yield Change("recipient", f"The contract with {after.label} was renewed or completed.", material=False)


def _told(before: Recipient, after: Recipient) -> Iterator[Change]:
    """Say how it is told to delete; that nothing tells it any more is material. Rule: Cal. Civ. Code § 1798.105(c)(1)."""
    if before.instruct == after.instruct:
        return
    if not after.instruct:
        yield Change("recipient", f"Nothing tells {after.label} to delete, correct or stop any more.", material=True)
        return
    was = f"; before: {INSTRUCTS[before.instruct]}" if before.instruct else "; before, nothing told it"
    yield Change(
        "recipient", f"{after.label} is told to delete, correct or stop {INSTRUCTS[after.instruct]}{was}.", material=False
    )


def _held_back(before: Recipient, after: Recipient) -> Iterator[Change]:
    """Say when it gets nothing, or not before somebody else looked; less of that is material."""
    if before.stops_when_lapsed != after.stops_when_lapsed:
        gets = "gets nothing" if after.stops_when_lapsed else "gets what is declared"
        words = f"{after.label} {gets} while the review of its contract is overdue."
        yield Change("recipient", words, material=before.stops_when_lapsed)
    was, now = before.second_person_above, after.second_person_above
    if was != now:
        asked = "No batch" if now is None else f"A batch of more than {now:,} records"
        words = f"{asked} for {after.label} waits for a second member of our staff."
        yield Change("recipient", words, material=was is not None and (now is None or now > was))
    if before.needs_authorisation != after.needs_authorisation:
        needs = "needs your signed authorisation" if after.needs_authorisation else "needs no authorisation of yours any more"
        words = f"What we order of {after.label} about you {needs}."
        yield Change("recipient", words, material=bool(before.needs_authorisation))


def _short(letters: frozenset[str]) -> str:
    return joined(lowered(SHORT_CATEGORIES[letter]) for letter in sorted(letters))
