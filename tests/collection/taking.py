"""Taking events in for tests: everybody is the sender that the test names, and the spool is memory, durable at once."""

from copy import copy

from avow.collection.intake import Intake
from avow.collection.limits.event_leases import EventLeases
from avow.collection.limits.sender_counts import Counts
from avow.collection.senders import Senders


class Durable:
    """A spool in memory."""

    def append_then(self, _record, done, kept):
        done(kept)


class Named(Senders):
    """Everybody is one sender, whatever the HTTP request says."""

    who = None

    def of(self, _peer, _lines, _first, now_ms):
        return self._heard(self.known(self.who, now_ms), now_ms)


class Taking:
    """The intake over a collector."""

    def __init__(self, collector, own_hosts=frozenset()):
        collector = copy(collector)
        collector.spool = Durable()
        self.refusals = collector.refusals
        self._senders = Named(collector, EventLeases(Counts(), 0), (), "token")
        self._intake = Intake(collector, self._senders, own_hosts)

    def take(self, sent, who, now_ms):
        """Return what became of a body, or of what a pixel said (`pixel`), that somebody sent."""
        outcomes, self._senders.who = [], who
        self._intake.take(sent, "", [], {}, now_ms, outcomes.append)
        (outcome,) = outcomes
        return outcome

    def pixel(self, point, given):
        """Return what a pixel's address says."""
        return self._intake.pixels.said(point, given)
