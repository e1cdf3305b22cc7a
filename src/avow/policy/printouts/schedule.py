"""The retention schedule: per collection point, what is kept how long, for the sweep and for the register."""

from __future__ import annotations

import json
from collections.abc import Collection
from dataclasses import dataclass

from markupsafe import Markup

from avow.policy.printouts.tables import retention_table
from avow.policy.rulebook.declarations import Duty
from avow.policy.rulebook.periods import periods
from avow.policy.rulebook.rulebook import Retention, Rulebook


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


def schedule_page(rulebook: Rulebook) -> Markup:
    """Return the schedule as the table that the policy shows. Rule: Cal. Civ. Code § 1798.100(a)(3); 16 CFR 312.10."""
    return retention_table(rulebook)


def schedule_json(rulebook: Rulebook) -> str:
    """Return the schedule as JSON, with each period of a point; exactly one of its days, months and years is a number.

    Rule: Cal. Civ. Code § 1798.100(a)(3); 16 CFR 312.10.
    """
    lines = [
        {
            "collection": line.point,
            "label": line.label,
            "data": line.items,
            "categories": line.categories,
            "periods": [_period(kept, purposes) for kept, purposes in periods(rulebook, rulebook.points[line.point])],
            "collected_by": rulebook.points[line.point].collected_by,
            "duties": [_duty(rulebook.duties[duty], line.items) for duty in rulebook.points[line.point].duties],
        }
        for line in schedule(rulebook)
    ]
    printed = {"policy": rulebook.id, "backup_days": rulebook.backup_days, "schedule": lines}
    return json.dumps(printed, indent=1, ensure_ascii=False) + "\n"


def _duty(duty: Duty, items: Collection[str]) -> dict[str, object]:
    """Return what a duty keeps of a point whoever asks to delete it. Rule: 11 CCR 7022(f)."""
    kept = [name for name in items if name in duty.fields]
    facts = {"name": duty.name, "rule": duty.rule, "exception": duty.exception, "data": kept}
    return {**facts, **_period(duty.keeps, (duty.purpose,))}


def _period(kept: Retention, purposes: tuple[str, ...]) -> dict[str, object]:
    return {
        "purposes": purposes,
        "days": kept.days,
        "months": kept.months,
        "years": kept.years,
        "after": kept.after,
        "until": kept.until,
        "then": kept.then,
        "words": kept.words,
    }
