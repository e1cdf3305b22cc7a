"""Postbacks: what another company reports of a click on our link, signed, once each, for the visit of the click.

A report is checked in this order; the first that fails is the answer:

    (1) signature and moment of sending: of the delivery, as a feed's, or of the whole address, within five minutes
    (2) the click: its number was handed over with this very link, is not over, and its person was not erased since
    (3) what the policy declares: undeclared fields are dropped and named, required ones must be there, an amount must be one
    (4) the permit: by what the visitor allowed at the click, less what they have opted out of since, by the version of the
        policy of the click and by the one in force
    (5) the id: it is new, or is known with this very body

A report is kept under the moment, visit and visitor of its click. So its retention counts from the click, an erasure
reaches it however late it comes, and the same report, whenever it comes again, is the same record.
Format: docs/specs/postbacks.md.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from typing import Final
from urllib.parse import parse_qsl

import msgspec

from avow.collection import bounds, events
from avow.collection.accept import Collector
from avow.collection.events import AMOUNT, NO_AMOUNT, NOT_TEXT, RULE, Dropped
from avow.collection.feeds.clicks import Click, Clicks
from avow.collection.feeds.portals import Delivery, FeedKey, NotDelivered, unsigned
from avow.collection.json_names import twice
from avow.collection.refusals import RefusalRow, shown_name
from avow.definitions import Event, Permit, Refusal, moment
from avow.policy import CollectionPoint
from avow.policy.law import rules
from avow.policy.rulebook.conversions import CLICK_ID, VISITOR_ID, link_reported_to
from avow.policy.rulebook.declarations import ExternalLink

SPECIFICATION: Final = "docs/specs/postbacks.md"
#: Parameters of one address.
MAX_PARAMETERS: Final = 50
#: What an address has beside the fields.
_OWN: Final = ("click", "id", "timestamp")
_SIGNATURE: Final = "&signature="
NOT_SO: Final = "the value is not what the name of the field says"
NOT_THEN: Final = "at the moment of the click this was not declared, or not allowed by the visitor"
_REFUSED_AMOUNTS: Final = (NOT_SO, NOT_TEXT, bounds.TOO_LONG.reason)
CHANGED: Final = "this id is known with another body: the same report again is the same, and another has another id"
UNKNOWN: Final = "there is no such click: its number never went out with this link, its time is over, or it was erased"

Keyed = Callable[[bytes, bytes], bytes]


@dataclass(frozen=True, slots=True)
class Reported:
    """What became of a report that was taken: its id, and what was dropped of it."""

    id: str
    dropped: tuple[Dropped, ...]


class _Message(msgspec.Struct, frozen=True):
    """The body: the number of the click, and the fields."""

    click: str
    data: dict[str, object] = {}


@dataclass(frozen=True, slots=True)
class _Report:
    """A report whose signature was good."""

    id: str
    click: str
    fields: Mapping[str, object]


class Postbacks:
    """Takes the reports of one version of the policy. `keys` are by collection point; `keyed` is a secret of the installation."""

    def __init__(self, collector: Collector, keys: Mapping[str, FeedKey], clicks: Clicks, keyed: Keyed) -> None:
        self._collector = collector
        self._keys = keys
        self._clicks = clicks
        self._keyed = keyed
        self._encode = msgspec.msgpack.Encoder().encode

    async def take(self, point: str, sent: Delivery | str, now_ms: int) -> Reported | NotDelivered:
        """Keep a report: a signed delivery, or an address as it was asked for; durable when it returns, and the same each time.

        Raises SpoolFull and StoreUnavailable; then it is to be sent again.
        """
        read = partial(self.by_address, point, sent) if isinstance(sent, str) else partial(self.by_body, point, sent)
        taken = await asyncio.to_thread(read, now_ms)
        if isinstance(taken, NotDelivered):
            return taken
        record, answer = taken
        await self._collector.spool.append([self._encode(record)])
        return answer

    def by_body(self, point: str, delivery: Delivery, now_ms: int) -> tuple[Event, Reported] | NotDelivered:
        """Return the record of a report sent as a signed delivery, and what to answer once it is kept; or why it is not taken."""
        link, key = self._declared(point)
        if link is None or key is None:
            return _no(404, "the policy declares no such report, or the configuration has no key for it", RULE)
        content = f"{delivery.id}.{delivery.timestamp}.".encode() + delivery.body
        refused = unsigned(key, delivery.id, delivery.timestamp, content, delivery.signatures, now_ms)  # (1)
        if refused is not None:
            return refused
        try:
            message = msgspec.json.decode(delivery.body, type=_Message)
            is_whole = not twice(delivery.body.decode())  # else one of two values would be lost
        except (msgspec.DecodeError, ValueError):
            is_whole = False
        if not is_whole:
            return _no(400, 'the body is not {"click": "…", "data": {"field": "text"}}, with each name once', SPECIFICATION)
        return self._taken(link, _Report(delivery.id, message.click, message.data), now_ms)

    def by_address(self, point: str, target: str, now_ms: int) -> tuple[Event, Reported] | NotDelivered:
        """Return the same for a report that is an address: path and query as they were sent, the signature last."""
        link, key = self._declared(point)
        if link is None or key is None:
            return _no(404, "the policy declares no such report, or the configuration has no key for it", RULE)
        content, _, signature = target.partition(_SIGNATURE)
        try:
            pairs = parse_qsl(content.partition("?")[2], keep_blank_values=True, errors="strict", max_num_fields=MAX_PARAMETERS)
            ((_, mark),) = parse_qsl(f"signature={signature}", errors="strict", max_num_fields=1)
        except ValueError:
            return _no(400, "the address cannot be read, or does not end with its signature", SPECIFICATION)
        said = dict(pairs)
        if len(said) != len(pairs) or any(not said.get(name) for name in _OWN):
            return _no(400, "click, id and timestamp must be there, and no parameter twice", SPECIFICATION)
        if not _MARK.fullmatch(mark):
            return _no(401, "the signature is not v1 or v1a, a comma and base64url without =", SPECIFICATION)
        padded = mark.translate(_STANDARD) + "=" * (-len(mark.partition(",")[2]) % 4)
        refused = unsigned(key, said["id"], said["timestamp"], content.encode(), padded, now_ms)  # (1)
        if refused is not None:
            return refused
        fields = {name: value for name, value in said.items() if name not in _OWN}
        return self._taken(link, _Report(said["id"], said["click"], fields), now_ms)

    def _declared(self, point: str) -> tuple[ExternalLink | None, FeedKey | None]:
        return link_reported_to(self._collector.rulebook, point), self._keys.get(point)

    def _taken(self, link: ExternalLink, report: _Report, now_ms: int) -> tuple[Event, Reported] | NotDelivered:
        """Return the record of a report that is believed, or why nothing of it is kept."""
        today = moment(now_ms).date()
        click = self._clicks.find(report.click, now_ms)  # (2)
        if click is None or click.point != link.clicks or click.delete_on <= today:
            return _no(404, UNKNOWN, SPECIFICATION)
        point = self._collector.rulebook.points[link.reports]
        given, dropped = events.declared(point, events.limits(self._collector.rulebook, point.name), report.fields)  # (3)
        permit = self._permit(link, point, click, today)  # (4)
        if isinstance(permit, Refusal):
            self._count(point.name, "", permit.reason, permit.rule, today)
            return _no(403, permit.reason, permit.rule)
        cut, lost = _cut(given, permit, point.name)
        fields, too_long = bounds.fitting(cut, self._collector.rulebook)
        lost += [Dropped(point.name, name, bounds.TOO_LONG.reason, bounds.TOO_LONG.rule) for name in too_long]
        dropped += lost
        wrong = dict.fromkeys(sorted(point.required - fields.keys()), "is missing")
        if any(one.field == AMOUNT and one.reason in _REFUSED_AMOUNTS for one in dropped):
            self._count(point.name, AMOUNT, NO_AMOUNT, RULE, today)
            wrong[AMOUNT] = "is no amount: write digits, and two more behind a point, as 248.00"
        if wrong:
            return NotDelivered(422, "something has to be mended", RULE, wrong)
        if not self._clicks.is_said(*self._marks(point.name, report), permit.delete_on):  # (5)
            self._count(point.name, "", CHANGED, SPECIFICATION, today)
            return _no(409, CHANGED, SPECIFICATION)
        for one in dropped:
            self._count(point.name, shown_name(one.field), one.reason, one.rule, today)
        return self._record(permit, click, report.id, fields), Reported(report.id, tuple(dropped))

    def _permit(self, link: ExternalLink, point: CollectionPoint, click: Click, today: date) -> Permit | Refusal:
        """Return what may be kept. Rule: Cal. Civ. Code § 1798.100(a)(1), (3), (c); 11 CCR 7026(f)(1); GDPR Art. 7."""
        then = self._clicks.rulebook(click.rulebook_id)
        if then is None or point.name not in then.points or link.clicks not in then.points:
            return Refusal("the policy of the day of the click declares no such report", RULE)
        clicked = then.points[link.clicks]
        # Its number went out, so whatever needs the number was allowed; being recognised was, when the visitor is known.
        allowed = clicked.needing(CLICK_ID) | (clicked.needing(VISITOR_ID) if click.visitor else frozenset())
        since = self._clicks.opted_out(click.visitor)
        day = moment(click.clicked_ms).date()
        own, current = (
            rulebook.permit(point.name, (rulebook.points[point.name].purposes - allowed) | since, day, allowed - since)
            for rulebook in (then, self._collector.rulebook)
        )
        if isinstance(own, Refusal):
            return own
        if isinstance(current, Refusal):
            return current
        if own.delete_on <= today:
            return Refusal(f"its time was over on {own.delete_on}", rules.RETENTION)
        return replace(own, fields=own.fields & current.fields)

    def _record(self, permit: Permit, click: Click, report_id: str, fields: Mapping[str, str]) -> Event:
        """Return the record, whose id follows from the click's moment and the report's id."""
        drawn = self._keyed(b"postback", f"{permit.point} {report_id}".encode())
        return Event.under(
            permit,
            fields,
            record_id=f"{click.clicked_ms:012x}{drawn.hex()[:20]}",
            collected_ms=click.clicked_ms,
            site=self._collector.site,
            visitor=click.visitor,
            visit=click.visit,
            demonstration=click.demonstration,
        )

    def _marks(self, point: str, report: _Report) -> tuple[bytes, bytes]:
        """Return what tells a report by its id, and what tells its body, however that is written; nobody reads either.

        The body counts as it was sent, whatever the policy or the visitor takes out of it meanwhile.
        """
        said = {name: events.CUTS.get(name, str)(one) if isinstance(one, str) else one for name, one in report.fields.items()}
        body = msgspec.json.encode([report.click, *sorted(said.items())])
        return self._keyed(b"postback id", f"{point} {report.id}".encode()), self._keyed(b"postback body", body)

    def _count(self, point: str, field: str, reason: str, rule: str, today: date) -> None:
        """Count for the console what was not kept, without its value."""
        self._collector.refusals.add(RefusalRow(today, self._collector.site, point, field, reason, rule))


def _cut(given: Mapping[str, str], permit: Permit, point: str) -> tuple[dict[str, str], list[Dropped]]:
    """Return the permitted fields, each cut to what its name says, and those that were lost by it."""
    kept: dict[str, str] = {}
    lost: list[Dropped] = []
    for name, value in given.items():
        cut = events.CUTS[name](value) if name in events.CUTS and value else value
        if name not in permit.fields:
            lost.append(Dropped(point, name, NOT_THEN))
        elif value and not cut:
            lost.append(Dropped(point, name, NOT_SO))
        elif cut:
            kept[name] = cut
    return kept, lost


def _no(status: int, reason: str, rule: str) -> NotDelivered:
    return NotDelivered(status, reason, rule, {})


_MARK: Final = re.compile(r"v1a?,[A-Za-z0-9_-]+")
#: base64url -> base64, which is what a delivery's header has.
_STANDARD: Final = str.maketrans("-_", "+/")
