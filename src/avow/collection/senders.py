"""Who sends: address, agent, signals and choices, worked out from an HTTP request once and remembered for a minute."""

from __future__ import annotations

import hmac
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date
from functools import partial
from typing import Final

import msgspec

from avow.collection import agents, signals
from avow.collection.accept import Accepted, Collector
from avow.collection.layouts import Layout
from avow.collection.limits.event_leases import EventLeases
from avow.collection.remembered import Remembered
from avow.collection.signals import Sender
from avow.collection.visits import Visit, client_address, plain_address
from avow.definitions import RecordIds, Refusal, Signalled, SpoolFull, moment

DEMONSTRATION_HEADER: Final = "avow-demonstration"
#: What a request says about its sender.
_DEMONSTRATION: Final = DEMONSTRATION_HEADER.encode()
_DAY_MS: Final = 86_400_000
#: What became of a signal that was kept.
_HEARD: Final = Accepted(0, (), ())
_ENCODE: Final = msgspec.msgpack.Encoder().encode

#: The header lines of an HTTP request, names in lower case.
Lines = Sequence[tuple[bytes, bytes]]
Every = Callable[[str], list[str]]


class Asked(msgspec.Struct, frozen=True):
    """What the policy answers for events of some types together: what may be kept of each, and what they share, encoded.

    A type of which nothing may be kept has no layout. `recognises`: one of them finds the browser's records, which has a number
    for that, for so many days.
    """

    layouts: tuple[tuple[type, Layout], ...]
    terms: msgspec.Raw
    recognises: bool
    cookie_days: int


class Known:
    """What is known about a sender today, and what the policy answers for each type of events, and for those of one request.

    `layouts`, `terms` and `asked` are filled by `intake`, once for each; `visit` is asked for again from its `until_ms` on.
    `signalled` is what their signals stop, until it is kept for the browser's number.
    """

    __slots__ = (
        "agent",
        "allowance",
        "asked",
        "layouts",
        "opted_in",
        "opted_out",
        "sender",
        "signalled",
        "terms",
        "today",
        "visit",
    )

    def __init__(self, sender: Sender, today: date, collector: Collector, leases: EventLeases) -> None:
        self.sender, self.today = sender, today
        self.opted_out, self.opted_in = collector.opted_out(sender), collector.opted_in(sender)
        self.signalled = collector.signalled(sender)
        self.agent = agents.describe(sender.agent)
        self.allowance = leases.of(sender.address)
        self.layouts: dict[type, Layout | Refusal] = {}
        self.terms: dict[type, msgspec.Raw] = {}
        self.asked: dict[frozenset[type], Asked] = {}
        self.visit = Visit(0, 0)


class Senders:
    """The senders of one web worker. `token` is what invented visitors of `avow demo` show."""

    def __init__(self, collector: Collector, leases: EventLeases, trusted_proxies: Iterable[str], token: str) -> None:
        self.leases = leases
        self._collector = collector
        self._trusted = frozenset(map(plain_address, trusted_proxies))
        self._token = token
        self._known: Remembered[tuple[str | bytes | None, ...], Known] = Remembered()
        self._day_ends_ms = 0
        self._ids = RecordIds()

    def of(self, peer: str, lines: Lines, first: Mapping[bytes, bytes], now_ms: int) -> Known:
        """Return what is known about who sent a request; remembered for those that come again within a minute of one day.

        `first` holds the first line of each header.
        """
        if now_ms >= self._day_ends_ms:
            self._known.found.clear()
            self._day_ends_ms = (now_ms // _DAY_MS + 1) * _DAY_MS
        if len(first) < len(lines):  # a second line may hold a no: not looked up by the first, nor remembered
            return self._heard(self.known(self.sender(peer, partial(_every, lines)), now_ms), now_ms)
        said = first.get
        key = (  # what a sender is told by, written out: each event pays for a loop
            peer,
            said(b"user-agent"),
            said(b"cookie"),
            said(b"sec-gpc"),
            said(b"dnt"),
            said(b"x-forwarded-for"),
            said(_DEMONSTRATION),
        )
        found = self._known.found.get(key)
        if found is None:
            found = self.known(self.sender(peer, partial(_every, lines)), now_ms)
            self._known.keep(key, found, sum(len(one) for one in key if one is not None))
        return found if not found.signalled else self._heard(found, now_ms)

    def known(self, sender: Sender, now_ms: int) -> Known:
        """Return what is known about a sender, worked out."""
        return Known(sender, moment(now_ms).date(), self._collector, self.leases)

    def hear(self, known: Known, visitor: str, now_ms: int) -> None:
        """Hand on what a sender's signals stop, to be kept as the opt-out of the browser's number; once for each `Known`.

        Whatever becomes of what they sent. Rule: 11 CCR 7025(c)(1).
        """
        said, known.signalled = known.signalled, {}
        record = Signalled(
            record_id=self._ids.new(now_ms),
            collected_ms=now_ms,
            site=self._collector.site,
            rulebook_id=self._collector.rulebook.id,
            visitor=visitor,
            opted_out=said,
            demonstration=known.sender.demonstration,
        )

        def heard(outcome: Accepted | Refusal | SpoolFull) -> None:
            if isinstance(outcome, SpoolFull):
                known.signalled = said  # the next request of the same sender says it again

        self._collector.spool.append_then(_ENCODE(record), heard, _HEARD)

    def _heard(self, known: Known, now_ms: int) -> Known:
        """Return the same, with the signals of a browser that has a number on their way; one without keeps its opt-out itself."""
        if known.signalled and known.sender.signals.visitor:
            self.hear(known, known.sender.signals.visitor, now_ms)
        return known

    def sender(self, peer: str, every: Every) -> Sender:
        """Return who sent a request: address as far as a trusted proxy tells, agent, signals, demonstration or not.

        `every` gives the values of every line of a header.
        """
        agent, token = every("user-agent"), every(DEMONSTRATION_HEADER)
        invented = self.is_demonstration(token[0] if token else None)
        return Sender(self.address(peer, every), agent[0] if agent else "", signals.of(every), invented)

    def address(self, peer: str, every: Every) -> str:
        """Return the address of who sent a request, as far as a trusted proxy tells."""
        # Some proxies add a line of their own (RFC 9110, section 5.3).
        return client_address(peer, ", ".join(every("x-forwarded-for")) if self._trusted else "", self._trusted)

    def is_demonstration(self, token: str | None) -> bool:
        """Return whether the header's value is this installation's demonstration token."""
        return token is not None and hmac.compare_digest(token.encode(), self._token.encode())


def _every(lines: Lines, name: str) -> list[str]:
    """Return the values of every line of this name."""
    wanted = name.encode()
    return [value.decode("latin-1") for found, value in lines if found == wanted]
