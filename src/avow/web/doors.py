"""Where a worker's requests go: through the door of their site, under the version of the policy in force at their moment.

Each version has a door for each website, with everything behind it built from that version and that site alone. A request
that is being answered ends behind the door it came through.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from avow.gate.sites import Site, Sites
from avow.gate.versions import Versions
from avow.policy import Rulebook
from avow.web.door import PAGE_BODY_BYTES, Door
from avow.web.exchange import Exchange
from avow.web.http1 import Way

#: What is asked of the installation and not of one of its websites: monitors, proofs, and what other companies and letters' links
#: send, which say in their own way whose they are. It is answered under any host.
_OF_NO_SITE: Final = (
    b"/healthz",
    b"/readyz",
    b"/metrics",
    b"/audit/",
    b"/console",
    b"/avow/static/",
    b"/avow/host",
    b"/avow/integrity",
    b"/avow/feeds/",
    b"/avow/postbacks/",
    b"/avow/instructions/",
    b"/avow/subscriptions/",
    b"/avow/unsubscribe/",
    b"/avow/mail/",
)
#: Pages that a link of another website may lead to: what is posted there is of the page that sends it.
_PAGES: Final = (b"/avow/forms/", b"/avow/notices/")
_UNKNOWN_PAGE: Final = "This is taken from pages of this server's websites only."


class Doors:
    """The doors of one worker; each is built when it is first needed."""

    def __init__(
        self,
        versions: Versions,
        sites: Sites,
        build_door: Callable[[Site, Rulebook], Door],
        misdirected: Callable[[Exchange], None],
    ) -> None:
        """`misdirected` answers what is of no website."""
        self._versions = versions
        self._sites = sites
        self._only = sites.first if len(sites.all) == 1 else None
        self._build = build_door
        self._doors: dict[tuple[str, str], Door] = {}
        self._misdirected = Way(PAGE_BODY_BYTES, misdirected)
        self._refused = Way(PAGE_BODY_BYTES, lambda exchange: exchange.answer_error(403, _UNKNOWN_PAGE))

    def way(self, exchange: Exchange) -> Way:
        """Return who answers one HTTP request: this decides of which site it is, and nothing behind asks again."""
        site = self._only or self._site(exchange)
        if site is None:
            return self._refused if exchange.raw_path.startswith(b"/avow/") else self._misdirected
        rulebook = self._versions.in_force()
        door = self._doors.get((site.name, rulebook.id)) or self._door(site, rulebook)
        return door.ways.get(exchange.raw_path) or door.way(exchange)  # looked up here, without a call more: every event passes

    def sender(self, exchange: Exchange) -> str:
        """Return whom a request's body is counted for, whichever site it is of."""
        return self._door(self._sites.first, self._versions.in_force()).sender(exchange)

    def prepare(self) -> bool:
        """See what was published since, and build the announced version's doors ahead of its midnight; returns False."""
        self._versions.refresh()
        wanted = [one for one in (self._versions.in_force(), self._versions.following()) if one is not None]
        for rulebook in wanted:
            for site in self._sites.all:
                self._door(site, rulebook)
        kept = {(site.name, rulebook.id) for rulebook in wanted for site in self._sites.all}
        self._doors = {named: door for named, door in self._doors.items() if named in kept}
        return False

    def _site(self, exchange: Exchange) -> Site | None:
        """Return the site of a request. A page is of its own host; what a page loads or sends is of the site of that page."""
        first = exchange.first
        is_page = exchange.raw_path.startswith(_PAGES) and exchange.method != "POST"
        page = first.get(b"referer", b"") if exchange.raw_path.startswith(b"/avow/") and not is_page else b""
        told = (first.get(name, b"").decode("latin-1") for name in (b"origin", b"host"))
        origin, host = told
        site = self._sites.of(origin, page.decode("latin-1"), host)
        if site is None and exchange.raw_path.startswith(_OF_NO_SITE):
            return self._sites.first
        return site

    def _door(self, site: Site, rulebook: Rulebook) -> Door:
        named = (site.name, rulebook.id)
        door = self._doors.get(named)
        if door is None:
            door = self._doors[named] = self._build(site, rulebook)
        return door
