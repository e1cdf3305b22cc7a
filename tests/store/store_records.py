"""Records and people for the tests of the store."""

from __future__ import annotations

import itertools
from dataclasses import dataclass, field
from pathlib import Path

from tests.conftest import control_in

from avow.definitions import AfterRetention, Event, EventBatch, Identifier, IdentifierKind, Submission, Terms, identifier
from avow.store import Store
from avow.store.control import Control
from avow.store.events import EventRow, Events, announced
from avow.store.files import Files
from avow.store.keys import Vault

MORNING = 1_790_000_000_000


def open_parts(folder: Path, database: str = "") -> Store:
    """Return a store on the engine announced in `folder/run`; its control store is SQLite there unless a URL is given."""
    control = Control(database) if database else control_in(folder)
    events = Events(announced(folder / "run"), folder / "run" / "events.lock")
    return Store(control, events, Vault(folder / "keys.db"), Files(folder / "files"))


@dataclass
class Writer:
    """Makes records with ids of their own."""

    numbers: itertools.count[int] = field(default_factory=itertools.count)

    def event(self, visitor: str = "", at_ms: int = MORNING, **changes: object) -> Event:
        values: dict[str, object] = {
            "record_id": f"{at_ms:012x}{next(self.numbers):020x}",
            "collected_ms": at_ms,
            "site": "marrowby",
            "point": "page-view",
            "rulebook_id": "a" * 64,
            "name": "view",
            "delete_on": "2099-01-01",
            "then": AfterRetention.ERASE,
            "fields": {"page": "/", "browser": "Firefox"},
            "sealed": {"visitor-id": visitor} if visitor else {},
            "visitor": visitor,
        }
        return Event(**(values | changes))  # type: ignore[arg-type]

    def batch(
        self, visitor: str = "", at_ms: int = MORNING, points: tuple[str, ...] = ("page-view",), **changes: object
    ) -> EventBatch:
        """One event for each point named; "page-pixel" recognises nobody, and what "note" says is sealed."""
        first = next(self.numbers)
        for _ in points[1:]:
            next(self.numbers)
        terms = {
            "rulebook_id": "a" * 64,
            "delete_on": "2099-01-01",
            "then": AfterRetention.ERASE,
            "sealed": ["note"],
            "known": {"browser": "Firefox"},
            "known_sealed": {"visitor-id": visitor} if visitor else {},
        }
        return EventBatch(
            record_id=f"{at_ms:012x}{first:020x}",
            collected_ms=at_ms,
            site="marrowby",
            visitor=visitor,
            visit=7,
            robot=False,
            demonstration=False,
            terms={point: Terms(recognises=point != "page-pixel", **(terms | changes)) for point in set(points)},  # type: ignore[arg-type]
            events=[
                {"point": point, "page": f"/{place}", "note": f"n{place}", "other": "x"} for place, point in enumerate(points)
            ],
        )

    def submission(self, email: str = "", at_ms: int = MORNING, **changes: object) -> Submission:
        number = next(self.numbers)
        values: dict[str, object] = {
            "record_id": f"{at_ms:012x}{number:020x}",
            "collected_ms": at_ms,
            "site": "marrowby",
            "point": "contact-form",
            "rulebook_id": "a" * 64,
            "reference": f"R{number}",
            "delete_on": "2099-01-01",
            "then": AfterRetention.ERASE,
            "fields": {"message": "hello"},
            "identifiers": {"email": email} if email else {},
        }
        return Submission(**(values | changes))  # type: ignore[arg-type]


def view_row(number: int) -> EventRow:
    """Return a row of a page view, as it goes to the engine."""
    texts = dict.fromkeys(("rulebook_id", "name", "page", "referrer", "campaign", "browser", "system", "device", "language"), "")
    numbers = dict.fromkeys(("status", "bytes", "subject", "visit", "robot", "demonstration"), 0)
    rest = {"method": "", "props": {}, "sealed": "", "delete_on": 30_000, "then": "erase"}
    return EventRow(record_id=number, time=MORNING, site="marrowby", point="page-view", **texts, **numbers, **rest)  # type: ignore[arg-type]


def visitor(number: int) -> str:
    """Return a visitor id."""
    return f"{number * 0x9E3779B97F4A7C15:032x}"[-32:]


def browser(number: int) -> Identifier:
    """Return the identifier of a visitor id."""
    return identifier(IdentifierKind.VISITOR, visitor(number))


def person(name: str) -> Identifier:
    """Return the identifier of an address."""
    return identifier(IdentifierKind.EMAIL, f"{name}@example.com")
