"""Server logs of Apache and nginx, taken in as the declared server-log collection point.

A line younger than the declared retention keeps its address and agent, sealed under the key of its day, until the
declared day. An older line is measured and kept without them: its time is over before it arrives.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Final

from avow.collection import agents, events, log_formats, places
from avow.definitions import Event, Permit, Refusal, moment
from avow.policy import Rulebook

#: Different lines that are remembered, to tell equal ones of the same moment apart; the oldest moments are forgotten first.
REMEMBERED: Final = 200_000
#: Addresses of Avow's own that end in a link of one person's: beside a network address it would say whose, and it opens things.
OF_ONE_PERSON: Final = (
    "/avow/mail/",
    "/avow/subscriptions/",
    "/avow/unsubscribe/",
    "/console/invitations/",
    "/privacy/requests/",
    "/privacy/verify/",
)


@dataclass(slots=True)
class Import:
    """One import of a log: the counts that progress shows.

    A line serves a purpose that people can say no to only when its format tells what the browser said: no signal in a line
    that could not hold one is no permission.
    """

    #: The version of the policy that was in force on a line's day: a later one does not reach it.
    rulebook_on: Callable[[date], Rulebook]
    site: str
    point: str
    today: Callable[[], date]
    #: Draws visit numbers from permit, day, address and agent, under a salt that leaves no way back to an address.
    visit: Callable[[Permit, date, str, str], int]
    read_line: log_formats.Reader
    read: int = 0
    kept: int = 0
    without_identifiers: int = 0
    unreadable: int = 0
    refused: int = 0
    _seen: dict[int, Counter[bytes]] = field(default_factory=dict)
    _remembered: int = 0

    def records(self, lines: Iterable[bytes]) -> Iterator[Event | Refusal]:
        """Yield the record of each readable line; a Refusal when the policy does not allow the point, and nothing after it."""
        rulebooks: dict[date, Rulebook] = {}
        for raw in lines:
            self.read += 1
            line = self.read_line(raw)
            if line is None:
                self.unreadable += 1
                continue
            day = moment(line.time_ms).date()
            rulebook = rulebooks.get(day)
            if rulebook is None:
                rulebook = rulebooks[day] = self.rulebook_on(day)
            opted_out, opted_in = _said(rulebook, line)
            permit = rulebook.permit(self.point, opted_out, day, opted_in)
            if isinstance(permit, Refusal) and self.point not in rulebook.points:
                yield permit
                return
            if isinstance(permit, Refusal):
                self.refused += 1
                continue
            yield self._record(line, permit, day)
            self.kept += 1

    def _record(self, line: log_formats.Line, permit: Permit, day: date) -> Event:
        """Return the record with permitted fields; without identifiers when their days are over."""
        is_over = permit.delete_on <= self.today()
        self.without_identifiers += is_over
        agent = agents.describe(line.agent)
        values = {
            "page": _page(line.target),
            "referrer": events.referrer_host(line.referrer),
            "method": line.method,
            "status": line.status,
            "bytes": line.size,
            "browser": agent.browser,
            "operating-system": agent.system,
            "device-type": agent.device,
            "country": places.country(line.address),
            "ip-address": line.address,
            "user-agent": line.agent[: agents.AGENT_LENGTH],
        }
        permitted = {name: value for name, value in values.items() if value and name in permit.fields}
        readable = {name: value for name, value in permitted.items() if name not in permit.sealed}
        return Event(
            record_id=self._record_id(line, readable),
            collected_ms=line.time_ms,
            site=self.site,
            point=self.point,
            rulebook_id=permit.rulebook_id,
            name=self.point,
            delete_on=permit.delete_on.isoformat(),
            then=permit.then,
            fields=readable,
            sealed={} if is_over else {name: value for name, value in permitted.items() if name in permit.sealed},
            visit=self.visit(permit, day, line.address, line.agent),
            robot=agent.is_robot,
        )

    def _record_id(self, line: log_formats.Line, readable: dict[str, str]) -> str:
        """Return the same id for the same line however often it is imported.

        Made without the address, so that the id does not outlive it as a way to find it; equal lines are told apart
        by their count in the file. Nor with the country, which another month's file may give differently.
        """
        written = sorted((name, value) for name, value in readable.items() if name != "country")
        content = repr((self.site, self.point, line.time_ms, written)).encode()
        digest = hashlib.blake2b(content, digest_size=10).digest()
        numbered = hashlib.blake2b(digest + str(self._count(line.time_ms, digest)).encode(), digest_size=10).hexdigest()
        return f"{line.time_ms:012x}{numbered}"

    def _count(self, time_ms: int, digest: bytes) -> int:
        """Return how many equal lines of this moment there were, this one included."""
        of_moment = self._seen.setdefault(time_ms, Counter())
        self._remembered += digest not in of_moment
        of_moment[digest] += 1
        while self._remembered > REMEMBERED and len(self._seen) > 1:
            self._remembered -= len(self._seen.pop(min(self._seen)))
        return of_moment[digest]


def _page(target: str) -> str:
    """Return the path of a line, without the part of it that is one person's own link."""
    path = events.page_path(target)
    return next((f"{start}-" for start in OF_ONE_PERSON if path.startswith(start)), path)


def _said(rulebook: Rulebook, line: log_formats.Line) -> tuple[frozenset[str], frozenset[str]]:
    """Return the purposes that a line's visitor stopped and agreed to. Rule: 11 CCR 7025(c)(1)."""
    if line.said is None:
        return frozenset(name for name, purpose in rulebook.purposes.items() if purpose.optional), frozenset()
    return rulebook.stops(line.said.preferences, line.said.choices), line.said.consents
