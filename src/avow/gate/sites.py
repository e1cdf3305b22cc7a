"""Which website it is: one site or brand of the controller, resolved once, at the door, and part of every permit.

A request is of the site that its `Origin` names, else the address of the page that sent it, else `Host`; where one website is
declared, everything is its own. Names are compared as RFC 6454 has origins, without the scheme: what is in front of Avow may
have ended TLS.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from avow.config import Configuration, Look, Website
from avow.config.origins import authority
from avow.definitions import ConfigurationError, Refusal
from avow.policy import Rulebook, paths
from avow.store.control import Control, settings
from avow.store.control import sites as rows

#: Every website at once, where staff look at all of them.
EVERY_SITE: Final = ""
_RULE: Final = "docs/reference/configuration.md"
#: The setting that says that the rows of before know their website.
_NAMED: Final = "sites-named"


@dataclass(frozen=True, slots=True)
class Site:
    """One website as records, pages and letters know it: `name` is in the records, `declared` the configuration of it."""

    name: str
    origin: str
    declared: Website

    @property
    def pages(self) -> Path | None:
        """The folder with its own pages, which Avow serves; None where others do."""
        return self.declared.pages

    @property
    def look(self) -> Look:
        """How Avow's own pages look there."""
        return self.declared.look

    @property
    def sender(self) -> str:
        """The address that letters to people who wrote there come from; "" for the installation's."""
        return self.declared.sender

    def called(self, company: str) -> str:
        """Return the name that people know it by, which letters are signed with: its own, else the company's."""
        return self.look.name or company

    @property
    def is_secure(self) -> bool:
        """Whether its pages come over TLS."""
        return self.origin.startswith("https://")

    @property
    def hosts(self) -> frozenset[str]:
        """Its own hosts, which are no referrers."""
        return frozenset().union(*(paths.own_hosts(self.name, one) for one in self.declared.every_origin))

    def website(self, rulebook: Rulebook) -> str:
        """Return which of the policy's websites it is, by name or address; "" where the policy tells none apart.

        Where it tells several apart and this is none of them, its own name: what is declared `on` others is not for it.
        """
        declared = self.declared.declared_as or self.name
        if declared in rulebook.websites:
            return declared
        for one in rulebook.websites.values():
            if not self.declared.declared_as and authority(one.address) in map(authority, self.declared.every_origin):
                return one.name
        return declared if len(rulebook.websites) > 1 else ""


def site_of(declared: Website) -> Site:
    """Return a website as it is declared."""
    return Site(declared.name, declared.every_origin[0], declared)


class Sites:
    """The websites of one installation."""

    def __init__(self, configuration: Configuration) -> None:
        self.all = tuple(map(site_of, configuration.sites))
        self.first = self.all[0]
        self._by_name = {site.name: site for site in self.all}
        self._by_host = {authority(one): site for site in self.all for one in site.declared.every_origin}
        self._only = self.first if len(self.all) == 1 else None
        names = Counter(_name_of(host) for host in self._by_host)
        #: By the name alone, where one website has it: of hosts of logs, which need not have their port.
        self._by_name_of_host = {_name_of(host): site for host, site in self._by_host.items() if names[_name_of(host)] == 1}

    def named(self, name: str) -> Site:
        """Return the site of a record; the first for one that the configuration no longer names, whose records stay."""
        return self._by_name.get(name, self.first)

    def find(self, name: str) -> Site | Refusal:
        """Return the site that somebody names; a Refusal with the names that there are for another."""
        found = self._by_name.get(name)
        return found or Refusal(f"there is no website “{name}”; there is {', '.join(self._by_name)}", _RULE)

    def one(self, name: str) -> Site | Refusal:
        """Return the site that somebody names, or the only one for ""; a Refusal with the names that there are for none."""
        if name or self._only is not None:
            return self.find(name) if name else self.first
        return Refusal(f"there are several websites; name one of {', '.join(self._by_name)}", _RULE)

    def chosen(self, name: str) -> tuple[Site, ...] | Refusal:
        """Return the site that somebody names, or all of them for ""."""
        found = self.find(name) if name else None
        return found if isinstance(found, Refusal) else (found,) if found else self.all

    def of(self, origin: str, page: str, host: str) -> Site | None:
        """Return the site of a request by the values of `Origin`, `Referer` and `Host`, "" for none; None for no declared site.

        The first that names a declared site decides. One that names another is no word about which site this is: whether a page
        of another site may send at all is for who takes it in.
        """
        if self._only is not None:
            return self._only
        asked = _in_one_form(host)
        named = (authority(_origin_of(origin)), authority(_origin_of(page)), asked, _without_usual_port(asked))
        return next((site for one in named if (site := self._by_host.get(one)) is not None), None)

    def of_line(self, host: str) -> Site | None:
        """Return the site of a line of a log by its host, with its port or without; None for none of ours."""
        return self.of("", "", host) or self._by_name_of_host.get(_in_one_form(host))


def name_earlier(control: Control, sites: Sites) -> None:
    """Give rows that an earlier version kept, or a backup of one, the name of the first website, once.

    Until that version there was one website, so what came before is of it. Called before anything is served.
    """
    with control.transaction() as tx:
        if settings.get(tx, _NAMED) is None:
            rows.name_unnamed(tx, sites.first.name)
            settings.put(tx, _NAMED, "yes")


def require_declared(sites: Sites, rulebooks: Sequence[Rulebook]) -> None:
    """Raise ConfigurationError for a website that a version in force or to come does not name, where there are several.

    What is written as `declared_as` has to be in one of them: before the first that tells websites apart, there is one.
    Rule: the policy is what visitors of each website read; nothing else says what is collected there.
    """
    for site in sites.all:
        called = site.declared.declared_as
        unknown = [one for one in rulebooks if len(sites.all) > 1 or len(one.websites) > 1]
        unknown = [one for one in unknown if site.website(one) not in one.websites]
        if called and not any(called in one.websites for one in rulebooks):
            unknown = list(rulebooks)
        if unknown:
            known = ", ".join(sorted(unknown[0].websites)) or "none"
            wanted = f"the policy names {known}; write the one that it is as declared_as, or declare it there"
            raise ConfigurationError(f"websites: “{called or site.name}” is no [website.NAME] of the policy; {wanted}")


def _origin_of(address: str) -> str:
    """Return scheme and authority of an address; "" for what is none."""
    try:
        parts = urlsplit(address.strip())
    except ValueError:
        return ""
    return f"{parts.scheme}://{_in_one_form(parts.netloc.rpartition('@')[2])}" if parts.netloc else ""


def _in_one_form(host: str) -> str:
    """Return a host as it is compared: lower case, and without the dot that ends a whole name (RFC 1034, section 3.1)."""
    name, colon, port = host.strip().lower().rpartition(":")
    return f"{name.removesuffix('.')}{colon}{port}" if colon and port.isdigit() else host.strip().lower().removesuffix(".")


def _without_usual_port(host: str) -> str:
    return host.removesuffix(":443").removesuffix(":80")


def _name_of(host: str) -> str:
    """Return a host without its port."""
    name, colon, port = host.rpartition(":")
    return name if colon and port.isdigit() else host
