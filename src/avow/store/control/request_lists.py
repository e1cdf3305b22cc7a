"""Consumer requests as lists show them: by what is at risk, narrowed to what is looked for."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, Final

from sqlalchemy import ColumnElement, RowMapping, and_, false, func, or_, select, true, union

from avow.store import paging
from avow.store.control import deliveries
from avow.store.control.database import Transaction
from avow.store.control.requests import COLUMNS
from avow.store.control.tables import consumer_requests, request_events
from avow.store.paging import Page, Part, Place

_ONE: Final = consumer_requests.c


@dataclass(frozen=True, slots=True)
class Sought:
    """Which requests a list is of; "" and None stand for any. `states` are of any, `jurisdictions` codes of law tables.

    `is_for_staff`: those that wait for staff, be it to be decided, to be read, for a suspicion or for a message that failed.
    """

    site: str = ""
    kind: str = ""
    channel: str = ""
    states: Collection[str] | None = None
    jurisdictions: Collection[str] | None = None
    is_for_staff: bool = False

    def conditions(self) -> list[ColumnElement[bool]]:
        """Return what a row has to meet."""
        asked = {_ONE.site: self.site, _ONE.kind: self.kind, _ONE.channel: self.channel}
        found: list[ColumnElement[bool]] = [column == value for column, value in asked.items() if value]
        found += [_ONE.state.in_(self.states)] if self.states is not None else []
        found += [_ONE.jurisdiction.in_(self.jurisdictions)] if self.jurisdictions is not None else []
        return found + ([or_(_for_staff(), _failed())] if self.is_for_staff else [])


@dataclass(frozen=True, slots=True)
class Moments:
    """What is late: due before this day began; and what is due soon, milliseconds since 1970."""

    today_ms: int
    soon_ms: int


def page(tx: Transaction, at: Place, limit: int, sought: Sought, moments: Moments) -> Page[RowMapping]:
    """Return a page by what is at risk: late, due soon, with a failed message, for staff, the rest, and then what is answered.

    Each part has what is due first at its top; what is answered begins with what came in last.
    """
    rows = select(*COLUMNS).where(*sought.conditions())
    is_open, waits, failed = _ONE.is_open == true(), _for_staff(), _failed()
    late = and_(is_open, _ONE.due_ms > 0, _ONE.due_ms < moments.today_ms)
    soon = and_(is_open, _ONE.due_ms >= moments.today_ms, _ONE.due_ms < moments.soon_ms)
    pressing = or_(late, soon)
    rising = (late, soon, and_(failed, ~pressing), and_(waits, ~failed, ~pressing), and_(is_open, ~waits, ~failed, ~pressing))
    parts = [Part(rows.where(one), _ONE.due_ms, _ONE.id, rises=True) for one in rising]
    answered = Part(rows.where(_ONE.is_open == false(), ~failed), _ONE.received_ms, _ONE.id)
    return paging.page(tx, (*parts, answered), at, limit)


def recorded(tx: Transaction, at: Place, limit: int) -> Page[RowMapping]:
    """Return a page of all requests but of the demonstration: what is open, then what is answered, each with the newest first."""
    rows = select(*COLUMNS).where(_ONE.demonstration == false())
    parts = [Part(rows.where(_ONE.is_open == one), _ONE.received_ms, _ONE.id) for one in (true(), false())]
    return paging.page(tx, parts, at, limit)


def waiting(tx: Transaction) -> int:
    """Return how many open requests wait for staff, by an index of what is open."""
    failed = and_(_failed(), _ONE.demonstration.is_(False))
    either = union(select(_ONE.id).where(_for_staff()), select(_ONE.id).where(failed)).subquery()  # each by its own index
    return int(tx.execute(select(func.count()).select_from(either)).scalar_one())


def approvals(tx: Transaction) -> tuple[str, ...]:
    """Return the details of every approval, and of every decision about a part, as JSON, each by an index of its own.

    The demonstration has none.
    """
    entry = request_events.c
    approved = tx.scalars(select(entry.detail).where(entry.what == "approved").order_by(entry.at_ms))
    decided = tx.scalars(select(entry.detail).where(entry.what == "part-decided").order_by(entry.at_ms))
    return (*approved, *decided)


def jurisdictions(tx: Transaction) -> tuple[str, ...]:
    """Return the codes of law tables that requests name, "" for the policy's."""
    return tuple(tx.scalars(select(_ONE.jurisdiction).distinct().order_by(_ONE.jurisdiction)))


def channels(tx: Transaction) -> tuple[str, ...]:
    """Return the ways by which requests came."""
    return tuple(tx.scalars(select(_ONE.channel).distinct().order_by(_ONE.channel)))


def _failed() -> Any:  # Any: SQLAlchemy's condition of a column without a type
    return _ONE.id.in_(deliveries.requests_with_failures())


def _for_staff() -> ColumnElement[bool]:
    return and_(_ONE.is_open == true(), _ONE.is_for_staff == true())
