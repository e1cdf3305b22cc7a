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

from avow.collection import agents, events, log_formats
from avow.definitions import Event, Permit, Refusal, moment
from avow.policy import Rulebook

#: Different lines that are remembered, to tell equal ones of the same moment apart; the oldest moments are forgotten first.
REMEMBERED: Final = 200_000


@dataclass(slots=True)
class Import:
    """One import of a log: the counts that progress shows."""

    #: The version of the policy that was in force on a line's day: a later one does not reach it.
    rulebook_on: Callable[[date], Rulebook]
    site: str
    point: str
    today: Callable[[], date]
    #: Draws visit numbers from day, address and agent, under a salt that leaves no way back to an address.
    visit: Callable[[date, str, str], int]
    read_line: log_formats.Reader
    read: int = 0
    kept: int = 0
    without_identifiers: int = 0
    unreadable: int = 0
    _seen: dict[int, Counter[bytes]] = field(default_factory=dict)
    _remembered: int = 0

    def records(self, lines: Iterable[bytes]) -> Iterator[Event | Refusal]:
        """Yield the record of each readable line; a Refusal when the policy does not allow the point, and nothing after it."""
        permits: dict[date, Permit | Refusal] = {}
        for raw in lines:
            self.read += 1
            line = self.read_line(raw)
            if line is None:
                self.unreadable += 1
                continue
            day = moment(line.time_ms).date()
            permit = permits.get(day)
            if permit is None:
                permit = permits[day] = self.rulebook_on(day).permit(self.point, frozenset(), day)
            if isinstance(permit, Refusal):
                yield permit
                return
            yield self._record(line, permit, day)
            self.kept += 1

    def _record(self, line: log_formats.Line, permit: Permit, day: date) -> Event:
        """Return the record with permitted fields; without identifiers when their days are over."""
        is_over = permit.delete_on <= self.today()
        self.without_identifiers += is_over
        agent = agents.describe(line.agent)
        values = {
            "page": events.page_path(line.target),
            "referrer": events.referrer_host(line.referrer),
            "method": line.method,
            "status": line.status,
            "bytes": line.size,
            "browser": agent.browser,
            "operating-system": agent.system,
            "device-type": agent.device,
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
            visit=self.visit(day, line.address, line.agent),
            robot=agent.is_robot,
        )

    def _record_id(self, line: log_formats.Line, readable: dict[str, str]) -> str:
        """Return the same id for the same line however often it is imported.

        Made without the address, so that the id does not outlive it as a way to find it; equal lines are told apart
        by their count in the file.
        """
        content = repr((self.site, self.point, line.time_ms, sorted(readable.items()))).encode()
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
