"""What the policy allows in one visitor's browser: which other companies' scripts load, and what their scripts are told."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass

from avow.collection import privacy_strings
from avow.collection.signals import Signals
from avow.definitions import LETTERS, Permit, moment
from avow.gate.disclosures import Loaded, PartyLoads
from avow.gate.stopped import nobody
from avow.policy import Rulebook
from avow.policy.rulebook.audience import Audience
from avow.policy.rulebook.conversions import VISITOR_ID
from avow.policy.rulebook.declarations import Recipient


@dataclass(frozen=True, slots=True)
class PartyFacts:
    """Another company's script ("tag") or image ("pixel") that a page loads only for whom it is `allowed`.

    `stores` are the cookies and storage keys that it sets; `opt_out` is where it takes an opt-out itself, "" for nowhere.
    """

    name: str
    label: str
    kind: str
    address: str
    stores: tuple[str, ...]
    opt_out: str
    allowed: bool


@dataclass(frozen=True, slots=True)
class BrowserFacts:
    """What follows for one browser from its signals and choices; the strings are IAB GPP (`usca`) and US Privacy."""

    parties: tuple[PartyFacts, ...]
    gpp: str
    usca: Mapping[str, int | bool | list[int]]
    us_privacy: str
    #: Whether any collection point may still know the browser again by its number.
    recognises: bool = True


@dataclass(frozen=True, slots=True)
class Browsers:
    """What the policy in force allows in a visitor's browser on a website.

    `site` is the website's name in records, `website` the policy's name for it, "" for all. `stopped` are the recipients to which
    nothing may go today.
    """

    rulebook: Rulebook
    site: str
    website: str
    loads: PartyLoads
    now_ms: Callable[[], int]
    stopped: Callable[[], frozenset[str]] = nobody

    def let_load(self, points: Collection[str], *, demonstration: bool) -> None:
        """Count one page view for each point whose company's script was let load."""
        for name in points:
            self.loads.add(Loaded(moment(self.now_ms()).date(), self.site, name, self.rulebook.id, demonstration))

    def facts(self, signals: Signals) -> BrowserFacts:
        """Return what these signals and choices leave. Rule: 11 CCR 7025(c)(1), 7026(f)."""
        rulebook = self.rulebook
        stopped, without = rulebook.stops(signals.preferences, signals.choices), self.stopped()
        loaded = [point for point in Audience(self.website).points(rulebook) if point.loads and point.collected_by]
        parties = []
        for point in loaded:
            recipient = rulebook.recipients[point.collected_by or ""]
            refusal = rulebook.may_load(point.name, stopped, signals.consents)
            parties.append(
                PartyFacts(
                    point.name,
                    recipient.label,
                    point.technology.value,
                    point.loads,
                    point.stores,
                    recipient.opt_out,
                    allowed=refusal is None and point.collected_by not in without,
                )
            )
        unsaid = {name for name, purpose in rulebook.purposes.items() if purpose.needs_consent} - signals.consents
        third = rulebook.recipients.values()
        sale = privacy_strings.opt_out(_served(one for one in third if one.is_sold_to), stopped | unsaid)
        sharing = privacy_strings.opt_out(_served(one for one in third if one.is_shared_with), stopped | unsaid)
        gpc = "gpc" in signals.preferences
        return BrowserFacts(
            tuple(parties),
            privacy_strings.gpp(sale, sharing, gpc=gpc),
            privacy_strings.usca(sale, sharing, gpc=gpc),
            privacy_strings.us_privacy(sale, sharing),
            recognises=self._recognises(stopped, signals.consents),
        )

    def _recognises(self, stopped: frozenset[str], consents: frozenset[str]) -> bool:
        """Return whether a browser's number may still be kept with what comes from it, at any point."""
        today = moment(self.now_ms()).date()
        points = (
            point
            for point in self.rulebook.points.values()
            # a form that notes which browser it came from recognises none
            if VISITOR_ID in point.fields and not point.collected_by and point.technology not in LETTERS
        )
        permits = (self.rulebook.permit(point.name, stopped, today, consents) for point in points)
        return any(isinstance(permit, Permit) and VISITOR_ID in permit.fields for permit in permits)


def _served(third: Iterable[Recipient]) -> frozenset[str]:
    """Return the purposes for which something is sold, or shared. Rule: Cal. Civ. Code § 1798.140(ad), (ah)."""
    return frozenset(name for one in third for name in one.purposes)
