"""From parsed input to a durable record: signals, permit, permitted fields only, spool (walk 1, steps 2 to 6).

The permit is asked before the disk, and once. No address and no user agent go beyond here unless the policy
declares them for the point.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

import msgspec

from avow.collection import agents, events, signals, submissions
from avow.collection.refusals import RefusalRow, Refusals, shown_name
from avow.collection.spool import Spool
from avow.collection.visits import VisitCounter
from avow.definitions import Event, Permit, Refusal, Submission, Technology, moment, new_record_id
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


class Collector:
    """Everything a web worker needs to take data in, built once from the Rulebook."""

    def __init__(self, rulebook: Rulebook, site: str, spool: Spool, visits: VisitCounter, refusals: Refusals) -> None:
        self.rulebook = rulebook
        self.refusals = refusals
        self._site = site
        self._spool = spool
        self._visits = visits
        self._parser = events.EventParser(rulebook)
        self._encode = msgspec.msgpack.Encoder().encode
        self._optional = frozenset(name for name, purpose in rulebook.purposes.items() if purpose.optional)

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
        if declared is None or declared.technology is not Technology.PIXEL:
            return Refusal("the policy declares no such pixel", events.RULE)
        kept, dropped = events.declared(self.rulebook, declared, {"page": page} if page else {})
        return await self._keep(events.Batch((events.Parsed(point, kept),), tuple(dropped)), sender, now_ms)

    async def take_form(
        self, point: str, pairs: Iterable[tuple[str, str]], sender: Sender, now_ms: int
    ) -> Accepted | Refusal | submissions.Form:
        """Keep a form; returns after it is durable, with the reference number.

        Returns the Form itself when the person has to mend something, a Refusal when the policy does not allow it.
        """
        declared = self.rulebook.points.get(point)
        if declared is None or declared.technology is not Technology.FORM:
            return Refusal("the policy declares no such form", events.RULE)
        form = submissions.parse(self.rulebook, declared, pairs)
        if form.errors:
            return form
        today = moment(now_ms).date()
        permit = self.rulebook.permit(point, self._opted_out(sender), today)
        self._count_dropped(form.dropped, today)
        if isinstance(permit, Refusal):
            self._count(today, point, "", permit)
            return permit
        submission = self._submission(permit, form, sender, now_ms)
        await self._spool.append([self._encode(submission)])
        return Accepted(1, form.dropped, (), reference=submission.reference)

    def _submission(self, permit: Permit, form: submissions.Form, sender: Sender, now_ms: int) -> Submission:
        """Return the record of a form with permitted fields only."""
        fields = {name: value for name, value in form.fields.items() if name in permit.fields}
        return Submission(
            record_id=new_record_id(now_ms),
            collected_ms=now_ms,
            site=self._site,
            point=permit.point,
            rulebook_id=permit.rulebook_id,
            reference=submissions.new_reference(),
            delete_on=permit.delete_on.isoformat(),
            then=permit.then,
            fields=fields,
            identifiers=submissions.identifiers(self.rulebook, fields),
            purposes=sorted(permit.purposes),
            dropped=sorted({shown_name(lost.field) for lost in form.dropped}),
            demonstration=sender.demonstration,
        )

    async def _keep(self, batch: events.Batch, sender: Sender, now_ms: int) -> Accepted:
        """Ask the permit for each event, keep permitted fields, append durably."""
        today = moment(now_ms).date()
        opted_out = self._opted_out(sender)
        agent = agents.describe(sender.agent)
        encoded: list[bytes] = []
        refused: list[Refusal] = []
        visitor, new_visitor, cookie_days = sender.signals.visitor, "", 0
        for parsed in batch.events:
            permit = self.rulebook.permit(parsed.point, opted_out, today)
            if isinstance(permit, Refusal):
                refused.append(permit)
                self._count(today, parsed.point, "", permit)
                continue
            if "visitor-id" in permit.fields:
                if not visitor:
                    visitor = new_visitor = secrets.token_hex(signals.VISITOR_ID_LENGTH // 2)
                cookie_days = self.rulebook.points[parsed.point].cookie_days or 0
            encoded.append(self._encode(self._event(permit, parsed.fields, sender, agent, visitor, now_ms, today)))
        if batch.dropped:
            self._count_dropped(batch.dropped, today)
        if encoded:
            await self._spool.append(encoded)
        return Accepted(len(encoded), batch.dropped, tuple(refused), new_visitor, cookie_days)

    def _event(
        self, permit: Permit, given: dict[str, str], sender: Sender, agent: agents.Agent, visitor: str, now_ms: int, today: date
    ) -> Event:
        """Return the record of one event: permitted fields only, cut down, the sealed ones apart."""
        is_known = "visitor-id" in permit.fields
        fields: dict[str, str] = {}
        sealed: dict[str, str] = {}
        for name in permit.fields:
            value = given.get(name) or _derived(name, sender, agent)
            if value:
                cut = events.CUTS.get(name)
                (sealed if name in permit.sealed else fields)[name] = cut(value) if cut else value
        return Event(
            record_id=new_record_id(now_ms),
            collected_ms=now_ms,
            site=self._site,
            point=permit.point,
            rulebook_id=permit.rulebook_id,
            name=permit.point,
            delete_on=permit.delete_on.isoformat(),
            then=permit.then,
            fields=fields,
            sealed=sealed,
            visitor=visitor if is_known else "",
            visit=self._visits.visit(visitor, "", today) if is_known else self._visits.visit(sender.address, sender.agent, today),
            robot=agent.is_robot,
            demonstration=sender.demonstration,
        )

    def _opted_out(self, sender: Sender) -> frozenset[str]:
        """Return the purposes that signals and choices stop; a choice reaches optional purposes only."""
        stopped = self.rulebook.stopped_by(sender.signals.preferences)
        return stopped | (sender.signals.choices & self._optional) if sender.signals.choices else stopped

    def _count_dropped(self, dropped: tuple[events.Dropped, ...], today: date) -> None:
        """Count dropped parts for the console, without their values."""
        for lost in dropped:
            point = lost.point if lost.point in self.rulebook.points else shown_name(lost.point)
            self._count(today, point, shown_name(lost.field) if lost.field else "", Refusal(lost.reason, lost.rule))

    def _count(self, today: date, point: str, field: str, refusal: Refusal) -> None:
        """Count one refusal for the console."""
        self.refusals.add(RefusalRow(today, self._site, point, field, refusal.reason, refusal.rule))


def pixel_points(rulebook: Rulebook) -> tuple[CollectionPoint, ...]:
    """Return the declared pixels, in the policy's order; the first is the one that a bare pixel address means."""
    return tuple(point for point in rulebook.points.values() if point.technology is Technology.PIXEL)


def _derived(name: str, sender: Sender, agent: agents.Agent) -> str:
    """Return what the server itself knows for a declared field."""
    match name:
        case "browser":
            return agent.browser
        case "operating-system":
            return agent.system
        case "device-type":
            return agent.device
        case "ip-address":
            return sender.address
        case "user-agent":
            return sender.agent[: agents.AGENT_LENGTH]
        case _:
            return ""
