"""An opened e-mail and a followed link of one, from the HTTP request that tells of it to a durable record.

As for every other event (walk 1): signals and choices, the permit, permitted fields only, the spool. Two have a say: the
browser or mail program that asks, by its signals and its choices cookie, and the person whom the e-mail went to, by the
choices that are kept. A no of either counts; a yes is the person's alone.
"""

from __future__ import annotations

from typing import Final

import msgspec

from avow.collection import agents, bounds
from avow.collection.accept import Collector
from avow.collection.events import CUTS
from avow.collection.layouts import DERIVED
from avow.collection.signals import Sender
from avow.definitions import IdentifierKind, MailEvent, Permit, RecordIds, Refusal, moment
from avow.gate.messages import Addressee
from avow.policy.law import rules

_GONE: Final = Refusal("the e-mail's person is erased, or subscribed no more", rules.DELETE)
#: What the server itself knows of who fetches; neither address nor agent, which are a mail program's as often as a reader's.
_DERIVED: Final = {name: derive for name, derive in DERIVED.items() if name not in {"ip-address", "user-agent"}}


class MailEvents:
    """Takes in what e-mails tell, for one version of the policy."""

    def __init__(self, collector: Collector) -> None:
        self._collector = collector
        self._rulebook = collector.rulebook
        self._encode = msgspec.msgpack.Encoder().encode
        self._ids = RecordIds()

    async def take(
        self,
        point: str,
        given: dict[str, str],
        person: Addressee | None,
        sender: Sender,
        now_ms: int,
        *,
        is_scan: bool = False,
    ) -> Refusal | None:
        """Keep that an e-mail was opened (`given` without "link-followed") or a link of it followed; durable when it returns.

        `is_scan`: by time or kind it is no reader's doing. Returns why nothing was kept, else None; raises SpoolFull. Nobody: the
        person is gone, and nothing is counted.
        """
        if person is None:
            return _GONE
        said = sender.signals
        today = moment(now_ms).date()
        opted_out = self._rulebook.stops(said.preferences, said.choices | person.opted_out)
        permit = self._rulebook.permit(point, opted_out, today, person.opted_in - opted_out)
        if isinstance(permit, Refusal):
            self._collector.count_refused(sender, point, permit, today)
            return permit
        event = self._event(permit, given, person, sender, now_ms, is_scan=is_scan)
        await self._collector.spool.append([self._encode(event)])
        return None

    def _event(
        self, permit: Permit, given: dict[str, str], person: Addressee, sender: Sender, now_ms: int, *, is_scan: bool
    ) -> MailEvent:
        """Return the record, with permitted fields only; the address finds it, where the policy declares one."""
        known = {name: CUTS[name](value) if name in CUTS else value for name, value in given.items()}
        agent = agents.describe(sender.agent)
        known |= {name: derive(sender, agent) for name, derive in _DERIVED.items() if name in permit.fields}
        said = {name: value for name, value in known.items() if value and name in permit.fields}
        kept, too_long = bounds.fitting(bounds.cut_short(said, self._rulebook), self._rulebook)
        self._collector.count_too_long(sender, permit.point, too_long, moment(now_ms).date())
        is_open = "link-followed" not in given  # a link that such a proxy follows is followed by no reader
        is_read = is_open and agents.fetches_for_a_reader(sender.agent)
        event = MailEvent.under(
            permit,
            kept,
            record_id=self._ids.new(now_ms),
            collected_ms=now_ms,
            site=self._collector.site,
            robot=(is_scan or agent.is_robot) and not is_read,
            demonstration=sender.demonstration,
        )
        identified = any(self._rulebook.data[name].identifier is IdentifierKind.EMAIL for name in permit.fields)
        return msgspec.structs.replace(event, email=person.address) if identified else event
