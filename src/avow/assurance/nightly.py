"""The search of a night: for all who were erased since the last one, through every file of the data and of declared backups.

A pass looks for many people at once and works file by file, a second at a time, so that the other jobs go on. How far it came is
kept, sealed, for the name of a file in a backup may be somebody's: a restart goes on behind the last file. What cannot be read is
counted, and told with what was found. Why: decision 0077.
"""

from __future__ import annotations

import base64
import json
import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from avow.assurance.residue import SHORTEST, Search, Searched
from avow.store import sealing
from avow.store.control import settings
from avow.store.store import Store

log = logging.getLogger(__name__)

#: O'clock, in the time zone of the law that days are counted by: when few visit.
HOUR: Final = 3
#: People of one pass: with each in thirty forms, what is looked for takes some tens of megabytes.
AT_ONCE: Final = 5_000
#: How long a round works before it notes how far it came and lets the other jobs on, seconds.
ROUND_SECONDS: Final = 1.0
#: The setting that keeps how far a pass came, and the vault's key that seals it.
_SETTING: Final = "residue.pass"
_KEYS: Final = "residue"
#: How a proof calls the folders.
_DATA, _BACKUP = "data folder", "backup folder {}"


@dataclass(slots=True)
class Place:
    """A folder that is searched: how much of it was, and how often each person was found in it, by request."""

    files: int = 0
    unreadable: int = 0
    found: dict[str, int] = field(default_factory=dict)

    def add(self, one: Searched, whose: Sequence[str]) -> None:
        """Count a file; `whose` says of which request each canary is."""
        if not one.is_readable:
            self.unreadable += 1
            return
        self.files += 1
        for found in one.found:
            self.found[whose[found.canary]] = self.found.get(whose[found.canary], 0) + found.count

    def told(self, request_id: str, *, short: int) -> dict[str, str | int]:
        """Return what a proof says of this folder for one person, of whose identifiers so many were too short to look for."""
        found = self.found.get(request_id, 0)
        said = ["1 file searched" if self.files == 1 else f"{self.files} files searched"]
        said += ["found once" if found == 1 else f"found {found} times"] if found else []
        said += [f"{self.unreadable} could not be read"] if self.unreadable else []
        said += [f"{short} too short to be looked for"] if short else []
        return {"did": ", ".join(said), "records": found}


@dataclass(slots=True)
class Pass:
    """How far a pass came: whom it looks for, the folder in hand, the last file of it, and what it found by folder."""

    requests: list[str]
    places: list[Place]
    place: int = 0
    after: tuple[str, ...] = ()

    @property
    def is_over(self) -> bool:
        """Whether every folder was searched."""
        return self.place == len(self.places)


