"""The retention schedule: per collection point, what is kept how long, for the sweep and for the register."""

from __future__ import annotations

from dataclasses import dataclass

from avow.policy.rulebook import Retention, Rulebook


@dataclass(frozen=True, slots=True)
class RetentionLine:
    """One line of the schedule. `categories` are the statutory letters of what the record holds."""

    point: str
    label: str
    items: tuple[str, ...]
    categories: tuple[str, ...]
    purposes: tuple[str, ...]
    retention: Retention


def schedule(rulebook: Rulebook) -> tuple[RetentionLine, ...]:
    """Return the schedule in the order of the policy.

    Rule: Cal. Civ. Code § 1798.100(a)(3); 16 CFR 312.10 (a written retention policy).
    """
    return tuple(
        RetentionLine(
            point=point.name,
            label=point.label,
            items=point.fields,
            categories=tuple(sorted({letter for name in point.fields for letter in rulebook.data[name].categories})),
            purposes=tuple(sorted(point.purposes)),
            retention=point.retention,
        )
        for point in rulebook.points.values()
    )
