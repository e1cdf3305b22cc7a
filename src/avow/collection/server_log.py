"""Server logs in the Combined Log Format of Apache and nginx, taken in as the declared server-log collection point.

A line younger than the declared retention keeps its address and agent, sealed under the key of its day, until the
declared day. An older line is measured and kept without them: its time is over before it arrives.
"""

from __future__ import annotations

import hashlib
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from typing import Final

from avow.collection import agents, events, places
from avow.collection.visits import visit_number
from avow.definitions import Event, Permit, Refusal, moment
from avow.policy import Rulebook

#: Longest line that is read, bytes; a longer one is counted as unreadable.
LINE_BYTES: Final = 16_384

_COMBINED: Final = re.compile(
    r'(?P<address>\S+) \S+ (?P<user>\S+) \[(?P<time>[^\]]{20,32})\] "(?P<request>(?:[^"\\]|\\.)*)" '
    r'(?P<status>\d{3}) (?P<bytes>\d+|-)(?: "(?P<referrer>(?:[^"\\]|\\.)*)" "(?P<agent>(?:[^"\\]|\\.)*)")?'
)
_MONTH_NAMES: Final = "JanFebMarAprMayJunJulAugSepOctNovDec"
_TIME: Final = re.compile(r"(\d{2})/([A-Z][a-z]{2})/(\d{4}):(\d{2}):(\d{2}):(\d{2}) ([+-])(\d{2})(\d{2})")


@dataclass(frozen=True, slots=True)
class Line:
    """One line as the server wrote it."""

    time_ms: int
    address: str
    method: str
    target: str
    status: str
    size: str
    referrer: str
    agent: str


@dataclass(slots=True)
class Import:
    """One import of a log: the counts that progress shows."""

    #: The version of the policy that was in force on a line's day: a later one does not reach it.
    rulebook_on: Callable[[date], Rulebook]
    site: str
    point: str
    today: date
    #: Draws visit numbers; thrown away with this object, so that the import leaves no way back to an address.
    salt: bytes
    read: int = 0
    kept: int = 0
    without_identifiers: int = 0
    unreadable: int = 0
    _seen: Counter[bytes] = field(default_factory=Counter)
    _permits: dict[date, Permit | Refusal] = field(default_factory=dict)

    def records(self, lines: Iterable[bytes]) -> Iterator[Event | Refusal]:
        """Yield the record of each readable line; a Refusal when the policy does not allow the point, and nothing after it."""
        for raw in lines:
            self.read += 1
            line = parse(raw)
            if line is None:
                self.unreadable += 1
                continue
            day = moment(line.time_ms).date()
            permit = self._permits.get(day)
            if permit is None:
                permit = self._permits[day] = self.rulebook_on(day).permit(self.point, frozenset(), day)
            if isinstance(permit, Refusal):
                yield permit
                return
            yield self._record(line, permit, day)
            self.kept += 1

    def _record(self, line: Line, permit: Permit, day: date) -> Event:
        """Return the record with permitted fields; without identifiers when their days are over."""
        is_over = permit.delete_on <= self.today
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
            visit=visit_number(self.salt, f"{day} {line.address}", line.agent),
            robot=agent.is_robot,
        )

    def _record_id(self, line: Line, readable: dict[str, str]) -> str:
        """Return the same id for the same line however often it is imported.

        Made without the address, so that the id does not outlive it as a way to find it; equal lines are told apart
        by their count in the file. Nor with the country, which another month's file may give differently.
        """
        written = sorted((name, value) for name, value in readable.items() if name != "country")
        content = repr((self.site, self.point, line.time_ms, written)).encode()
        digest = hashlib.blake2b(content, digest_size=10).digest()
        self._seen[digest] += 1
        numbered = hashlib.blake2b(digest + str(self._seen[digest]).encode(), digest_size=10).hexdigest()
        return f"{line.time_ms:012x}{numbered}"


def parse(raw: bytes) -> Line | None:
    """Return the line's parts, or None when it is not in the Combined (or Common) Log Format."""
    if len(raw) > LINE_BYTES:
        return None
    found = _COMBINED.match(raw.decode("utf-8", errors="replace"))
    time_ms = _milliseconds(found["time"]) if found else None
    if found is None or time_ms is None:
        return None
    method, _, rest = found["request"].partition(" ")
    target = rest.rpartition(" HTTP/")[0] or rest
    size, referrer, agent = found["bytes"], found["referrer"] or "", found["agent"] or ""
    return Line(
        time_ms,
        found["address"],
        method if method.isalpha() and len(method) <= 16 else "",  # noqa: PLR2004 - longer than any method of the registry
        target,
        found["status"],
        "" if size == "-" else size,
        "" if referrer == "-" else referrer,
        "" if agent == "-" else agent,
    )


def _milliseconds(text: str) -> int | None:
    """Return the moment of `17/May/2015:10:05:03 +0000`, whatever the machine's locale."""
    found = _TIME.fullmatch(text)
    if not found:
        return None
    month = _MONTH_NAMES.find(found[2]) // 3 + 1  # 0 for a name that is none: refused by datetime
    day, _, year, hour, minute, second, sign, hours, minutes = found.groups()
    try:
        local = datetime(int(year), month, int(day), int(hour), int(minute), int(second), tzinfo=UTC)
    except ValueError:
        return None
    offset = (int(hours) * 60 + int(minutes)) * 60
    return int(local.timestamp() - (offset if sign == "+" else -offset)) * 1000