@dataclass(slots=True)
class Nightly:
    """The job; `due` and `note` are what it asks of the requests that erased people (`rights.left_over.Erased`).

    `due(day, limit)` returns whom to look for by a day, `note(request, found, left)` keeps what was found of one. `zone` is the
    time zone of the nights; `is_over` says that the process ends; `queue` is where a request is set aside that cannot be told.
    """

    store: Store
    folders: Sequence[Path]
    due: Callable[[date, int], Mapping[str, tuple[str, ...]]]
    note: Callable[[str, Mapping[str, Mapping[str, str | int]], int], bool]
    zone: Callable[[], str]
    is_believed: Callable[[], bool]
    is_over: Callable[[], bool]
    now_ms: Callable[[], int]
    queue: str
    _pass: Pass | None = None
    _people: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    _files: Iterator[Searched] | None = None
    _whose: list[str] = field(default_factory=list)
    _was_asked: bool = False

    def changes(self) -> object:
        """Return what a round works by: what is written, while no pass is under way. For `jobs.Job`."""
        return self.store.control.changes() if self._pass is None and self._was_asked else None

    def once(self) -> bool:
        """Take the pass of this night on, or begin it; never more at once: between two rounds the other jobs have their turn."""
        if not self.is_believed():
            return False
        if self._pass is None:
            self._people = self.due(self._night(), AT_ONCE)  # gives those their proof who were looked for, too
            self._pass = (None if self._was_asked else self._kept()) or self._begun()
            self._was_asked = True
        if self._pass is not None:
            if not self._pass.is_over:
                self._search(self._pass)
            if self._pass.is_over and self._tell(self._pass):
                self._forget()
        return False

    def _night(self) -> date:
        """Return the day whose night has come."""
        here = datetime.fromtimestamp(self.now_ms() / 1000, UTC).astimezone(ZoneInfo(self.zone()))
        return (here - timedelta(hours=HOUR)).date()

    def _begun(self) -> Pass | None:
        """Return a new pass; None where nobody is to be looked for."""
        if not self._people:
            return None
        log.info("looking for what is left of %d erased people", len(self._people))
        return Pass(list(self._people), [Place() for _ in self.folders])

    def _search(self, under_way: Pass) -> None:
        """Search for a second, and note how far that came."""
        until = time.monotonic() + ROUND_SECONDS
        while not under_way.is_over and not self.is_over():
            if self._files is None:
                self._files = self._searching(under_way)
            for one in self._files:
                under_way.places[under_way.place].add(one, self._whose)
                under_way.after = one.parts
                if time.monotonic() > until:
                    return self._keep(under_way)
            if self.is_over():  # the file in hand was not searched whole
                break
            self._files, under_way.place, under_way.after = None, under_way.place + 1, ()
        self._keep(under_way)
        return None

    def _searching(self, under_way: Pass) -> Iterator[Searched]:
        """Return the files of the folder in hand, from behind the last one on, each searched for everybody who is known yet."""
        pairs = [(one, text) for one in under_way.requests for text in self._people.get(one, ()) if len(text) >= SHORTEST]
        self._whose = [request_id for request_id, _ in pairs]
        search = Search([text for _, text in pairs], self.is_over)
        return search.below(self.folders[under_way.place], under_way.after)

    def _tell(self, done: Pass) -> bool:
        """Keep for each person what was found; return whether that is done for all. What fails is set aside."""
        names = [_DATA, *(_BACKUP.format(number) for number in range(1, len(self.folders)))]
        again: list[str] = []

        def tell(request_id: str) -> None:
            short = sum(len(text) < SHORTEST for text in self._people[request_id])
            told = {name: one.told(request_id, short=short) for name, one in zip(names, done.places, strict=True)}
            left = sum(one.found.get(request_id, 0) for one in done.places)
            if not self.note(request_id, told, left):
                again.append(request_id)
            elif left:
                log.warning(
                    "residue: request %s: found %d times; `avow assurance residue --request` says where", request_id, left
                )

        known = [one for one in done.requests if one in self._people]  # who was forgotten meanwhile is told of by `due`
        self.store.aside.each(self.queue, known, str, tell, self.now_ms())
        return not again

    def _keep(self, under_way: Pass) -> None:
        """Keep how far a pass came, sealed."""
        plain = json.dumps(asdict(under_way)).encode()
        sealed = sealing.seal(self.store.vault.create_key(_KEYS, _SETTING), plain, _SETTING.encode())
        with self.store.control.transaction() as tx:
            settings.put(tx, _SETTING, base64.b64encode(sealed).decode())

    def _kept(self) -> Pass | None:
        """Return the pass that was under way when the process ended; None for none, or for one that goes on no more.

        It does not where other folders are declared since, or where the key is not the one that sealed it: it begins again.
        """
        key = self.store.vault.get_key(_KEYS, _SETTING)
        with self.store.control.reading() as tx:
            kept = settings.get(tx, _SETTING)
        if not kept or key is None or not self._people:
            return None

        def read() -> Pass:
            said: dict[str, Any] = json.loads(sealing.unseal(key, base64.b64decode(kept), _SETTING.encode()))  # Any: JSON
            places = [Place(**one) for one in said["places"]]
            return Pass(said["requests"], places, said["place"], tuple(said["after"]))

        found = self.store.aside.tried(read)[1]
        return found if found is not None and len(found.places) == len(self.folders) else None

    def _forget(self) -> None:
        """Forget a pass that is told of."""
        self.store.vault.destroy_key(_KEYS, _SETTING)
        with self.store.control.transaction() as tx:
            settings.put(tx, _SETTING, "")
        self._pass, self._people, self._files, self._whose = None, {}, None, []
