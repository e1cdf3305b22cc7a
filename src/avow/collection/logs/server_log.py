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
from functools import partial
from typing import Final, Protocol, TypeVar

from msgspec import structs

from avow.collection import agents, bounds, places, visits
from avow.collection.logs import log_formats
from avow.collection.refusals import RefusalRow, Refusals
from avow.definitions import LogLine, Permit, Refusal, moment
from avow.gate.sites import Site
from avow.policy import Rulebook, paths

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

#: Why a line is not kept that is of a host which is none of ours.
_NO_WEBSITE: Final = Refusal("the line is of a host that no website has", "avow.toml [[websites]] origin")

_T = TypeVar("_T")
Keyed = Callable[[bytes, bytes], bytes]


class Tried(Protocol):
    """Does a step for one item, and tells what it raised (`store.aside.Aside.tried`)."""

    def __call__(self, step: Callable[[], _T]) -> tuple[str, _T | None]:
        """Return the class of what the step raised ("" for nothing), and what it returned."""


@dataclass(slots=True)
class Import:
    """One import of a log: the counts that progress shows.

    A line serves a purpose that people can say no to only when its format tells what the browser said: no signal in a line
    that could not hold one is no permission. It is of one website, and refused where the point is not on that. A line of a
    moment that cannot be, or on which anything fails, is unreadable: the next one is read.
    """

    #: The version of the policy that was in force on a line's day: a later one does not reach it.
    rulebook_on: Callable[[date], Rulebook]
    #: Which website a line is of, by the host in it, "" for none; None for no declared one.
    website_of: Callable[[str], Site | None]
    point: str
    today: Callable[[], date]
    #: Draws visit numbers from permit, website, moment, address and agent, under a salt that leaves no way back to an address.
    visit: Callable[[Permit, str, int, str, str], int]
    read_line: log_formats.Reader
    #: Whether a moment lies within bounds now.
    is_believed: Callable[[int], bool]
    tried: Tried
    #: Where values that are longer than declared are counted.
    refusals: Refusals
    #: A secret of the installation (`store.keys.Vault.hmac`): tells people behind equal lines apart, without their addresses.
    keyed: Keyed
    #: Which log it is, where several are taken in: equal lines of two servers are two.
    log: str = ""
    #: Whether records name the id that earlier versions gave their line: of a file that somebody may have imported before.
    names_former: bool = False
    read: int = 0
    kept: int = 0
    without_identifiers: int = 0
    unreadable: int = 0
    refused: int = 0
    _hosts: dict[str, frozenset[str]] = field(default_factory=dict)
    _seen: dict[int, Counter[bytes]] = field(default_factory=dict)
    _remembered: int = 0

    def records(self, lines: Iterable[bytes]) -> Iterator[LogLine | Refusal]:
        """Yield the record of each readable line; a Refusal when the policy does not allow the point, and nothing after it."""
        rulebooks: dict[date, Rulebook] = {}
        narrowed: dict[tuple[date, str], Rulebook] = {}
        for raw in lines:
            self.read += 1
            line = self._line(raw)
            if line is None:
                self.unreadable += 1
                continue
            # A clock that is ahead keeps nothing for longer.
            day = min(moment(line.time_ms).date(), self.today())
            rulebook = rulebooks.get(day)
            if rulebook is None:
                rulebook = rulebooks[day] = self.rulebook_on(day)
            site = self.website_of(line.host)
            if site is None:
                self._refuse(_NO_WEBSITE, "")
                continue
            here = narrowed.get((day, site.name))
            if here is None:
                here = narrowed[day, site.name] = rulebook.on_website(site.website(rulebook))
                self._hosts[site.name] = site.hosts  # they are no referrers
            opted_out, opted_in = _said(here, line)
            permit = here.permit(self.point, opted_out, day, opted_in)
            if isinstance(permit, Refusal) and self.point not in rulebook.points:
                yield permit
                return
            if isinstance(permit, Refusal) and self.point not in here.points:
                self._refuse(permit, site.name)
                continue
            if isinstance(permit, Refusal):
                self.refused += 1
                continue
            _, record = self.tried(partial(self._record, line, site, permit, here))
            if record is None:
                self.unreadable += 1
                continue
            yield record
            self.kept += 1

    def _refuse(self, refusal: Refusal, site: str) -> None:
        """Count a line for the console that belongs to no website, or to one that the point is not on."""
        self.refused += 1
        self.refusals.add(RefusalRow(self.today(), site, self.point, "", refusal.reason, refusal.rule))

    def _line(self, raw: bytes) -> log_formats.Line | None:
        """Return what a line says; None for one that cannot be read, or of a moment before any log or after now."""
        _, line = self.tried(partial(self.read_line, raw))
        return line if line is not None and self.is_believed(line.time_ms) else None

    def _record(self, line: log_formats.Line, site: Site, permit: Permit, rulebook: Rulebook) -> LogLine:
        """Return the record with permitted fields, none longer than declared; without identifiers when their days are over."""
        is_over = permit.delete_on <= self.today()
        agent, address = agents.describe(line.agent), visits.plain_address(line.address) or line.address
        values = {
            "page": _page(line.target),
            "referrer": paths.other_site(line.referrer, self._hosts[site.name]),
            "method": line.method,
            "status": line.status,
            "bytes": line.size,
            "browser": agent.browser,
            "operating-system": agent.system,
            "device-type": agent.device,
            "country": places.country(address),
            "ip-address": address,
            "user-agent": line.agent[: agents.AGENT_LENGTH],
        }
        said = {name: value for name, value in values.items() if value and name in permit.fields}
        permitted = self._fitting(said, site, rulebook)
        readable = permit.split(said)[0]
        record = LogLine.under(
            permit,
            permit.split(permitted)[0] if is_over else permitted,
            record_id=self._record_id(line, site, readable),
            collected_ms=line.time_ms,
            site=site.name,
            visit=self.visit(permit, site.name, line.time_ms, address, line.agent) if address else 0,
            robot=agent.is_robot,
        )
        self.without_identifiers += is_over
        return structs.replace(record, former_id=self._former_id(line, site, readable)) if self.names_former else record

    def _fitting(self, said: dict[str, str], site: Site, rulebook: Rulebook) -> dict[str, str]:
        """Return what is no longer than declared; the rest is counted on the day on which it came."""
        kept, too_long = bounds.fitting(bounds.cut_short(said, rulebook), rulebook)
        bounds.count_too_long(self.refusals, self.today(), site.name, self.point, too_long)
        return kept

    def _record_id(self, line: log_formats.Line, site: Site, readable: dict[str, str]) -> str:
        """Return the same id for the same line of the same log however often it is imported.

        Made of the log's name and all that the line says, whether it is kept or too long. The address goes in as a keyed hash
        with its moment, so that equal lines of different people are all kept, and nobody without the vault finds one by it;
        equal lines of one person are told apart by their count in the file. Not with the country, which another month's file
        may give differently.
        """
        written = sorted((name, value) for name, value in readable.items() if name != "country")
        address = visits.plain_address(line.address) or line.address
        who = self.keyed(b"address of a line", f"{line.time_ms} {address}".encode())
        return self._numbered(line, (site.name, self.point, self.log, line.time_ms, written, who))

    def _former_id(self, line: log_formats.Line, site: Site, readable: dict[str, str]) -> str:
        """Return the id that versions gave the line which knew neither the log's name nor the address."""
        written = sorted((name, value) for name, value in readable.items() if name != "country")
        return self._numbered(line, (site.name, self.point, line.time_ms, written))

    def _numbered(self, line: log_formats.Line, said: tuple[object, ...]) -> str:
        """Return an id made of what a line says and of how many equal ones there were before it."""
        digest = hashlib.blake2b(repr(said).encode(), digest_size=10).digest()
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
    path = paths.page_path(target)
    return next((f"{start}-" for start in OF_ONE_PERSON if path.startswith(start)), path)


def _said(rulebook: Rulebook, line: log_formats.Line) -> tuple[frozenset[str], frozenset[str]]:
    """Return the purposes that a line's visitor stopped and agreed to. Rule: 11 CCR 7025(c)(1)."""
    if line.said is None:
        return frozenset(name for name, purpose in rulebook.purposes.items() if purpose.optional), frozenset()
    return rulebook.stops(line.said.preferences, line.said.choices), line.said.consents
