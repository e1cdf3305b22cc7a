"""Links to other companies that are counted: who follows one, and the number by which the other company reports what came of it.

Where a link leads is in the policy alone. An address that counts is signed for its link and for the page that it is
on, so that nobody else makes clicks; one that is not signed so leads to the same place and counts nothing.

The number of a click is the id of its record: 80 random bits behind its moment. It goes out with the address only where the
policy declares it and every purpose that needs it is allowed. What lets a report find the visit again (the number, and the
visitor's) is sealed under the person's key, so that an erased person's click is found by nobody.
"""

from __future__ import annotations

import base64
import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final
from urllib.parse import quote, urlencode, urlsplit

import msgspec

from avow.collection import agents, bounds
from avow.collection.accept import Collector
from avow.collection.signals import Sender
from avow.definitions import Event, Permit, Refusal, SpoolFull, moment
from avow.gate.stopped import nobody
from avow.policy import Rulebook
from avow.policy.law import rules
from avow.policy.paths import link_address, page_path
from avow.policy.rulebook.conversions import CLICK_ID, VISITOR_ID
from avow.policy.rulebook.declarations import ExternalLink

#: Bytes of a signature in an address: 128 bits.
SIGNATURE_BYTES: Final = 16
#: Random bytes of a click's number.
RANDOM_BYTES: Final = 10
#: Characters of a click's number.
NUMBER_LENGTH: Final = 32
OUTBOUND_PATH: Final = "/out/"
#: Where the page is that tells of leaving for another company.
LEAVING_PATH: Final = "/leaving/"

Keyed = Callable[[bytes, bytes], bytes]


@dataclass(frozen=True, slots=True)
class Going:
    """Where a visitor goes on to, what is to be kept of it, and why nothing is."""

    address: str
    record: Event | None = None
    refusal: Refusal | None = None


def signed_address(keyed: Keyed, name: str, page: str) -> str:
    """Return the address by which a page of this site links to an external link of the policy, so that clicks are counted."""
    page = page_path(page)
    return f"{OUTBOUND_PATH}{name}?{urlencode({'page': page, 'signature': _signature(keyed, name, page)})}"


@dataclass(frozen=True, slots=True)
class LinkAddresses:
    """Addresses of the policy's external links, as pages link to them; KeyError for a link that there is not."""

    rulebook: Rulebook
    keyed: Keyed

    def way(self, name: str, page: str) -> str:
        """Return what this page links to; a promised page that tells of leaving comes first."""
        if self.rulebook.external_links[name].notice:
            return f"{LEAVING_PATH}{quote(name)}"
        return self._counted(name, page)

    def way_of(self, name: str, page: str) -> str | Refusal:
        """Return the same for a name that somebody wrote, or why there is none."""
        if name in self.rulebook.external_links:
            return self.way(name, page)
        known = ", ".join(sorted(self.rulebook.external_links)) or "none"
        return Refusal(f'the policy has no external link "{name}"; it has: {known}', rules.NOTICE_AT_COLLECTION)

    def onward(self, name: str) -> str:
        """Return where the page that tells of leaving leads."""
        return self._counted(name, f"{LEAVING_PATH}{name}")

    def _counted(self, name: str, page: str) -> str:
        link = self.rulebook.external_links[name]
        return signed_address(self.keyed, name, page) if link.clicks else link.address


class Outbound:
    """Takes the clicks of one version of the policy. `keyed` is a secret of the installation.

    `stopped` returns the recipients to which nothing may go today.
    """

    def __init__(self, collector: Collector, keyed: Keyed, stopped: Callable[[], frozenset[str]] = nobody) -> None:
        self._collector, self._stopped = collector, stopped
        self._keyed = keyed
        self._encode = msgspec.msgpack.Encoder().encode

    def is_ours(self, link: ExternalLink, page: str, signature: str) -> bool:
        """Return whether a page of this site made the address."""
        return hmac.compare_digest(_signature(self._keyed, link.name, page).encode(), signature.encode())

    async def follow(self, link: ExternalLink, page: str, signature: str, sender: Sender, now_ms: int) -> Going:
        """Keep a click where it may be kept, and return where it leads; what is kept is durable when it returns.

        Nobody waits for a spool that is full: no number goes out then, for no report could find it again.
        """
        going = self.click(link, page, signature, sender, now_ms)
        try:
            if going.record is not None:
                await self._collector.spool.append([self._encode(going.record)])
        except SpoolFull:
            return Going(link.address)
        return going

    def click(self, link: ExternalLink, page: str, signature: str, sender: Sender, now_ms: int) -> Going:
        """Return where a click on this link leads, with its record where one may be kept. Robots click on nothing."""
        if not self.is_ours(link, page, signature) or agents.describe(sender.agent).is_robot:
            return Going(link.address)
        permit = self._collector.permit(link.clicks, sender, moment(now_ms).date())
        if isinstance(permit, Refusal):
            return Going(link.address, refusal=permit)
        may_go = self._collector.may_hand_over(link, sender) is None and link.recipient not in self._stopped()
        is_handed = self._holds_numbers(permit) and may_go
        record = self._record(link, permit, page, sender, now_ms, is_handed=is_handed)
        address = with_parameter(link.address, link.parameter, record.record_id) if is_handed else link.address
        return Going(address, record)

    def _holds_numbers(self, permit: Permit) -> bool:
        """Return whether the number of a click may be kept, and is no longer than declared: else no report would find it."""
        declared = self._collector.rulebook.data.get(CLICK_ID)
        return declared is not None and CLICK_ID in permit.fields and declared.max_length >= NUMBER_LENGTH

    def _record(self, link: ExternalLink, permit: Permit, page: str, sender: Sender, now_ms: int, *, is_handed: bool) -> Event:
        """Return the record of a click: permitted fields only; what finds it again only when its number goes out."""
        record_id = f"{now_ms:012x}{secrets.token_hex(RANDOM_BYTES)}"
        visitor = sender.signals.visitor if VISITOR_ID in permit.fields else ""
        plain = {"page": page_path(page), "link-followed": link_address(link.address)}
        said = {name: value for name, value in plain.items() if name in permit.fields}
        given, too_long = bounds.fitting(said, self._collector.rulebook)
        self._collector.count_too_long(sender, permit.point, too_long, moment(now_ms).date())
        found = {CLICK_ID: record_id} | ({VISITOR_ID: visitor} if visitor else {}) if is_handed else {}
        found, _ = bounds.fitting(found, self._collector.rulebook)
        event = Event.under(
            permit,
            given,
            record_id=record_id,
            collected_ms=now_ms,
            site=self._collector.site,
            visitor=visitor,
            visit=self._collector.visit(sender, now_ms).number,
            demonstration=sender.demonstration,
        )
        return msgspec.structs.replace(event, sealed=event.sealed | found)  # whatever the policy says of other points' numbers


def with_parameter(address: str, name: str, value: str) -> str:
    """Return an address with one parameter more, whatever it has already (RFC 3986, section 3.4)."""
    parts = urlsplit(address)
    query = f"{parts.query}&{urlencode({name: value})}" if parts.query else urlencode({name: value})
    return parts._replace(query=query).geturl()


def _signature(keyed: Keyed, name: str, page: str) -> str:
    """Return the signature of an address in base64url."""
    return base64.urlsafe_b64encode(keyed(b"outbound link", f"{name} {page}".encode())[:SIGNATURE_BYTES]).decode().rstrip("=")
