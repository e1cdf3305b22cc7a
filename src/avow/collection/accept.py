"""From parsed input to a durable record: signals, permit, permitted fields only, spool (walk 1, steps 2 to 6).

The permit is asked before the disk, and once. No address and no user agent go beyond here unless the policy
declares them for the point.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date
from typing import Final

import msgspec

from avow.collection import agents, events, places, signals
from avow.collection.refusals import RefusalRow, Refusals, shown_name
from avow.collection.spool import Spool
from avow.collection.visits import VisitCounter
from avow.definitions import SERVER_FIELDS, Event, Permit, RecordIds, Refusal, Technology, moment
from avow.policy import CollectionPoint, Rulebook


@dataclass(frozen=True, slots=True)
class Sender:
    """Who sent an HTTP request, as far as it says: address, agent, signals. Lives in memory while it is answered."""

    address: str
    agent: str
    signals: signals.Signals
    demonstration: bool


@dataclass(frozen=True, slots=True)
class Accepted:
    """What became of an input: the visitor id to set as a cookie, what was dropped, what was refused by a signal."""

    kept: int
    dropped: tuple[events.Dropped, ...]
    refused: tuple[Refusal, ...]
    new_visitor: str = ""
    cookie_days: int = 0
    reference: str = ""
    masked: tuple[str, ...] = ()


@dataclass(slots=True)
class _Facts:
    """What the server knows about one HTTP request; lives while it is answered. `visitor` is empty until it is given one."""

    sender: Sender
    agent: agents.Agent
    visitor: str
    now_ms: int
    today: date
    _visit: int | None = None
    _derived: dict[str, tuple[dict[str, str], dict[str, str]]] = field(default_factory=dict)

    def visit(self, visits: VisitCounter) -> int:
        """Return the number of the visit, worked out once; the same for tag, pixel and server log."""
        if self._visit is None:
            self._visit = visits.visit(self.sender.address, self.sender.agent, self.today)
        return self._visit

    def derived(self, layout: _Layout) -> tuple[dict[str, str], dict[str, str]]:
        """Return the readable and the sealed fields that the server itself fills in at a point, worked out once."""
        found = self._derived.get(layout.permit.point)
        if found is None:
            found = self._derived[layout.permit.point] = ({}, {})
            for name, is_sealed, derive in layout.derived:
                if value := derive(self):
                    found[is_sealed][name] = value
        return found


_Derive = Callable[[_Facts], str]
#: What the server itself knows for a declared field; a visitor id is no field but finds the record.
_DERIVED: Final[dict[str, _Derive]] = {
    "browser": lambda known: known.agent.browser,
    "operating-system": lambda known: known.agent.system,
    "device-type": lambda known: known.agent.device,
    "country": lambda known: places.country(known.sender.address),
    "ip-address": lambda known: known.sender.address,
    "user-agent": lambda known: known.sender.agent[: agents.AGENT_LENGTH],
}
#: Prepared answers kept: points x days x what visitors said.
LAYOUTS: Final = 4096


@dataclass(frozen=True, slots=True)
class _Layout:
    """A permit, prepared for speed: each field with whether it is sealed, and how it is cut or derived."""

    permit: Permit
    delete_on: str
    recognises: bool
    cookie_days: int
    sendable: tuple[tuple[str, bool, Callable[[str], str] | None], ...]
    derived: tuple[tuple[str, bool, _Derive], ...]


def _prepare(permit: Permit, point: CollectionPoint) -> _Layout:
    """Return the permit prepared."""
    names = sorted(permit.fields)
    return _Layout(
        permit,
        permit.delete_on.isoformat(),
        "visitor-id" in permit.fields,
        point.cookie_days or 0,
        tuple((name, name in permit.sealed, events.CUTS.get(name)) for name in names if name not in SERVER_FIELDS),
        tuple((name, name in permit.sealed, _DERIVED[name]) for name in names if name in _DERIVED),
    )


class Collector:
    """Everything a web worker needs to take data in, built once from the Rulebook."""

    def __init__(self, rulebook: Rulebook, site: str, spool: Spool, visits: VisitCounter, refusals: Refusals) -> None:
        self.rulebook = rulebook
        self.refusals = refusals
        self.site = site
        self.spool = spool
        self._visits = visits
        self._parser = events.EventParser(rulebook)
        self._encode = msgspec.msgpack.Encoder().encode
        self._ids = RecordIds()
        self._layouts: dict[tuple[str, frozenset[str], date, frozenset[str]], _Layout | Refusal] = {}
        self._asking = frozenset(name for name, purpose in rulebook.purposes.items() if purpose.needs_consent)

    async def take_events(self, raw: bytes, sender: Sender, now_ms: int) -> Accepted | Refusal:
        """Keep what the policy allows of a batch from the tag; returns after it is durable.

        Returns a Refusal when the body cannot be read; raises SpoolFull.
        """
        batch = self._parser.parse(raw)
        if isinstance(batch, Refusal):
            return batch
        return await self._keep(batch, sender, now_ms)

    async def take_pixel(self, point: str, page: str, sender: Sender, now_ms: int) -> Accepted | Refusal:
        """Keep one view that a page without script reports; returns after it is durable. Raises SpoolFull."""
        declared = self.rulebook.points.get(point)
        if declared is None or declared.technology is not Technology.WEB_BEACON:
            return Refusal("the policy declares no such pixel", events.RULE)
        kept, dropped = events.declared(self.rulebook, declared, {"page": page} if page else {})
        return await self._keep(events.Batch((events.Parsed(point, kept),), tuple(dropped)), sender, now_ms)

    def permit(self, point: str, sender: Sender, today: date) -> Permit | Refusal:
        """Return what may be kept at a point of what this sender sends today; a refusal is counted."""
        permit = self.rulebook.permit(point, self._opted_out(sender), today, self._opted_in(sender))
        if isinstance(permit, Refusal):
            self._count(sender, today, point, "", permit)
        return permit

    def subscription(self, point: str, sender: Sender, today: date) -> Permit | Refusal:
        """Return what may be kept of a subscription: to subscribe is a yes to what it is for, and the newest word about it.

        A signal that stops it is sent with this very form, so it counts; a refusal is counted. Rule: 11 CCR 7025(c)(1).
        """
        declared = self.rulebook.points.get(point)
        asked = declared.purposes & self._asking if declared else frozenset()
        stopped = self.rulebook.stopped_by(sender.signals.preferences)
        permit = self.rulebook.permit(point, stopped, today, asked)
        if isinstance(permit, Refusal):
            self._count(sender, today, point, "", permit)
        return permit

    def count_refused(self, sender: Sender, point: str, refusal: Refusal, today: date) -> None:
        """Count a refusal that was decided elsewhere."""
        self._count(sender, today, point, "", refusal)

    async def _keep(self, batch: events.Batch, sender: Sender, now_ms: int) -> Accepted:
        """Ask the permit for each event, keep permitted fields, append durably."""
        today = moment(now_ms).date()
        opted_out, opted_in = self._opted_out(sender), self._opted_in(sender)
        known = _Facts(sender, agents.describe(sender.agent), sender.signals.visitor, now_ms, today)
        encoded: list[bytes] = []
        refused: list[Refusal] = []
        cookie_days, is_new = 0, False
        for parsed in batch.events:
            layout = self._layout(parsed.point, opted_out, today, opted_in)
            if isinstance(layout, Refusal):
                refused.append(layout)
                self._count(sender, today, parsed.point, "", layout)
                continue
            if layout.recognises:
                cookie_days = layout.cookie_days
                if not known.visitor:
                    known.visitor, is_new = secrets.token_hex(signals.VISITOR_ID_LENGTH // 2), True
            encoded.append(self._encode(self._event(layout, parsed.fields, known)))
        if batch.dropped:
            self.count_dropped(sender, batch.dropped, today)
        if encoded:
            await self.spool.append(encoded)
        return Accepted(len(encoded), batch.dropped, tuple(refused), known.visitor if is_new else "", cookie_days)

    def _layout(self, point: str, opted_out: frozenset[str], today: date, opted_in: frozenset[str]) -> _Layout | Refusal:
        """Return what may be kept at a point today, prepared once for all visitors who said the same."""
        asked = (point, opted_out, today, opted_in)
        found = self._layouts.get(asked)
        if found is None:
            if len(self._layouts) >= LAYOUTS:
                self._layouts.clear()
            permit = self.rulebook.permit(point, opted_out, today, opted_in)
            found = permit if isinstance(permit, Refusal) else _prepare(permit, self.rulebook.points[point])
            self._layouts[asked] = found
        return found

    def _event(self, layout: _Layout, given: dict[str, str], known: _Facts) -> Event:
        """Return the record of one event: permitted fields only, cut down, the sealed ones apart."""
        derived, derived_sealed = known.derived(layout)
        fields, sealed = derived.copy(), derived_sealed.copy()
        for name, is_sealed, cut in layout.sendable:
            value = given.get(name, "")
            if cut and value:
                value = cut(value)
            if value:
                (sealed if is_sealed else fields)[name] = value
        permit = layout.permit
        return Event(
            record_id=self._ids.new(known.now_ms),
            collected_ms=known.now_ms,
            site=self.site,
            point=permit.point,
            rulebook_id=permit.rulebook_id,
            name=permit.point,
            delete_on=layout.delete_on,
            then=permit.then,
            fields=fields,
            sealed=sealed,
            visitor=known.visitor if layout.recognises else "",
            visit=known.visit(self._visits),
            robot=known.agent.is_robot,
            demonstration=known.sender.demonstration,
        )

    def _opted_out(self, sender: Sender) -> frozenset[str]:
        """Return the purposes that signals and choices stop; a choice reaches optional purposes only."""
        return self.rulebook.stops(sender.signals.preferences, sender.signals.choices)

    def by_what(self, sender: Sender) -> dict[str, str]:
        """Return each purpose that is stopped and what stopped it; a signal, where it did so too, is the stronger word."""
        by = dict.fromkeys(sorted(self.rulebook.stops(frozenset(), sender.signals.choices)), "link")
        for signal in sorted(sender.signals.preferences):
            by |= dict.fromkeys(sorted(self.rulebook.stopped_by(frozenset([signal]))), signal)
        return by

    def _opted_in(self, sender: Sender) -> frozenset[str]:
        """Return the purposes that wait for a yes and got one from this browser. Rule: 11 CCR 7004; GDPR Art. 7."""
        return sender.signals.consents & self._asking

    def count_dropped(self, sender: Sender, dropped: Iterable[events.Dropped], today: date) -> None:
        """Count dropped parts for the console, without their values."""
        for lost in dropped:
            point = lost.point if lost.point in self.rulebook.points else shown_name(lost.point)
            self._count(sender, today, point, shown_name(lost.field) if lost.field else "", Refusal(lost.reason, lost.rule))

    def _count(self, sender: Sender, today: date, point: str, field: str, refusal: Refusal) -> None:
        """Count one refusal for the console and the evidence, which leave invented visitors out."""
        if not sender.demonstration:
            self.refusals.add(RefusalRow(today, self.site, point, field, refusal.reason, refusal.rule))


def pixel_points(rulebook: Rulebook) -> tuple[CollectionPoint, ...]:
    """Return the declared pixels, in the policy's order; the first is the one that a bare pixel address means."""
    return tuple(point for point in rulebook.points.values() if point.technology is Technology.WEB_BEACON)
