"""What every door of the collection asks: may this be kept of this sender, and what is counted of what may not.

The permit is asked before the disk, and once. Events and pixels go on in `intake`, the rest each in its own module. No
address and no user agent go beyond here unless the policy declares them for the point.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import date

import msgspec

from avow.collection import bounds, events
from avow.collection.refusals import RefusalRow, Refusals, shown_name
from avow.collection.signals import Sender
from avow.collection.visits import SiteVisits, Visit
from avow.definitions import Permit, Refusal, SpoolFull
from avow.policy import Rulebook
from avow.policy.rulebook.ages import Heard
from avow.policy.rulebook.declarations import ExternalLink
from avow.spool.spool import Spool


class Accepted(msgspec.Struct, frozen=True, gc=False):
    """What became of an input: what to append to the spool before it is acknowledged, what was dropped, what was refused.

    `new_visitor` is the visitor id to set as a cookie, `young` what a form told of an age under 16.
    """

    kept: int
    dropped: tuple[events.Dropped, ...]
    refused: tuple[Refusal, ...]
    new_visitor: str = ""
    cookie_days: int = 0
    reference: str = ""
    masked: tuple[str, ...] = ()
    record: bytes = b""
    young: Heard | None = None


#: Told what became of an input: at once where nothing is kept, else when it is durable, or SpoolFull when it cannot be.
Done = Callable[[Accepted | Refusal | SpoolFull], None]


class Collector:
    """What the doors of one version of the policy share in a web worker: rulebook, site, spool and counts."""

    def __init__(self, rulebook: Rulebook, site: str, spool: Spool, visits: SiteVisits, refusals: Refusals) -> None:
        self.rulebook = rulebook
        self.refusals = refusals
        self.site = site
        self.spool = spool
        self.visits = visits
        self._asking = frozenset(name for name, purpose in rulebook.purposes.items() if purpose.needs_consent)

    def permit(self, point: str, sender: Sender, today: date) -> Permit | Refusal:
        """Return what may be kept at a point of what this sender sends today; a refusal is counted."""
        permit = self.rulebook.permit(point, self.opted_out(sender), today, self.opted_in(sender))
        if isinstance(permit, Refusal):
            self._count(sender, today, point, "", permit)
        return permit

    def subscription(self, point: str, sender: Sender, today: date) -> Permit | Refusal:
        """Return what may be kept of a subscription: to subscribe is a yes to what it is for, and the newest word about it.

        A signal that stops it is sent with this very form, so it counts; a refusal is counted. Rule: 11 CCR 7025(c)(1).
        """
        declared = self.rulebook.points.get(point)
        asked = declared.purposes & self._asking if declared else frozenset()
        stopped = self.rulebook.stopped_by(sender.signals.preferences)
        permit = self.rulebook.permit(point, stopped, today, asked)
        if isinstance(permit, Refusal):
            self._count(sender, today, point, "", permit)
        return permit

    def count_refused(self, sender: Sender, point: str, refusal: Refusal, today: date) -> None:
        """Count a refusal that was decided elsewhere."""
        self._count(sender, today, point, "", refusal)

    def may_hand_over(self, link: ExternalLink, sender: Sender) -> Refusal | None:
        """Return None when the number of this sender's click may go to the site behind a link."""
        return self.rulebook.may_hand_over(link, self.opted_out(sender), self.opted_in(sender))

    def visit(self, sender: Sender, now_ms: int) -> Visit:
        """Return this sender's visit, as their events have it."""
        return self.visits.visit(sender.address, sender.agent, now_ms)

    def opted_out(self, sender: Sender) -> frozenset[str]:
        """Return the purposes that signals and choices stop; a choice reaches optional purposes only."""
        return self.rulebook.stops(sender.signals.preferences, sender.signals.choices)

    def by_what(self, sender: Sender) -> dict[str, str]:
        """Return each purpose that is stopped and what stopped it; a signal, where it did so too, is the stronger word."""
        by = dict.fromkeys(sorted(self.rulebook.stops(frozenset(), sender.signals.choices)), "link")
        return by | self.signalled(sender)

    def signalled(self, sender: Sender) -> dict[str, str]:
        """Return each purpose that a signal of this sender stops, and which signal does; the stronger word of two."""
        preferences = sorted(sender.signals.preferences)  # "dnt", then "gpc"
        return {name: one for one in preferences for name in sorted(self.rulebook.stopped_by(frozenset([one])))}

    def opted_in(self, sender: Sender) -> frozenset[str]:
        """Return the purposes that wait for a yes and got one from this browser. Rule: 11 CCR 7004; GDPR Art. 7."""
        return sender.signals.consents & self._asking

    def count_dropped(self, sender: Sender, dropped: Iterable[events.Dropped], today: date) -> None:
        """Count dropped parts for the console, without their values."""
        for lost in dropped:
            point = lost.point if lost.point in self.rulebook.points else shown_name(lost.point)
            self._count(sender, today, point, shown_name(lost.field) if lost.field else "", Refusal(lost.reason, lost.rule))

    def count_too_long(self, sender: Sender, point: str, names: Iterable[str], today: date) -> None:
        """Count the fields that were longer than declared, without their values."""
        for name in names:
            self._count(sender, today, point, name, bounds.TOO_LONG)

    def _count(self, sender: Sender, today: date, point: str, field: str, refusal: Refusal) -> None:
        """Count one refusal for the console and the evidence, which leave invented visitors out."""
        if not sender.demonstration:
            self.refusals.add(RefusalRow(today, self.site, point, field, refusal.reason, refusal.rule))
