"""What will be done for a verified request: per target and recipient, with the rule (walk 2, step 4)."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum

from avow.definitions import RequestKind
from avow.policy.law import rules
from avow.policy.rulebook.declarations import Recipient


class Action(StrEnum):
    """What a target does."""

    DISCLOSE = "disclose"
    ERASE = "erase"
    NOTHING_HELD = "nothing held"
    INSTRUCT = "instruct"


@dataclass(frozen=True, slots=True)
class Task:
    """One line of a plan: who does what, and the rule that asks for it or lets it be; `recipient` is the policy's name of one.

    `did` is what became of it, where nothing has to be done.
    """

    target: str
    action: Action
    rule: str
    recipient: str = ""
    did: str = ""


@dataclass(frozen=True, slots=True)
class Given:
    """What of a person went to one recipient, by the log of disclosures: when last, and by the version under which that was.

    `declared` is what that version says of the recipient; None when no version that is known declares it. `categories` are
    letters of § 1798.140(v)(1), `identifiers` what finds the person there.
    """

    name: str
    declared: Recipient | None
    rulebook_id: str
    last_on: date
    categories: str
    identifiers: tuple[tuple[str, str], ...]

    @property
    def is_third_party(self) -> bool:
        """Whether it is a third party by computation, or nobody knows what it is. Rule: 11 CCR 7051(c), 7053(c)."""
        return self.declared is None or self.declared.effective_role == "third-party"

    def may_hold(self, today: date) -> bool:
        """Return whether it may hold something yet: of a third party nobody knows until when.

        Rule: Cal. Civ. Code § 1798.105(c)(1); 11 CCR 7022(b)(3) (all third parties to whom it was sold or shared).
        """
        if self.declared is None or self.is_third_party:
            return True
        return self.declared.keeps_days > 0 and self.last_on + timedelta(days=self.declared.keeps_days) >= today


def make(kind: RequestKind, targets: tuple[str, ...], given: Sequence[Given], today: date) -> tuple[Task, ...]:
    """Return the plan: every target of the installation, then every recipient that was given something of this person.

    One that may hold it is told to erase it. One whose contract lets it keep nothing, or no longer, holds nothing.
    Raises ValueError for any other kind: nothing is erased that nobody asked to erase.
    Rule: Cal. Civ. Code § 1798.110 (know), § 1798.105(c)(1) (delete, and tell service providers and third parties).
    """
    if kind is RequestKind.KNOW:
        return tuple(Task(target, Action.DISCLOSE, rules.KNOW) for target in targets)
    if kind is not RequestKind.DELETE:
        raise ValueError(f'there is no plan for a request of the kind "{kind}"')
    own = tuple(Task(target, Action.ERASE, rules.DELETE_FROM_RECORDS) for target in targets)
    called = names(given, targets)
    return own + tuple(_of(one, called[one.name], today) for one in given)


def names(given: Iterable[Given], taken: Iterable[str] = ()) -> Mapping[str, str]:
    """Return what plans and letters call each recipient: its label, with its name where another has the same label."""
    called: dict[str, str] = {}
    for one in given:
        label = one.declared.label if one.declared else one.name
        called[one.name] = f"{label} ({one.name})" if label in {*called.values(), *taken} else label
    return called


def _of(one: Given, called: str, today: date) -> Task:
    if one.may_hold(today):
        rule = rules.TELL_THIRD_PARTIES if one.is_third_party else rules.TELL_PROVIDERS
        return Task(called, Action.INSTRUCT, rules.both(rules.DELETE_FROM_RECORDS, rule), one.name)
    kept = one.declared.keeps_days if one.declared else 0
    contract = f"contract: nothing kept for more than {kept} days" if kept else "contract: nothing kept after delivery"
    did = "holds nothing any more" if kept else "holds nothing after delivery"
    return Task(called, Action.NOTHING_HELD, rules.both(contract, rules.SERVICE_PROVIDER_CONTRACT), one.name, did)
