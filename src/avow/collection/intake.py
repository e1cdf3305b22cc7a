"""Walk 1, an event: from the door to the spool, in the numbered steps of one function."""

from __future__ import annotations

import secrets
from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from avow.collection import signals
from avow.collection.accept import Accepted, Collector, Done
from avow.collection.events import Batch, EventParser
from avow.collection.layouts import Layout, Layouts
from avow.collection.limits.event_leases import POINT, TOO_MANY
from avow.collection.pixels import Pixels
from avow.collection.senders import Asked, Known, Lines, Senders
from avow.definitions import BatchHead, RecordIds, Refusal

#: Answers kept for each sender: as many combinations of points does no page send.
ASKED: Final = 64


class _Encoded(BatchHead, frozen=True, tag="batch", kw_only=True, array_like=True):
    """A `definitions.EventBatch` whose terms are encoded already, with its events in their own types."""

    terms: msgspec.Raw
    events: Sequence[msgspec.Struct]


class Intake:
    """Takes in what the tag and pixels send, for one version of the policy in one web worker."""

    def __init__(self, collector: Collector, senders: Senders, own_hosts: frozenset[str] = frozenset()) -> None:
        """`own_hosts` are those of the site, which are no referrers."""
        self.senders = senders
        self._collector = collector
        self._parser = EventParser(collector.rulebook)
        self.pixels = Pixels(collector.rulebook, self._parser)
        self._points = {kind: name for name, kind in self._parser.types.items()}
        self._layouts = Layouts(collector.rulebook, own_hosts)
        self._encode = msgspec.msgpack.Encoder().encode
        self._ids = RecordIds()

    def take(self, sent: bytes | Batch, peer: str, lines: Lines, first: Mapping[bytes, bytes], now_ms: int, done: Done) -> None:
        """Take in the events of one HTTP request: a body, or what a pixel's address said (`Pixels.read`).

        (1) who sends, as it says: address, agent, signals, choices; worked out once a minute, and a known browser's signal kept
        (2) whether this sender may send more: else TOO_MANY
        (3) what the body says, by the schemas compiled from the policy; a Refusal when it cannot be read
        (4) the permit, asked once for each point
        (5) permitted fields only, each cut down to what is declared
        (6) the record
        (7) the spool; `done` is called when the disk has it
        """
        collector, known = self._collector, self.senders.of(peer, lines, first, now_ms)  # (1)
        allowance = known.allowance
        if allowance.free <= allowance.low and not self.senders.leases.lets_in(allowance, now_ms):  # (2)
            collector.count_refused(known.sender, POINT, TOO_MANY, known.today)
            done(TOO_MANY)
            return
        batch = self._parser.parse(sent) if isinstance(sent, bytes) else _own(sent)  # (3)
        if isinstance(batch, Refusal):
            allowance.free -= 1
            done(batch)
            return
        if batch.dropped:
            collector.count_dropped(known.sender, batch.dropped, known.today)
        events, refused = batch.events, ()  # type: Sequence[msgspec.Struct], tuple[Refusal, ...]
        kinds = batch.kinds or frozenset(map(type, events))
        asked = known.asked.get(kinds) or self._ask(known, kinds)  # (4)
        for kind, layout in asked.layouts:
            own = events if len(kinds) == 1 else [event for event in events if type(event) is kind]
            if too_long := layout.trim(own):  # (5)
                collector.count_too_long(known.sender, layout.point, too_long, known.today)
        if len(asked.layouts) < len(kinds):
            events, refused = self._without_refused(events, known)
        allowance.free -= len(events) or 1
        if not events:
            done(Accepted(0, batch.dropped, refused))
            return
        visitor = known.sender.signals.visitor if asked.recognises else ""
        new_visitor = self._new_visitor(known, now_ms) if asked.recognises and not visitor else ""
        if now_ms >= known.visit.until_ms:
            known.visit = collector.visit(known.sender, now_ms)
        record = _Encoded(  # (6)
            record_id=self._ids.new(now_ms, len(events)),
            collected_ms=now_ms,
            site=collector.site,
            visitor=visitor or new_visitor,
            visit=known.visit.number,
            robot=known.agent.is_robot,
            demonstration=known.sender.demonstration,
            terms=asked.terms,
            events=events,
        )
        encoded = self._encode(record)
        accepted = Accepted(len(events), batch.dropped, refused, new_visitor, asked.cookie_days, record=encoded)
        collector.spool.append_then(encoded, done, accepted)  # (7)

    def _new_visitor(self, known: Known, now_ms: int) -> str:
        """Return a new number for a browser; what its signal stops is stopped for the number too. Rule: 11 CCR 7025(c)(1)."""
        number = secrets.token_hex(signals.VISITOR_ID_LENGTH // 2)
        if known.signalled:
            self.senders.hear(known, number, now_ms)
        return number

    def _ask(self, known: Known, kinds: frozenset[type]) -> Asked:
        """Return what may be kept of a sender's events of these types; asked once, with what the events share encoded."""
        if len(known.asked) >= ASKED:
            known.asked.clear()
        layouts = [(kind, layout) for kind in kinds if isinstance(layout := self._layout(known, kind), Layout)]
        recognising = [layout.cookie_days for _, layout in layouts if layout.recognises]
        terms = msgspec.Raw(self._encode({layout.point: known.terms[kind] for kind, layout in layouts}))
        found = known.asked[kinds] = Asked(tuple(layouts), terms, bool(recognising), min(recognising, default=0))
        return found

    def _layout(self, known: Known, kind: type) -> Layout | Refusal:
        """Return what may be kept of a sender's events of one type, with their terms encoded."""
        if kind not in known.layouts:
            point = self._points[kind]
            layout = known.layouts[kind] = self._layouts.of(point, known.opted_out, known.today, known.opted_in)
            if isinstance(layout, Layout):
                terms, too_long = layout.terms(known.sender, known.agent)
                known.terms[kind] = msgspec.Raw(self._encode(terms))
                self._collector.count_too_long(known.sender, point, too_long, known.today)
        return known.layouts[kind]

    def _without_refused(
        self, events: Sequence[msgspec.Struct], known: Known
    ) -> tuple[Sequence[msgspec.Struct], tuple[Refusal, ...]]:
        """Return the events that may be kept, and the refusal of each other one, which is counted."""
        kept, refused = [], []
        for event in events:
            layout = known.layouts[type(event)]
            if isinstance(layout, Refusal):
                refused.append(layout)
                self._collector.count_refused(known.sender, self._points[type(event)], layout, known.today)
            else:
                kept.append(event)
        return kept, tuple(refused)


def _own(read: Batch) -> Batch:
    """Return what a pixel's address said with events of its own: they are cut down, and the address is remembered."""
    return Batch(list(map(msgspec.structs.replace, read.events)), read.dropped, read.kinds)
