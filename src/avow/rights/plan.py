"""What will be done for a verified request: per target and collection point, with the rule (walk 2, step 4)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from avow.definitions import RequestKind
from avow.policy import Rulebook
from avow.policy.law import rules


class Action(StrEnum):
    """What a target does."""

    DISCLOSE = "disclose"
    ERASE = "erase"
    NOTHING_HELD = "nothing held"


@dataclass(frozen=True, slots=True)
class Task:
    """One line of a plan: who does what, and the rule that asks for it or lets it be."""

    target: str
    action: Action
    rule: str


def make(kind: RequestKind, rulebook: Rulebook, targets: tuple[str, ...]) -> tuple[Task, ...]:
    """Return the plan: every target of the installation, then every recipient of the policy.

    A recipient whose contract lets it keep nothing after delivery holds nothing to delete; the compiler refuses any
    other recipient, because nothing would carry out the instruction.
    Rule: Cal. Civ. Code § 1798.110 (know), § 1798.105(c)(1) (delete, and tell service providers).
    """
    if kind is RequestKind.KNOW:
        return tuple(Task(target, Action.DISCLOSE, rules.KNOW) for target in targets)
    own = tuple(Task(target, Action.ERASE, rules.DELETE_FROM_RECORDS) for target in targets)
    others = tuple(
        Task(
            recipient.label,
            Action.NOTHING_HELD,
            rules.both("contract: nothing kept after delivery", rules.SERVICE_PROVIDER_CONTRACT),
        )
        for recipient in rulebook.recipients.values()
        if recipient.keeps_days == 0
    )
    return own + others
