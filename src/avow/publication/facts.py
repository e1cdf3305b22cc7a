"""The version in force as pages need it: its text with figures, its printouts, and its facts for templates."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from http import HTTPStatus
from types import MappingProxyType
from typing import Final

from markupsafe import Markup

from avow.definitions import LETTERS, IdentifierKind, Refusal, RequestKind, StoreUnavailable, Technology, moment
from avow.gate import disclosures, recipients
from avow.gate.counted import Counted
from avow.gate.disclosures import DisclosureTotal
from avow.gate.recipients import Gap
from avow.gate.versions import Versions
from avow.policy import DisclosureCount, Ledger, Rulebook, browser_policy, notice, printouts, tag_plan
from avow.policy.language.vocabulary import ABOUT_DECISIONS
from avow.policy.markup import joined
from avow.policy.printouts import incentives as incentive_words
from avow.policy.printouts import opting_out
from avow.policy.rulebook import combining, incentives
from avow.policy.rulebook.audience import Audience
from avow.policy.rulebook.declarations import Choice, CollectionPoint
from avow.policy.rulebook.page_duties import PageDuties, page_duties
from avow.publication.answers import (
    ChoiceFacts,
    FormFacts,
    IncentiveFacts,
    LinkFacts,
    PointFacts,
    PolicyFacts,
    PrintoutLine,
    PrintoutView,
    PurposeFacts,
    SignalFacts,
)
from avow.publication.page_forms import form_facts
from avow.store.store import Store

#: What goes out by e-mail and comes back from it.
_BY_MAIL: Final = frozenset({Technology.EMAIL, Technology.CLEAR_GIF})
#: What happens in a browser while a page is open; a letter, a form or a feed asks where it is written.
_IN_BROWSERS: Final = frozenset(
    {
        Technology.TAG,
        Technology.COOKIE,
        Technology.LOCAL_STORAGE,
        Technology.WEB_BEACON,
        Technology.PIXEL,
        Technology.SESSION_RECORDING,
    }
)
#: The ledger of the last 12 months is counted anew after so many milliseconds ...
LEDGER_MS: Final = 30_000
#: ... and whenever something went to a recipient for the first time: "none" is true on no page a second after that.
NAMED_MS: Final = 500
#: So far back it is asked each time what went: asking costs the same on the first day and after years.
_RECENT_MS: Final = 2 * 24 * 3_600_000
_YEAR_MS: Final = int(timedelta(days=365).total_seconds() * 1000)
#: Recipient, categories, purpose, version.
Went = tuple[str, str, str, str]
#: What is registered of contracts is looked at anew after so many milliseconds: the links follow within a second.
CONTRACTS_MS: Final = 500


@dataclass(slots=True)
class PolicyInForce:
    """The policy in force and its printouts."""

    rulebook: Rulebook
    store: Store
    versions: Versions
    now_ms: Callable[[], int]
    website: str = ""
    over_tls: bool = True
    _facts: dict[str, PolicyFacts] = field(default_factory=dict, init=False)
    _ledger: tuple[frozenset[Went], tuple[Gap, ...], Counted[Ledger]] = field(init=False)
    _named: Counted[tuple[frozenset[Went], tuple[Gap, ...]]] = field(init=False)
    _third_parties: Counted[frozenset[str]] = field(init=False)
    _pages: dict[str, tuple[Ledger, Markup]] = field(default_factory=dict, init=False)

    def __post_init__(self) -> None:
        self._ledger = frozenset(), (), Counted(LEDGER_MS, self._count)
        self._named = Counted(NAMED_MS, self._went)
        self._third_parties = Counted(CONTRACTS_MS, lambda _now: self._without_contract())

    def facts(self, website: str | None = None) -> PolicyFacts:
        """Return the rulebook in force as it holds on this website; on another of the policy's, or "" for all, for staff."""
        asked = self.website if website is None else website
        if asked not in self._facts:
            self._facts[asked] = policy_facts(self.rulebook.on_website(asked), asked)
        return self._facts[asked]

    def page(self, jurisdiction: str = "") -> Markup:
        """Return the policy for this website and where the reader lives, its chart computed from the stores."""
        living = jurisdiction if jurisdiction in self.rulebook.law else ""  # so that strangers add no pages to those kept
        ledger = self._counted()
        kept = self._pages.get(living)
        if kept is None or kept[0] is not ledger:
            day = self.versions.first_day(self.rulebook)
            standing = notice.effective_on(day) if day else None  # None: it was published this moment, and is not known yet
            page = notice.policy_page(self.rulebook, ledger, audience=Audience(self.website, living), standing=standing)
            kept = self._pages[living] = (ledger, page)
        return kept[1]

    def printout(self, name: str, shape: str | None = None) -> PrintoutView | None:
        """Return a printout of the whole policy."""
        audience = Audience(over_plain_http=not self.over_tls)
        printed = printouts.print_out(name, self.rulebook, self._counted(), shape, audience)
        if isinstance(printed, Refusal):
            return None
        html = Markup(printed.text) if printed.shape == "html" else None  # noqa: S704 - printers escape all text
        return PrintoutView(printed.title, html, printed.text, printed.media_type, f"{name}.{printed.shape}")

    def printouts(self) -> tuple[PrintoutLine, ...]:
        """Return what can be printed."""
        return tuple(PrintoutLine(name, one.title, tuple(one.formats)) for name, one in printouts.PRINTOUTS.items())

    def rights_notices(self) -> Markup:
        """Return the notices that the links to the choices lead to. Rule: 11 CCR 7013(f), 7014(f)."""
        return opting_out.notices(self.rulebook, Audience(self.website), self.duties())

    def duties(self, status: int = 200) -> PageDuties:
        """Return which links each page of the website must have today; a page of an error of ours asks no store.

        Rule: Cal. Civ. Code § 1798.135(a); 11 CCR 7013-7015.
        """
        if status >= HTTPStatus.INTERNAL_SERVER_ERROR:
            return page_duties(self.rulebook, self.website)
        try:
            third_parties = self._third_parties.at(self.now_ms())
        except StoreUnavailable:  # a page of words needs no store; what the version itself says stands
            third_parties = frozenset()
        return page_duties(self.rulebook, self.website, third_parties)

    def _without_contract(self) -> frozenset[str]:
        """Return the recipients that are third parties today, whatever the version says of their contracts."""
        with self.store.control.reading() as tx:
            return recipients.third_parties(tx, self.rulebook, self.versions.today())

    def page_headers(self) -> Mapping[str, str]:
        """Return what browsers report by, never what they refuse by: that each page has of its own, and stricter."""
        return browser_policy.headers(self.rulebook, Audience(self.website), over_tls=self.over_tls)

    def notice(self, point: str) -> Markup:
        """Return the notice at collection for one point."""
        return notice.notice_at_collection(self.rulebook, point)

    def incentives(self) -> tuple[IncentiveFacts, ...]:
        """Return the financial incentives that the policy offers."""
        signals = self.rulebook.signals
        return tuple(
            IncentiveFacts(
                one.name, one.label, one.purposes, tuple(sorted(name for name in signals if signals[name].stops & one.purposes))
            )
            for one in self.rulebook.incentives.values()
        )

    def incentive_notice(self, name: str) -> Markup:
        """Return the notice of a financial incentive. Raises KeyError for an unknown one. Rule: 11 CCR 7016(d)."""
        return incentive_words.terms(self.rulebook, self.rulebook.incentives[name])

    def form(self, point: str) -> FormFacts | None:
        """Return a form of this website's pages; None for what is none, also for the forms of the privacy centre."""
        return form_facts(self.rulebook.on_website(self.website), point)

    def evidence(self) -> tuple[PointFacts, ...]:
        """Return the points with what the stores hold of them."""
        held = self.store.evidence()
        points = []
        for point in self.rulebook.points.values():
            found = held.get(point.name)
            oldest = moment(found.oldest_ms).date() if found else None
            records = found.records if found else None if point.in_browser else 0  # nobody here knows what browsers keep
            points.append(_point_facts(self.rulebook, point.name, records, oldest))
        return tuple(points)

    def _counted(self) -> Ledger:
        """Return the ledger as it was counted a moment ago; at once anew when something goes to somebody that never did.

        And when a contract turns out to lack something, or to have it: what went is called otherwise then.
        """
        now_ms, (known, gaps, _) = self.now_ms(), self._ledger
        names, lacking = self._named.at(now_ms)
        if not names <= known or lacking != gaps:
            self._ledger = known | names, lacking, Counted(LEDGER_MS, self._count)
        return self._ledger[2].at(now_ms)

    def _went(self, now_ms: int) -> tuple[frozenset[Went], tuple[Gap, ...]]:
        """Return what went to whom since yesterday, without figures, and what contracts lack; the rest is in the ledger."""
        found = disclosures.totals(self.store, now_ms - _RECENT_MS)
        with self.store.control.reading() as tx:
            gaps = recipients.gaps(tx)
        return frozenset((one.recipient, one.categories, one.purpose, one.rulebook_id) for one in found), gaps

    def _count(self, now_ms: int) -> Ledger:
        """Count what was collected and disclosed in the last 12 months."""
        since_ms = now_ms - _YEAR_MS
        totals = disclosures.totals(self.store, since_ms)
        found = Counter(self.store.collected(since_ms)) + Counter(disclosures.collected(totals, self.versions.rulebook))
        return Ledger(found, self._disclosed(totals))

    def _disclosed(self, totals: Sequence[DisclosureTotal]) -> tuple[DisclosureCount, ...]:
        """Return what went to whom, each with the recipient as the version of its day declared it, and its contract then."""
        sums: Counter[tuple[str, str, str, str, tuple[str, ...]]] = Counter()
        for one in totals:
            for letter in one.categories:
                sums[one.recipient, letter, one.purpose, one.rulebook_id, one.lacked] += one.count
        found: dict[tuple[str, str, str, str], DisclosureCount] = {}
        for (recipient, letter, purpose, rulebook_id, lacked), count in sums.items():
            own = recipients.as_it_was(self.versions.rulebook(rulebook_id), recipient, lacked)
            key = (recipient, letter, purpose, own.effective_role if own else "")  # versions that say the same are one line
            before = found[key].count if key in found else 0
            found[key] = DisclosureCount(recipient, letter, purpose, before + count, own)
        return tuple(found.values())


