"""The versions of an installation's policy: which is in force now, which is announced, and any earlier one by its id.

What is in force is what was published, and its day has come; not what lies in the policy file. Every process holds one
`Versions`: `refresh` (a job) sees within a second what `avow policy publish` did, and `in_force` turns to an announced
version at the midnight of its day by itself, even while the control store does not answer.
"""

from __future__ import annotations

import json
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from types import MappingProxyType
from typing import TypeVar

from avow.definitions import PolicyError, StoreUnavailable, local_date
from avow.local_days import midnight_ms
from avow.policy import Rulebook, law, reopen
from avow.policy.changes.diff import Change
from avow.store.control import Control, publications, rulebooks
from avow.store.control.publications import Stored

_T = TypeVar("_T")


@dataclass(frozen=True, slots=True)
class _Timeline:
    """What is in force until `next_ms`, and from then on; `None` when nothing is announced."""

    current: Rulebook
    next_ms: int | None
    following: Rulebook | None
    publications: tuple[Stored, ...]


class Versions:
    """The versions over a control store; any thread may use it."""

    def __init__(self, control: Control, timezone: str, now_ms: Callable[[], int]) -> None:
        self._control = control
        self.timezone = timezone
        self._now_ms = now_ms
        self._opened: dict[str, Rulebook] = {}
        self._lock = threading.Lock()
        self._timeline: _Timeline | None = None

    def in_force(self) -> Rulebook:
        """Return the version in force at this moment. Raises PolicyError when none was ever published."""
        timeline = self._timeline or self._known()  # without a call more: every event passes
        if timeline.next_ms is not None and timeline.following is not None and self._now_ms() >= timeline.next_ms:
            return timeline.following
        return timeline.current

    def has_any(self) -> bool:
        """Return whether any version was ever published."""
        with self._control.reading() as tx:
            return bool(publications.every(tx))

    def following(self) -> Rulebook | None:
        """Return the announced version, so that everything can be ready at its midnight."""
        return self._known().following

    def refresh(self) -> bool:
        """Read what was published since the last time; keep what is known when the store does not answer."""
        try:
            self._timeline = self._read()
        except StoreUnavailable:
            if self._timeline is None:
                raise
        return False

    def publications(self) -> tuple[Stored, ...]:
        """Return every publication in the order of coming into force."""
        return self._known().publications

    def today(self) -> date:
        """Return today in the business's time zone: versions change at its midnight."""
        return local_date(self._now_ms(), self.timezone)

    def current(self) -> Stored | None:
        """Return the publication of the version in force."""
        return publications.in_force(self.publications(), self.today())

    def announced(self) -> Stored | None:
        """Return the publication of the announced version."""
        return publications.announced(self.publications(), self.today())

    def standing(self, publication: Stored) -> str:
        """Return what has become of a publication: "in force", "announced", "replaced" or "withdrawn"."""
        if publication.withdrawn_ms is not None:
            return "withdrawn"
        if publication.in_force_on > self.today():
            return "announced"
        current = self.current()
        return "in force" if current is not None and current.seq == publication.seq else "replaced"

    def shown_on(self, day: date) -> tuple[Stored, ...]:
        """Return the publications in force on a day, the last first: one, or more when one was replaced during that day.

        A version that was announced took the place of the one before at midnight; one published on the day itself did not.
        """
        standing = [one for one in self.publications() if one.withdrawn_ms is None and one.in_force_on <= day]
        began = [one for one in reversed(standing) if one.in_force_on == day]
        before = [one for one in reversed(standing) if one.in_force_on < day][:1]
        was_replaced_later = all(local_date(one.published_ms, self.timezone) == day for one in began[-1:])
        return (*began, *(before if was_replaced_later else ()))

    def in_force_on(self, day: date) -> Rulebook:
        """Return the version in force at the end of a day; the first one for a day before anything was published."""
        shown = self.shown_on(day) or self.publications()[:1]
        found = self.rulebook(shown[0].rulebook_id) if shown else None
        return found or self.in_force()

    def first_day(self, rulebook: Rulebook) -> date | None:
        """Return the day from which a version is in force, since it was last published; None when it was taken back before.

        The very first version may have been the company's policy before it was kept here: then its own date counts.
        """
        published = self.publications()
        standing = [one for one in published if one.rulebook_id == rulebook.id and one.withdrawn_ms is None]
        if not standing:
            return None
        return min(rulebook.effective, standing[0].in_force_on) if standing == [published[0]] else standing[-1].in_force_on

    def rulebook(self, rulebook_id: str) -> Rulebook | None:
        """Return a version by its id as it was published, or None when it never was."""
        known = self._opened.get(rulebook_id)
        if known is not None:
            return known
        with self._control.reading() as tx:
            kept = rulebooks.get(tx, rulebook_id)
        if kept is None:
            return None
        opened = reopen(kept.text, kept.name, law.load(kept.law) if kept.law else law.tables(), kept.id)
        with self._lock:
            return self._opened.setdefault(rulebook_id, opened)

    def everything_declared(self) -> Rulebook:
        """Return the version in force with whatever earlier ones declared next to: names for records of any age.

        For telling a person what is held, never for deciding what may be done.
        """
        current = self.in_force()
        earlier = [self.rulebook(one.rulebook_id) for one in self.publications() if one.in_force_on <= self.today()]
        known = [one for one in earlier if one is not None]
        return replace(
            current,
            data=_all([one.data for one in known], current.data),
            purposes=_all([one.purposes for one in known], current.purposes),
            points=_all([one.points for one in known], current.points),
            recipients=_all([one.recipients for one in known], current.recipients),
            sources=_all([one.sources for one in known], current.sources),
        )

    def with_law_of(self, rulebook_id: str, jurisdiction: str) -> Rulebook:
        """Return the version in force with the law tables of another one: a consumer request keeps the days it was filed under.

        `jurisdiction` is the code of the law that its person asked for, "" for the policy's own. Whom it is about and how to
        reach the company stays as it is now.
        """
        current = self.in_force()
        own = self.rulebook(rulebook_id)
        if own is None:
            return current
        others = tuple(code for code in own.jurisdictions if code != jurisdiction)
        asked = (jurisdiction, *others) if jurisdiction in own.law else own.jurisdictions
        return replace(current, law=own.law, jurisdictions=asked)

    def _known(self) -> _Timeline:
        if self._timeline is None:
            self.refresh()
        assert self._timeline is not None
        return self._timeline

    def _read(self) -> _Timeline:
        with self._control.reading() as tx:
            found = publications.every(tx)
        today = self.today()
        current, following = publications.in_force(found, today), publications.announced(found, today)
        if current is None:
            raise PolicyError("no policy was published yet; `avow serve` publishes the configured file at its first start")
        return _Timeline(
            self._open(current),
            midnight_ms(following.in_force_on, self.timezone) if following else None,
            self._open(following) if following else None,
            found,
        )

    def _open(self, publication: Stored) -> Rulebook:
        rulebook = self.rulebook(publication.rulebook_id)
        if rulebook is None:
            raise PolicyError(f"the text of version {publication.rulebook_id[:12]} is not in the control store")
        return rulebook


def changes_of(publication: Stored) -> tuple[Change, ...]:
    """Return what people were told that this version changes."""
    return tuple(Change(kind, words, material) for kind, words, material in json.loads(publication.changes))


def _all(earlier: list[Mapping[str, _T]], current: Mapping[str, _T]) -> Mapping[str, _T]:
    """Return all declarations of one kind, the newest of each name."""
    found: dict[str, _T] = {}
    for one in (*earlier, current):
        found |= one
    return MappingProxyType(found)
