"""From parsed input to a durable record: signals, permit, permitted fields only, spool (walk 1, steps 2 to 6).

The permit is asked before the disk, and once. No address and no user agent go beyond here unless the policy
declares them for the point.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from operator import attrgetter
from typing import Final

import msgspec

from avow.collection import agents, bounds, events, places, signals
from avow.collection.event_leases import UNCOUNTED
from avow.collection.refusals import RefusalRow, Refusals, shown_name
from avow.collection.visits import VisitCounter
from avow.definitions import SERVER_FIELDS, BatchHead, Permit, RecordIds, Refusal, Technology, Terms
from avow.policy import CollectionPoint, Rulebook, paths, schemas
from avow.policy.conversions import conversion_points
from avow.policy.declarations import ExternalLink
from avow.spool.spool import Spool


@dataclass(frozen=True, slots=True)
class Sender:
    """Who sent an HTTP request, as far as it says: address, agent, signals. Lives in memory while it is answered."""

    address: str
    agent: str
    signals: signals.Signals
    demonstration: bool


class Accepted(msgspec.Struct, frozen=True):
    """What became of an input: what to append to the spool before it is acknowledged, what was dropped, what was refused.

    `new_visitor` is the visitor id to set as a cookie.
    """

    kept: int
    dropped: tuple[events.Dropped, ...]
    refused: tuple[Refusal, ...]
    new_visitor: str = ""
    cookie_days: int = 0
    reference: str = ""
    masked: tuple[str, ...] = ()
    record: bytes = b""


class _Encoded(BatchHead, frozen=True, tag="batch", kw_only=True, array_like=True):
    """A `definitions.EventBatch` whose terms are encoded already, with its events in their own types."""

    terms: msgspec.Raw
    events: Sequence[msgspec.Struct]


class Known:
    """What the server knows about a sender today: worked out once, and kept in memory for a minute at most (`web.collect`)."""

    __slots__ = ("_visit", "agent", "allowance", "opted_in", "opted_out", "sender", "terms", "today")

    def __init__(self, sender: Sender, today: date, opted_out: frozenset[str], opted_in: frozenset[str]) -> None:
        self.sender, self.today = sender, today
        self.opted_out, self.opted_in = opted_out, opted_in
        self.agent = agents.describe(sender.agent)
        self.terms: dict[type, tuple[_Layout | Refusal, msgspec.Raw]] = {}
        self.allowance = UNCOUNTED
        self._visit = 0

    def visit(self, visits: VisitCounter) -> int:
        """Return the number of the visit, the same for tag, pixel and server log; 0 while today's salt is not known."""
        if not self._visit:
            self._visit = visits.visit(self.sender.address, self.sender.agent, self.today)
        return self._visit


_Derive = Callable[[Known], str]
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
#: Values known to need no cutting, kept for each prepared answer: a site has some thousand pages.
TIDY: Final = 4096


@dataclass(frozen=True, slots=True)
class _Cut:
    """How a field is cut down, and how long it may be then, characters."""

    name: str
    cut: Callable[[str], str]
    longest: int


@dataclass(frozen=True, slots=True)
class _Layout:
    """A permit, prepared for speed: which fields of an event are withheld, which are cut, what the server adds.

    `cut_values` reads the fields that are cut; `tidy` holds what it gave for events that needed no cutting.
    """

    permit: Permit
    rulebook: Rulebook
    recognises: bool
    cookie_days: int
    withheld: tuple[str, ...]
    cuts: tuple[tuple[str, _Cut], ...]
    cut_values: Callable[[msgspec.Struct], object] | None
    derived: tuple[tuple[str, _Derive], ...]
    tidy: set[object] = field(default_factory=set)

    def trim(self, sent: Sequence[msgspec.Struct]) -> Sequence[str]:
        """Take from events of this point what is not permitted, and cut down the rest; return the fields that are too long then.

        A path that gets its first "/" is one character longer than it was sent.
        """
        too_long: list[str] = []
        if not self.withheld and (self.cut_values is None or self.tidy.issuperset(map(self.cut_values, sent))):
            return too_long
        if len(self.tidy) > TIDY:
            self.tidy.clear()
        for event in sent:
            for attribute in self.withheld:
                setattr(event, attribute, msgspec.UNSET)
            for attribute, one in self.cuts:
                value = getattr(event, attribute)
                if value is not msgspec.UNSET:
                    cut = one.cut(value)
                    too_long += [one.name] if len(cut) > one.longest else []
                    setattr(event, attribute, cut if 0 < len(cut) <= one.longest else msgspec.UNSET)
            if self.cut_values is not None:
                self.tidy.add(self.cut_values(event))
        return too_long

    def terms(self, known: Known) -> tuple[Terms, tuple[str, ...]]:
        """Return what the events of this point share, for a sender, and the fields of it that are too long."""
        derived = {name: value for name, derive in self.derived if (value := derive(known))}
        fields, too_long = bounds.fitting(bounds.cut_short(derived, self.rulebook), self.rulebook)
        terms = Terms(
            rulebook_id=self.permit.rulebook_id,
            delete_on=self.permit.delete_on.isoformat(),
            then=self.permit.then,
            recognises=self.recognises,
            sealed=sorted(self.permit.sealed - SERVER_FIELDS),
            known={name: value for name, value in fields.items() if name not in self.permit.sealed},
            known_sealed={name: value for name, value in fields.items() if name in self.permit.sealed},
        )
        return terms, too_long


