"""Bounds of what comes from outside: between which moments it may have happened, and how long each field may be.

Every door asks here, before the spool: behind it a moment is in dates, columns and record ids, and a value in the store.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Final

from avow.collection.refusals import RefusalRow, Refusals
from avow.definitions import Refusal
from avow.policy import Rulebook
from avow.policy.law import rules

#: Why a value is not kept: what the policy declares is what the notice says.
TOO_LONG: Final = Refusal("the value is longer than the policy allows", rules.NOTICE_AT_COLLECTION)
#: The first day that is believed, and how far ahead of our clock a moment may be, where the configuration says nothing.
EARLIEST: Final = date(2000, 1, 1)
MARGIN_HOURS: Final = 24
_HOUR_MS: Final = 3_600_000
#: Fields that are cut to their length and not lost: their beginning says what they are kept for.
_CUT: Final = ("user-agent", "mailing")


@dataclass(frozen=True, slots=True)
class Moments:
    """The moments that are believed: from the first day on (UTC), and so far ahead of now as clocks may differ."""

    earliest: date = EARLIEST
    margin_hours: int = MARGIN_HOURS

    def hold(self, moment_ms: int, now_ms: int) -> bool:
        """Return whether a moment that somebody else wrote, milliseconds since 1970, may be true."""
        first = datetime(self.earliest.year, self.earliest.month, self.earliest.day, tzinfo=UTC)
        return first.timestamp() * 1000 <= moment_ms <= now_ms + self.margin_hours * _HOUR_MS


def cut_short(fields: Mapping[str, str], rulebook: Rulebook) -> dict[str, str]:
    """Return the fields, those of which the beginning says enough cut to the declared length."""
    cut = {name: fields[name][: rulebook.data[name].max_length] for name in _CUT if name in fields}
    return {**fields, **cut}


def fitting(fields: Mapping[str, str], rulebook: Rulebook) -> tuple[dict[str, str], tuple[str, ...]]:
    """Return the declared fields that are no longer than declared, and the names of those that are.

    Raises KeyError for a field that is no data item. Rule: Cal. Civ. Code § 1798.100(a)(1), (c).
    """
    kept = {name: value for name, value in fields.items() if len(value) <= rulebook.data[name].max_length}
    return kept, tuple(name for name in fields if name not in kept)


def count_too_long(refusals: Refusals, day: date, site: str, point: str, names: tuple[str, ...]) -> None:
    """Count for the console the fields that were too long, without their values."""
    for name in names:
        refusals.add(RefusalRow(day, site, point, name, TOO_LONG.reason, TOO_LONG.rule))