def policy_facts(rulebook: Rulebook, website: str) -> PolicyFacts:
    """Return the rulebook as the pages of a website show it."""
    stops = {name: signal.stops for name, signal in rulebook.signals.items()}
    purposes = tuple(
        PurposeFacts(
            one.name, one.label, one.description, one.optional, tuple(sorted(name for name in stops if one.name in stops[name]))
        )
        for one in rulebook.purposes.values()
    )
    choices = tuple(_choice_facts(rulebook, one) for one in rulebook.choices.values())
    company = rulebook.controller
    return PolicyFacts(
        rulebook_id=rulebook.id,
        title=rulebook.title,
        company=company.name,
        email=company.email,
        phone=company.phone,
        address=company.address,
        effective=rulebook.effective,
        updated=rulebook.updated,
        purposes=purposes,
        points=tuple(_point_facts(rulebook, name) for name in rulebook.points),
        signals=tuple(SignalFacts(one.name, one.sentence) for one in rulebook.signals.values()),
        choices=choices,
        jurisdictions=_laws(rulebook, rulebook.jurisdictions),
        look_back_from=rulebook.law_table.look_back_from,
        resolicit_months=rulebook.law_table.resolicit_months,
        phone_forms=frozenset(name for name, right in rulebook.rights.items() if _takes_phone(rulebook, right.form)),
        forms=MappingProxyType(_forms(rulebook)),
        confirmable=tuple((one.name, one.label) for one in rulebook.confirmable),
        offered_in=MappingProxyType({name: _laws(rulebook, one.jurisdictions) for name, one in rulebook.rights.items()}),
        gives=_gives(rulebook),
        programs=tuple(one.label for one in rulebook.automated_decisions.values()),
        tag=tag_plan.attributes(rulebook, Audience(website)),
        links=tuple(
            LinkFacts(one.name, one.label, one.address, one.notice, one.clicks, one.reports, bool(one.parameter))
            for one in rulebook.external_links.values()
        ),
    )


