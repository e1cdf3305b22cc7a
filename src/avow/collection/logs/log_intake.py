"""Server logs that are followed or imported: which collection point they belong to, and what may count with what.

A line that serves a purpose of the tag or of a beacon counts the same visits as they do: under today's salt it gets the same
visit number. A line that serves other purposes alone gets none, so that nothing ties it to a visit.
Rule: Cal. Civ. Code § 1798.100(a)(1), (c): no use that is incompatible with the disclosed purpose.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Final

from avow.collection import visits
from avow.collection.bounds import Moments
from avow.collection.drain import Sink
from avow.collection.logs import log_formats
from avow.collection.logs.following import Follower, Keyed, Places
from avow.collection.logs.server_log import Import, Tried
from avow.collection.refusals import LINES_RULE, RefusalRow, Refusals
from avow.config import Configuration, ServerLog
from avow.definitions import ConfigurationError, Permit, Refusal, Technology, moment, now_ms
from avow.gate.sites import Site, Sites
from avow.gate.versions import Versions
from avow.local_days import day_of
from avow.policy import Rulebook
from avow.policy.law import rules
from avow.store.control import Control

#: Why a line of a followed log is not kept that says nothing, or a moment that cannot be.
UNREADABLE: Final = "a line of the log could not be read"
#: Returns the salt of the day that a moment is of; empty where that day's salt is not known, or is forgotten.
SaltAt = Callable[[int], bytes]
_NONE: Final = Refusal("the policy declares no collection point with technology server-log", rules.NOTICE_AT_COLLECTION)


def point_of(rulebook: Rulebook, wanted: str = "") -> str | Refusal:
    """Return the collection point that a server log belongs to: the one that is named, else the only one."""
    points = [point.name for point in rulebook.points.values() if point.technology is Technology.SERVER_LOG]
    if wanted and wanted not in points:
        reason = f'the policy declares no server log "{wanted}"; it has {", ".join(points) or "none"}'
        return Refusal(reason, rules.NOTICE_AT_COLLECTION)
    if not wanted and len(points) > 1:
        return Refusal(f"the policy declares several server logs; name one of {', '.join(points)}", rules.NOTICE_AT_COLLECTION)
    return wanted or (points[0] if points else _NONE)


def visit_numbers(versions: Versions, salt_at: SaltAt) -> Callable[[Permit, str, int, str, str], int]:
    """Return what numbers the visits of a website: under its day's salt, else under one of its own, thrown away with it.

    A line's day is the business's, as that of the tag. 0, no visit, for a line that serves no purpose of the tag.
    """
    own = secrets.token_bytes(visits.SALT_BYTES)

    def number(permit: Permit, site: str, at_ms: int, address: str, agent: str) -> int:
        if not versions.in_force().counts_visits(permit.purposes):
            return 0
        salt = visits.salt_of_site(salt_at(at_ms), site)
        if salt:
            return visits.visit_number(salt, address, agent)
        day = day_of(at_ms, versions.timezone).day
        return visits.visit_number(visits.salt_of_site(own, site), f"{day} {address}", agent)

    return number


def website_of(sites: Sites, website: str) -> Callable[[str], Site | None]:
    """Return what says which website a line is of, by the host in it ("" for none); always the named one, where one is."""
    if website:
        named = sites.named(website)
        return lambda _host: named
    return lambda host: sites.of_line(host) if host else sites.first


@dataclass(frozen=True, slots=True)
class Imports:
    """Makes the imports of server logs, each line by the policy of its own day."""

    sites: Sites
    versions: Versions
    moments: Moments
    tried: Tried
    refusals: Refusals
    #: A secret of the installation (`store.keys.Vault.hmac`).
    keyed: Keyed

    def of(
        self,
        point: str,
        salt_at: SaltAt,
        read_line: log_formats.Reader,
        log: str,
        *,
        website: str = "",
        names_former: bool = False,
    ) -> Import:
        """Return an import of one log into a collection point; `names_former` for one that may have been imported before.

        `website` is the one that all lines are of; by "" each is of the website whose host it names, else of the first.
        """
        number = visit_numbers(self.versions, salt_at)
        versions = self.versions
        decided = (versions.in_force_on, website_of(self.sites, website), point, versions.today, number, read_line)
        believed = lambda at_ms: self.moments.hold(at_ms, now_ms())  # noqa: E731 - a question of this import
        return Import(*decided, believed, self.tried, self.refusals, self.keyed, log, names_former)


@dataclass(frozen=True, slots=True)
class LogIntake:
    """Makes the followers of the configured logs."""

    imports: Imports
    counter: visits.VisitCounter
    now_ms: Callable[[], int]
    #: A secret of the installation (`store.keys.Vault.hmac`).
    keyed: Keyed

    def follower(self, declared: ServerLog, sink: Sink, control: Control) -> Follower:
        """Return the follower of one configured log; raise ConfigurationError for a format that cannot be read."""
        read_line = log_formats.reader(declared.format)
        if isinstance(read_line, Refusal):
            raise ConfigurationError(f"server_logs {declared.path}: {read_line.reason}")
        intake = partial(self._import, declared, read_line)
        passed_over = partial(self._passed_over, declared)
        return Follower(str(declared.path), declared.path, intake, sink, Places(control), self.keyed, passed_over)

    def _passed_over(self, declared: ServerLog, count: int) -> None:
        """Count lines that could not be read on the day on which they came; nothing of them is kept."""
        imports = self.imports
        point = point_of(imports.versions.in_force(), declared.point)
        named = declared.point if isinstance(point, Refusal) else point
        website = imports.sites.named(declared.website).name
        row = RefusalRow(moment(self.now_ms()).date(), website, named, "", UNREADABLE, LINES_RULE)
        imports.refusals.add(row, count)

    def _import(self, declared: ServerLog, read_line: log_formats.Reader) -> Import:
        point = point_of(self.imports.versions.in_force(), declared.point)
        if isinstance(point, Refusal):
            raise ConfigurationError(f"server_logs {declared.path}: {point.reason}")
        return self.imports.of(point, self._salt_at, read_line, str(declared.path), website=declared.website)

    def _salt_at(self, at_ms: int) -> bytes:
        today = self.counter.today(self.now_ms())
        return today.salt if today.holds(at_ms) else b""


def name_of(configuration: Configuration, log: str) -> str:
    """Return the name of the log that files are imported of: what was said, else the one log that is followed, if one is."""
    followed = [str(one.path) for one in configuration.server_logs]
    return log or (followed[0] if len(followed) == 1 else "")


def check(configuration: Configuration, rulebook: Rulebook) -> None:
    """Check at the start that every configured log can be followed; raise ConfigurationError naming the one that cannot."""
    for declared in configuration.server_logs:
        website = Sites(configuration).chosen(declared.website)
        for found in (log_formats.reader(declared.format), point_of(rulebook, declared.point), website):
            if isinstance(found, Refusal):
                raise ConfigurationError(f"server_logs {declared.path}: {found.reason}")
        if not Path(declared.path).parent.is_dir():
            raise ConfigurationError(f"server_logs {declared.path}: there is no folder {declared.path.parent}")
