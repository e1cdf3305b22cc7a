"""When a new version of the policy may come into force: compare, tell material from minor, ask for notice.

    compiled -> announced -> in force -> replaced       a material change, or a day that is still to come
    compiled -> in force -> replaced                    a minor change, from today on
                announced -> withdrawn

Rule: Bus. & Prof. Code § 22575(b)(3): a material change takes effect only after the notice that the policy promises.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from avow.definitions import Refusal
from avow.policy.changes.diff import Change, diff
from avow.policy.law import rules
from avow.policy.rulebook.rulebook import Rulebook

_RULE = rules.MATERIAL_CHANGES


@dataclass(frozen=True, slots=True)
class Publication:
    """A version that may be published: what it changes, from when, and whether people are written to.

    `is_announced` says that its first day is still to come.
    """

    rulebook: Rulebook
    changes: tuple[Change, ...]
    in_force_on: date
    is_announced: bool
    by_email: bool

    @property
    def is_material(self) -> bool:
        """Whether anything of it needs notice. Rule: Bus. & Prof. Code § 22575(b)(3)."""
        return any(change.material for change in self.changes)


def first(rulebook: Rulebook, today: date) -> Publication:
    """Return the first version of an installation: nobody was promised anything yet, so it is in force at once.

    Why: decision 0016.
    """
    return Publication(rulebook, (), today, is_announced=False, by_email=False)


def judge(old: Rulebook, new: Rulebook, today: date, announced: tuple[Change, ...] | None = None) -> Publication | Refusal:
    """Return how the new version would replace the one in force, published today; or why it may not.

    (1) nothing to publish: the same version
    (2) a material change needs `days_before` days of notice, by the promise in force or the new one, whichever is longer
    (3) while another version is announced, only a minor change may come between, that leaves what was announced true:
        `announced` are then the changes from `new` to the announced version that people were not told of
    Rule: Bus. & Prof. Code § 22575(b)(3); Cal. Civ. Code § 1798.100(a)(1).
    """
    # step 1
    if new.id == old.id:
        return Refusal(f"version {new.id[:12]} is in force already; there is nothing to publish", _RULE)
    changes = diff(old, new)
    material = any(change.material for change in changes)
    # step 2
    if material:
        days = notice_days(old, new)
        earliest = today + timedelta(days=days)
        if new.effective < earliest:
            said = "; ".join(change.words for change in changes if change.material)
            return Refusal(
                f"a material change needs {days} days of notice, so the first possible date is {earliest}; the policy says "
                f"effective = {new.effective}. What is material: {said}",
                _RULE,
            )
    in_force_on = max(new.effective, today)
    # step 3
    if announced is not None and (material or in_force_on > today):
        return Refusal("another version is announced; take it back first with `avow policy withdraw`", _RULE)
    untold = [change.words for change in announced or () if change.material]
    if untold:
        reason = "after this change the announced version would bring what nobody was told of: " + "; ".join(untold)
        return Refusal(f"{reason} Take it back first with `avow policy withdraw`", _RULE)
    return Publication(new, changes, in_force_on, in_force_on > today, material and "email" in old.changes.told_by)


def still_stands(made: Publication, old: Rulebook, today: date) -> bool:
    """Whether what `judge` allowed holds on this day: a midnight since takes a day of notice, or leaves the first day behind.

    Rule: Bus. & Prof. Code § 22575(b)(3).
    """
    if not made.is_announced:
        return made.in_force_on == today
    days = notice_days(old, made.rulebook) if made.is_material else 1
    return today + timedelta(days=days) <= made.in_force_on


def notice_days(old: Rulebook, new: Rulebook) -> int:
    """Return how many days before a material change people must be told: the longer of the two promises.

    Rule: Bus. & Prof. Code § 22575(b)(3).
    """
    return max(old.changes.days_before, new.changes.days_before)


def message(current: Rulebook, changes: tuple[Change, ...], in_force_on: date, origin: str, name: str) -> tuple[str, str]:
    """Return subject and text of the e-mail that tells of a material change: what changes, from when, where to read it all.

    `name` is what people know the website at `origin` by. The text holds nothing about the person.
    Rule: Bus. & Prof. Code § 22575(b)(3); 11 CCR 7003 (plain words).
    """
    who = current.controller
    told = "\n".join(f"* {change.words}" for change in changes if change.material)
    day = f"{in_force_on:%B} {in_force_on.day}, {in_force_on.year}"
    text = (
        f"Hello,\n\nyou wrote to {name}, and we promised to tell you before our privacy policy changes.\n"
        f"From {day} on:\n\n{told}\n\n"
        "What we hold about you already stays under the policy under which you gave it to us.\n\n"
        f"Everything that changes, word for word:\n{origin}/privacy-policy/history\n\n"
        f"See or delete what we hold about you:\n{origin}/privacy\n\n{name}\n{who.address}\n{who.email}\n"
    )
    return f"Our privacy policy changes on {day}", text