def _forms(rulebook: Rulebook) -> dict[str, str]:
    """Return the kinds of requests that a form of the privacy centre takes, each with the point that declares the form."""
    offered = {kind: right for kind in RequestKind if (right := rulebook.right(kind)) is not None}
    return {kind: right.form or "" for kind, right in offered.items() if right.by_form}


def _gives(rulebook: Rulebook) -> tuple[tuple[str, str], ...]:
    """Return what can be asked of an automated decision, by name and in words. Rule: 11 CCR 7221, 7222."""
    right = rulebook.right(RequestKind.AUTOMATED_DECISION)
    return tuple((name, ABOUT_DECISIONS[name]) for name in right.gives) if right else ()


def _laws(rulebook: Rulebook, codes: Iterable[str]) -> tuple[tuple[str, str], ...]:
    """Return laws with their names, as somebody chooses where they live."""
    return tuple((code, rulebook.law[code].name) for code in codes if code in rulebook.law)


def _takes_phone(rulebook: Rulebook, form: str | None) -> bool:
    """Return whether a form of rights declares a telephone number: what no notice lists is not asked for."""
    fields = rulebook.points[form].fields if form else ()
    return any(rulebook.data[name].identifier is IdentifierKind.PHONE for name in fields)


def _choice_facts(rulebook: Rulebook, choice: Choice) -> ChoiceFacts:
    """Return one switch as pages show it; a signal stops it when it stops every purpose of it."""
    asks = all(rulebook.purposes[name].needs_consent for name in choice.stops)
    stopped = tuple(sorted(name for name, signal in rulebook.signals.items() if choice.stops <= signal.stops))
    on_pages = any(point.technology in _IN_BROWSERS and point.purposes & choice.stops for point in rulebook.points.values())
    met = {point.technology for point in rulebook.points.values() if point.purposes & choice.stops}
    by_mail = bool(met) and met <= _BY_MAIL
    together = dict.fromkeys(point for name in sorted(choice.stops) for point in rulebook.purposes[name].combines)
    combined = f"puts together {joined(combining.called(rulebook, one) for one in together)}" if together else ""
    said = "; ".join(part for part in (choice.description, combined) if part)  # who is asked is told what they would agree to
    offered = next((one.name for one in incentives.of_purposes(rulebook, choice.stops)), "")
    return ChoiceFacts(choice.name, choice.label, said, choice.stops, asks, on_pages, stopped, by_mail, offered)


def _names_somebody(rulebook: Rulebook, point: CollectionPoint) -> bool:
    """Return whether what a point takes is kept here and found by whose it is: so that somebody can have it deleted by itself."""
    is_found = point.technology in LETTERS or any(rulebook.data[name].identifier for name in point.fields)
    return is_found and not point.in_browser and not point.collected_by


def _point_facts(rulebook: Rulebook, name: str, records: int | None = None, oldest: date | None = None) -> PointFacts:
    """Return one collection point as pages show it."""
    point = rulebook.points[name]
    return PointFacts(
        name=name,
        label=point.label,
        technology=point.technology.value,
        fields=point.fields,
        required=point.required,
        purposes=tuple(rulebook.purposes[one].label for one in sorted(point.purposes)),
        recipients=tuple(rulebook.recipients[one].label for one in sorted(point.recipients)),
        retention=point.retention.words,
        silenced_by=tag_plan.silencing(rulebook, name),
        event=tag_plan.tag_event(rulebook, name) or "",
        counts_visits=rulebook.counts_visits(point.purposes),
        records=records,
        oldest=oldest,
        names_somebody=_names_somebody(rulebook, point),
    )
