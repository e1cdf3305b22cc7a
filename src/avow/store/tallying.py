"""Making what panels ask of days that are over: visits, and integers by day (`tally_terms` says of what, `tallies` when).

    settle   at the start: another time zone, tables that are missing, cut off or do not say what was noted -> made again
    once     a few days at a time, the newest first: note them, remove what is there, add visits and lines, compare, done

Nothing but local days and sums is noted. A day whose events change faster than rounds come waits until they rest.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Final

from avow.local_days import LocalDay, calendar_day, day_of, ranges, segments
from avow.store.control import settings, tallied_days
from avow.store.tallies import HOUR_MS
from avow.store.tally_terms import DIMENSIONS

if TYPE_CHECKING:
    from avow.store.aside import Aside
    from avow.store.control.tallied_days import TalliedDay
    from avow.store.tallies import Tallies

#: The queue of days, of which one that cannot be made is set aside, and asked from events.
QUEUE: Final = "tallies"
#: A day is made when it has been over for so long: what came in its last moments has left the spool, milliseconds.
REST_MS: Final = 600_000
#: Days made together: so many at most, of one month, and so many events, which bounds memory and how long an erasure waits.
DAYS: Final = 31
EVENTS: Final = 200_000
#: Days made in one round.
ROUND: Final = 4 * DAYS
#: Setting of the control store: by which time zone days were made.
_ZONE: Final = "tallies.timezone"


@dataclass(slots=True)
class Tallying:
    """Makes days; one in the storage process. `timezone` is the business's."""

    tallies: Tallies
    aside: Aside
    timezone: str
    _seen: dict[date, int] = field(default_factory=dict)

    def settle(self) -> None:
        """Take off what is not right: call it before anybody asks."""
        control, events = self.tallies.control, self.tallies.events
        with control.reading() as tx:
            zone, listed = settings.get(tx, _ZONE), tallied_days.every(tx)
        for part in events.query("broken_parts"):
            events.drop_detached(part["table"], part["name"])
        if zone != self.timezone:
            self.tallies.forget()
            with control.transaction() as tx:
                settings.put(tx, _ZONE, self.timezone)
            return
        sums = self._sums()
        wrong = [one.day for one in listed if one.is_made and sums.get(one.day, _NOTHING) != (one.visits, one.lines, one.mark)]
        with control.transaction() as tx:
            tallied_days.unmake(tx, wrong)
        if stray := sums.keys() - {one.day for one in listed}:
            self.tallies.remove(stray)

    def once(self, now_ms: int) -> bool:
        """Make some days that are over and not made; return whether there may be more."""
        away = self.aside.names(QUEUE)
        waiting = sorted(self._waiting(now_ms), key=lambda one: (_name(one) in away, -one.from_ms))
        days = waiting[:ROUND]
        for batch in self._batches(days):
            self.aside.all_or_each(QUEUE, batch, _name, self.make, now_ms)
        return len(waiting) > ROUND and _name(days[-1]) not in away

    def make(self, days: Sequence[LocalDay]) -> None:
        """Make days that follow each other; those whose events change meanwhile are not made."""
        tallies, events = self.tallies, self.tallies.events
        with tallies.making():
            rows = tallies.begin(days)
            tallies.remove(one.day for one in rows)
            since, first = segments(days)
            span = {
                "froms": [days[0].from_ms],
                "untils": [days[-1].until_ms],
                "ranges": ranges([(days[0].from_ms, days[-1].until_ms)]),
            }
            asked = {"site": "", **span, "segments": since, "bases": first}
            if since:  # else a zone leaves all of these days out
                events.command_once("tally_visits", **asked)
            for dimension in DIMENSIONS.values() if since else ():
                if not self._is_unchanged(rows):
                    return
                for name in dimension.statements:
                    events.command_once(name, **asked, **dimension.parameters())
            sums = self._sums(one.day for one in rows)
            with tallies.control.transaction() as tx:
                for one in rows:
                    visits, lines, mark = sums.get(one.day, _NOTHING)
                    tallied_days.made(tx, replace(one, visits=visits, lines=lines, mark=mark))

    def _is_unchanged(self, rows: Sequence[TalliedDay]) -> bool:
        with self.tallies.control.reading() as tx:
            now = tallied_days.between(tx, rows[0].from_ms, rows[-1].until_ms)
        return {one.day: one.changes for one in now} == {one.day: one.changes for one in rows}

    def _sums(self, days: Iterator[date] | None = None) -> Mapping[date, tuple[int, int, str]]:
        rows = self.tallies.events.query("tallied", all=int(days is None), days=sorted(days or ()))
        return {row["day"]: (int(row["visits"]), int(row["lines"]), str(row["mark"])) for row in rows}

    def _waiting(self, now_ms: int) -> Iterator[LocalDay]:
        """Yield the days that are over and not made, the newest first; those that changed since the last round wait."""
        (held,) = self.tallies.events.query("event_bounds")
        if not held["events"]:
            return
        last = day_of(now_ms - REST_MS, self.timezone).day - timedelta(days=1)
        first = day_of(int(held["first_ms"]), self.timezone).day
        last = min(last, day_of(int(held["last_ms"]), self.timezone).day)
        with self.tallies.control.reading() as tx:
            listed = {one.day: one for one in tallied_days.every(tx)}
        before, self._seen = self._seen, {one.day: one.changes for one in listed.values() if not one.is_made}
        for number in range(last.toordinal(), first.toordinal() - 1, -1):
            day = date.fromordinal(number)
            known = listed.get(day)
            if known is None or (not known.is_made and known.changes == before.get(day, 0 if not known.changes else -1)):
                yield calendar_day(day, self.timezone)

    def _batches(self, days: Sequence[LocalDay]) -> Iterator[list[LocalDay]]:
        """Yield days as they are made together, in order: those that follow each other in one month, with so many events."""
        rest = sorted(days, key=lambda one: one.from_ms)
        held = self._held(rest)
        batch: list[LocalDay] = []
        for day in rest:
            is_next = batch and day.from_ms == batch[-1].until_ms and day.day.month == batch[-1].day.month
            if batch and not (is_next and len(batch) < DAYS and sum(held[one] for one in (*batch, day)) <= EVENTS):
                yield batch
                batch = []
            batch.append(day)
        if batch:
            yield batch

    def _held(self, days: Sequence[LocalDay]) -> Mapping[LocalDay, int]:
        """Return how many events these days hold, hours that two share counted for both."""
        held = dict.fromkeys(days, 0)
        if not days:
            return held
        span = {"site": "", "from_ms": days[0].from_ms, "to_ms": days[-1].until_ms}
        hours = {int(row["hour"]): int(row["events"]) for row in self.tallies.events.query("event_hours", **span)}
        for day in days:
            held[day] = sum(hours.get(hour, 0) for hour in range(day.from_ms // HOUR_MS, -(-day.until_ms // HOUR_MS)))
        return held


def _name(day: LocalDay) -> str:
    """Return the name of a day that is set aside."""
    return day.day.isoformat()


_NOTHING: Final = (0, 0, "0")
