"""What is remembered of senders: moments of what they did, for a time, under names that mean nothing, and never without end.

Each act has rooms of its own, so that what is cheap to send pushes out nothing of what is dear. In a room that is full the
sender is forgotten first who did least, and of these the one who came longest ago: a flood of senders who each did one
thing pushes out such senders, and not the one who is near its limit.
"""

from __future__ import annotations

import hmac
import ipaddress
import secrets
from array import array
from collections import OrderedDict
from typing import Final

from avow.collection.visits import client_address

#: A salt is drawn each hour, milliseconds, and the one before is known for an hour more: no act is counted for longer.
SALT_MS: Final = 3_600_000
#: Moments of one sender that are told apart; within this part of its time they are counted as one.
MOMENTS: Final = 64
#: Senders of one act, or networks, that did little, and again so many that did at least half of what they may.
SENDERS: Final = 8_192
#: Rooms at once, for kinds of acts of senders and of their networks; more are a mistake of ours.
ACTS: Final = 32
#: Whoever has a /64 of IPv6 has all its addresses (RFC 6177).
_SENDER_PREFIX: Final = 64
#: What one customer of a network may have in turn: a /48 of IPv6 has 65,536 senders (RFC 6177); a /24 of IPv4 is the least
#: that is routed by itself.
_NETWORK_PREFIXES: Final = {4: 24, 6: 48}


def network_of(address: str) -> str:
    """Return what one sender has of addresses: an IPv4 address, or the /64 of an IPv6 one; any other text as it is."""
    found = _address(address)
    if isinstance(found, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((found.packed, _SENDER_PREFIX), strict=False))
    return address if found is None else str(found)


def is_this_machine(address: str) -> bool:
    """Return whether an address is of this machine: a proxy on it that nobody named speaks for everybody."""
    found = _address(address)
    return found is not None and found.is_loopback


def counted_for(peer: str, forwarded: str, trusted: frozenset[str]) -> str:
    """Return the address that an act is counted for; "" for this machine: an unnamed proxy on it speaks for everybody."""
    address = client_address(peer, forwarded, trusted)
    return "" if is_this_machine(address) else address


def wider_network_of(address: str) -> str:
    """Return the network in which senders are counted together as well, by a wider measure; nothing for other texts."""
    found = _address(address)
    return "" if found is None else str(ipaddress.ip_network((found.packed, _NETWORK_PREFIXES[found.version]), strict=False))


class Count:
    """How often one sender did something: moments, oldest first, each with how often."""

    __slots__ = ("_pairs",)

    def __init__(self) -> None:
        self._pairs = array("q")

    def within(self, now_ms: int, within_ms: int) -> int:
        """Return how often within this time before now, and forget what is older."""
        pairs, kept = self._pairs, 0
        while kept < len(pairs) and pairs[kept] <= now_ms - within_ms:
            kept += 2
        del pairs[:kept]
        return sum(pairs[1::2])

    def add(self, times: int, now_ms: int, within_ms: int) -> None:
        """Count so many more."""
        pairs = self._pairs
        if pairs and abs(now_ms - pairs[-2]) < within_ms // MOMENTS:
            pairs[-1] += times
        else:
            pairs.extend((now_ms, times))
            del pairs[: -2 * MOMENTS - 2]  # only when the clock was put back meanwhile

    def take_back(self, now_ms: int) -> bool:
        """Count one less of the moments up to now, if there is one; return whether anything is left."""
        pairs = self._pairs
        for at in range(len(pairs) - 2, -1, -2):
            if pairs[at] <= now_ms and pairs[at + 1] > 0:
                pairs[at + 1] -= 1
                break
        return any(pairs[1::2])


class _Room:
    """The senders of one act under one salt."""

    def __init__(self) -> None:
        self.little: OrderedDict[bytes, Count] = OrderedDict()
        self.much: OrderedDict[bytes, Count] = OrderedDict()

    def pop(self, name: bytes) -> Count | None:
        return self.much.pop(name, None) or self.little.pop(name, None)

    def keep(self, name: bytes, count: Count, *, is_much: bool) -> None:
        """Keep a count as the one that was looked at last; who did as much and was looked at longest ago goes."""
        kept = self.much if is_much else self.little
        kept[name] = count
        if len(kept) > SENDERS:
            kept.popitem(last=False)


class SenderMemory:
    """The rooms of all acts, under the salt of this hour and of the one before. For one thread."""

    def __init__(self) -> None:
        self._rooms: dict[str, _Room] = {}
        self._rooms_before: dict[str, _Room] = {}
        self._salt, self._salt_before, self._salted_ms = secrets.token_bytes(32), b"", 0

    def take_out(self, sender: str, act: str, now_ms: int) -> tuple[bytes, Count]:
        """Return a sender's name of this hour, and its count, which is kept no longer: `keep` it.

        Raises ValueError for one kind of act too many.
        """
        self._renew(now_ms)
        name = self._named(self._salt, sender)
        count = self._room(act).pop(name)
        if count is None and act in self._rooms_before:
            count = self._rooms_before[act].pop(self._named(self._salt_before, sender))
        return name, count or Count()

    def keep(self, name: bytes, count: Count, act: str, *, is_much: bool) -> None:
        """Keep a count; `is_much`: its sender did at least half of what it may."""
        self._room(act).keep(name, count, is_much=is_much)

    def sizes(self) -> tuple[int, ...]:
        """Return how many senders are remembered in each room."""
        rooms = [*self._rooms.values(), *self._rooms_before.values()]
        return tuple(len(part) for room in rooms for part in (room.little, room.much))

    def names(self) -> frozenset[bytes]:
        """Return the names under which senders are remembered."""
        return frozenset(name for room in self._rooms.values() for part in (room.little, room.much) for name in part)

    def _room(self, act: str) -> _Room:
        room = self._rooms.get(act)
        if room is None:
            if len(self._rooms) >= ACTS:
                raise ValueError(f"more than {ACTS} kinds of acts are counted")
            room = self._rooms[act] = _Room()
        return room

    def _renew(self, now_ms: int) -> None:
        """Draw a salt when that of this hour is over; also when the clock was ahead: no salt lives longer than two hours."""
        age_ms = now_ms - self._salted_ms
        if -SALT_MS < age_ms < SALT_MS:
            return
        is_next = SALT_MS <= age_ms < 2 * SALT_MS
        self._salt_before, self._rooms_before = (self._salt, self._rooms) if is_next else (b"", {})
        self._salt, self._salted_ms, self._rooms = secrets.token_bytes(32), now_ms, {}

    @staticmethod
    def _named(salt: bytes, sender: str) -> bytes:
        return hmac.digest(salt, sender.encode(errors="replace"), "sha256")[:16]


def _address(text: str) -> ipaddress.IPv4Address | ipaddress.IPv6Address | None:
    """Return the address that a text is, one of IPv4 never as one of IPv6; None for any other text."""
    try:
        found = ipaddress.ip_address(text)
    except ValueError:
        return None
    return (isinstance(found, ipaddress.IPv6Address) and found.ipv4_mapped) or found