def _prepare(permit: Permit, rulebook: Rulebook, sendable: frozenset[str], cuts: Mapping[str, Callable[[str], str]]) -> _Layout:
    """Return the permit prepared; `sendable` are the fields that an event of the point may have, `cuts` how each is cut down."""
    cut = [name for name in sorted(permit.fields & sendable) if name in cuts]
    return _Layout(
        permit,
        rulebook,
        "visitor-id" in permit.fields,
        rulebook.points[permit.point].cookie_days or 0,
        tuple(map(schemas.attribute, sorted(sendable - permit.fields))),
        tuple((schemas.attribute(name), _Cut(name, cuts[name], rulebook.data[name].max_length)) for name in cut),
        attrgetter(*map(schemas.attribute, cut)) if cut else None,
        tuple((name, _DERIVED[name]) for name in sorted(permit.fields) if name in _DERIVED),
    )


class Collector:
    """Everything a web worker needs to take data in, built once from the Rulebook."""

    def __init__(
        self,
        rulebook: Rulebook,
        site: str,
        spool: Spool,
        visits: VisitCounter,
        refusals: Refusals,
        own_hosts: frozenset[str] = frozenset(),
    ) -> None:
        """`own_hosts` are those of the site, which are no referrers."""
        self.rulebook = rulebook
        self.refusals = refusals
        self.site = site
        self.spool = spool
        self._visits = visits
        self._parser = events.EventParser(rulebook)
        self._points = {kind: name for name, kind in self._parser.types.items()}
        self._encode = msgspec.msgpack.Encoder().encode
        self._cuts: dict[str, Callable[[str], str]] = {**events.CUTS, "referrer": partial(paths.other_site, own=own_hosts)}
        self._ids = RecordIds()
        self._layouts: dict[tuple[str, frozenset[str], date, frozenset[str]], _Layout | Refusal] = {}
        self._pixels = {one.name: one for one in (*pixel_points(rulebook), *conversion_points(rulebook))}
        self._asking = frozenset(name for name, purpose in rulebook.purposes.items() if purpose.needs_consent)

    def known(self, sender: Sender, today: date) -> Known:
        """Return what is known about a sender today."""
        return Known(sender, today, self._opted_out(sender), self._opted_in(sender))

    def take_events(self, raw: bytes, known: Known, now_ms: int) -> Accepted | Refusal:
        """Return what the policy allows to keep of a batch from the tag; a Refusal when the body cannot be read."""
        batch = self._parser.parse(raw)
        if isinstance(batch, Refusal):
            return batch
        return self._keep(batch, known, now_ms)

    def read_pixel(self, point: str, given: Mapping[str, str]) -> events.Batch | Refusal:
        """Return what one view, or one conversion, says that a page reports without script; `take_pixel` decides about it."""
        declared = self._pixels.get(point)
        if declared is None:
            return Refusal("the policy declares no such pixel", events.RULE)
        read, dropped = self._parser.event(declared, given)
        return events.Batch(read, tuple(dropped))

    def take_pixel(self, read: events.Batch, known: Known, now_ms: int) -> Accepted:
        """Return what to keep of what a pixel said. `read` stays as it is: the same is often said again."""
        return self._keep(events.Batch([copy(event) for event in read.events], read.dropped), known, now_ms)

    def refuse(self, point: str, sender: Sender, today: date, refusal: Refusal) -> None:
        """Count for the console what the door stopped."""
        self._count(sender, today, point, "", refusal)

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

    def may_hand_over(self, link: ExternalLink, sender: Sender) -> Refusal | None:
        """Return None when the number of this sender's click may go to the site behind a link."""
        return self.rulebook.may_hand_over(link, self._opted_out(sender), self._opted_in(sender))

    def visit(self, sender: Sender, today: date) -> int:
        """Return the number of this sender's visit, as their events have it."""
        return self._visits.visit(sender.address, sender.agent, today)

    def _keep(self, batch: events.Batch, known: Known, now_ms: int) -> Accepted:
        """Ask the permit for each point of a batch, keep permitted fields, and make the record for the spool."""
        batch = self._parser.without_refused_amounts(batch)
        if batch.dropped:
            self.count_dropped(known.sender, batch.dropped, known.today)
        sent, refused = batch.events, ()  # type: Sequence[msgspec.Struct], tuple[Refusal, ...]
        kinds = set(map(type, sent))
        layout: _Layout | Refusal | None = None
        if len(kinds) == 1:
            layout, terms = self._terms(known, kinds.pop())
        if isinstance(layout, _Layout):
            if too_long := layout.trim(sent):
                self._count_too_long(known, layout, too_long)
            recognises, cookie_days = layout.recognises, layout.cookie_days
        else:
            sent, refused, terms, recognises, cookie_days = self._sort_out(batch, known)
            if not sent:
                return Accepted(0, batch.dropped, refused)
        visitor, new_visitor = known.sender.signals.visitor if recognises else "", ""
        if recognises and not visitor:
            visitor = new_visitor = secrets.token_hex(signals.VISITOR_ID_LENGTH // 2)
        record = _Encoded(
            record_id=self._ids.new(now_ms, len(sent)),
            collected_ms=now_ms,
            site=self.site,
            visitor=visitor,
            visit=known.visit(self._visits),
            robot=known.agent.is_robot,
            demonstration=known.sender.demonstration,
            terms=terms,
            events=sent,
        )
        return Accepted(len(sent), batch.dropped, refused, new_visitor, cookie_days, record=self._encode(record))

    def _sort_out(
        self, batch: events.Batch, known: Known
    ) -> tuple[Sequence[msgspec.Struct], tuple[Refusal, ...], msgspec.Raw, bool, int]:
        """Return what of a batch is kept where its events are of several points, or where some are refused.

        That is: events, trimmed; refusals; encoded terms; whether one of the points recognises the visitor; days of the cookie.
        """
        layouts = {kind: self._terms(known, kind)[0] for kind in set(map(type, batch.events))}
        kept = {kind: layout for kind, layout in layouts.items() if isinstance(layout, _Layout)}
        for kind, layout in kept.items():
            self._count_too_long(known, layout, layout.trim([event for event in batch.events if type(event) is kind]))
        return (
            [event for event in batch.events if type(event) in kept],
            self._refuse(batch, known) if len(kept) < len(layouts) else (),
            msgspec.Raw(self._encode({self._points[kind]: layout.terms(known)[0] for kind, layout in kept.items()})),
            any(layout.recognises for layout in kept.values()),
            min((layout.cookie_days for layout in kept.values() if layout.recognises), default=0),
        )

    def _terms(self, known: Known, kind: type) -> tuple[_Layout | Refusal, msgspec.Raw]:
        """Return what may be kept of a sender's events of one type, and the encoded terms of a batch of them."""
        found = known.terms.get(kind)
        if found is None:
            point = self._points[kind]
            layout = self._layout(point, known.opted_out, known.today, known.opted_in)
            encoded = b""
            if isinstance(layout, _Layout):
                terms, too_long = layout.terms(known)
                encoded = self._encode({point: terms})
                self._count_too_long(known, layout, too_long)
            found = known.terms[kind] = (layout, msgspec.Raw(encoded))
        return found

    def _refuse(self, batch: events.Batch, known: Known) -> tuple[Refusal, ...]:
        """Count and return the refusals of a batch."""
        refused = []
        for event in batch.events:
            layout, _ = self._terms(known, type(event))
            if isinstance(layout, Refusal):
                refused.append(layout)
                self._count(known.sender, known.today, self._points[type(event)], "", layout)
        return tuple(refused)

    def _layout(self, point: str, opted_out: frozenset[str], today: date, opted_in: frozenset[str]) -> _Layout | Refusal:
        """Return what may be kept at a point today, prepared once for all visitors who said the same."""
        asked = (point, opted_out, today, opted_in)
        found = self._layouts.get(asked)
        if found is None:
            if len(self._layouts) >= LAYOUTS:
                self._layouts.clear()
            permit = self.rulebook.permit(point, opted_out, today, opted_in)
            sendable = schemas.sendable(self.rulebook, point)
            found = permit if isinstance(permit, Refusal) else _prepare(permit, self.rulebook, sendable, self._cuts)
            self._layouts[asked] = found
        return found

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

    def _count_too_long(self, known: Known, layout: _Layout, names: Iterable[str]) -> None:
        self.count_too_long(known.sender, layout.permit.point, names, known.today)

    def count_too_long(self, sender: Sender, point: str, names: Iterable[str], today: date) -> None:
        """Count the fields that were longer than declared, without their values."""
        for name in names:
            self._count(sender, today, point, name, bounds.TOO_LONG)

    def _count(self, sender: Sender, today: date, point: str, field: str, refusal: Refusal) -> None:
        """Count one refusal for the console and the evidence, which leave invented visitors out."""
        if not sender.demonstration:
            self.refusals.add(RefusalRow(today, self.site, point, field, refusal.reason, refusal.rule))


def pixel_points(rulebook: Rulebook) -> tuple[CollectionPoint, ...]:
    """Return the declared web beacons, in the policy's order; the first is the one that a bare pixel address means."""
    return tuple(point for point in rulebook.points.values() if point.technology is Technology.WEB_BEACON)
