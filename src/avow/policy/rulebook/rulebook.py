"""The Rulebook: one version of policy and law tables, compiled, frozen and named by its hash.

The only thing code asks "may we?" and "by when?". Everything here is a frozen value; nothing reads the clock or the disk.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from types import MappingProxyType
from typing import Final

from avow.definitions import LETTERS, Permit, Refusal, RequestKind, Technology
from avow.policy.language.vocabulary import CONFIRMABLE
from avow.policy.law import LawTable, rules
from avow.policy.rulebook import refusals
from avow.policy.rulebook.declarations import (
    Accessibility,
    Agents,
    AutomatedDecision,
    Children,
    Choice,
    CollectionPoint,
    Contact,
    Contract,
    Controller,
    DataItem,
    Dataset,
    Duty,
    ExternalLink,
    Incentive,
    Incidents,
    LegalProcess,
    Messages,
    Purpose,
    Recipient,
    Retention,
    Right,
    Signal,
    Source,
    Told,
    Website,
)
from avow.policy.rulebook.roles import Role

__all__ = [
    "CollectionPoint",
    "Contract",
    "Controller",
    "DataItem",
    "Purpose",
    "Recipient",
    "Retention",
    "Right",
    "Rulebook",
    "Signal",
]

#: Answers kept per Rulebook: a day has points x sets of choices, some dozens; a forged cookie must not grow memory.
PERMITS_KEPT: Final = 4096


#: What counts visits.
_COUNTED: Final = frozenset({Technology.TAG, Technology.WEB_BEACON})
_NOBODY_SAID_YES: Final[frozenset[str]] = frozenset()
_NOTHING_REFUSED: Final[frozenset[str]] = frozenset()


@dataclass(frozen=True, slots=True, eq=False)
class Rulebook:
    """One compiled version of the policy and the law tables; equal when the id is equal."""

    id: str
    name: str
    text: str
    title: str
    controller: Controller
    effective: date
    updated: date
    jurisdictions: tuple[str, ...]
    evidence_is_public: bool
    metrics: str
    metrics_by_people: bool
    brands: Mapping[str, str]
    websites: Mapping[str, Website]
    messages: Mapping[str, Messages]
    contacts: Mapping[str, Contact]
    sources: Mapping[str, Source]
    data: Mapping[str, DataItem]
    purposes: Mapping[str, Purpose]
    points: Mapping[str, CollectionPoint]
    backup_days: int | None
    duties: Mapping[str, Duty]
    datasets: Mapping[str, Dataset]
    automated_decisions: Mapping[str, AutomatedDecision]
    incentives: Mapping[str, Incentive]
    recipients: Mapping[str, Recipient]
    external_links: Mapping[str, ExternalLink]
    signals: Mapping[str, Signal]
    choices: Mapping[str, Choice]
    rights: Mapping[str, Right]
    changes: Told
    business_transfer: Told | None
    agents: Agents | None
    children: Children | None
    incidents: Incidents | None
    legal_process: LegalProcess | None
    accessibility: Accessibility | None
    #: With the one that there always is; `declares_roles` tells whether the policy has any of its own.
    roles: Mapping[str, Role]
    declares_roles: bool
    law: Mapping[str, LawTable]
    #: Collection points of this version that are not on the website that it was narrowed to (`on_website`).
    elsewhere: frozenset[str] = frozenset()
    #: Not handed on by `replace`: what a copy with more declarations answers is no answer of this version.
    _permits: dict[tuple[str, frozenset[str], date, frozenset[str]], Permit | Refusal] = field(
        default_factory=dict, init=False, repr=False
    )

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Rulebook) and other.id == self.id

    def __hash__(self) -> int:
        return hash(self.id)

    @property
    def publishes_metrics(self) -> bool:
        """Whether this software counts and publishes the requests of a year, as the policy says. Rule: 11 CCR 7102(a)."""
        return bool(self.metrics) and not self.metrics_by_people

    @property
    def confirmable(self) -> tuple[DataItem, ...]:
        """The data items that are never shown, and can be confirmed by their person. Rule: 11 CCR 7024(d)."""
        return tuple(one for one in self.data.values() if one.never_disclose in CONFIRMABLE and one.file is None)

    def right(self, kind: str) -> Right | None:
        """Return the declared right under which a request of a kind is made; None for one that is not offered.

        To confirm a number that is never shown belongs to the right to know. Rule: 11 CCR 7024(d).
        """
        if kind == RequestKind.CONFIRM_IDENTIFIER:
            return self.rights.get(RequestKind.KNOW) if self.confirmable else None
        return self.rights.get(kind)

    @property
    def jurisdiction(self) -> str:
        """The policy's own jurisdiction: the first that it names."""
        return self.jurisdictions[0]

    @property
    def law_table(self) -> LawTable:
        """The law table of the policy's own jurisdiction."""
        return self.law[self.jurisdiction]

    def on_website(self, website: str) -> Rulebook:
        """Return this version as it holds on one of its websites: without the points that are declared `on` others.

        "" stands for all of them. Points on messages reach the readers of every website.
        Rule: Cal. Civ. Code § 1798.100(a)(1): what the notice of a website does not list is not collected there.
        """
        away = frozenset(point.name for point in self.points.values() if not point.is_on(website, self.messages))
        if not away:
            return self
        here = MappingProxyType({name: point for name, point in self.points.items() if name not in away})
        links = {name: link for name, link in self.external_links.items() if not {link.clicks, link.reports} & away}
        return replace(self, points=here, external_links=MappingProxyType(links), elsewhere=away)

    def permit(
        self, point: str, opted_out: frozenset[str], on: date, opted_in: frozenset[str] = _NOBODY_SAID_YES
    ) -> Permit | Refusal:
        """Return what may be kept of a record taken at this point on this day from a person with these choices.

        `opted_out` are purposes, by choice or by signal; only a purpose that a person decides about can be opted out of,
        so that a forged cookie cannot switch off security. A purpose that needs consent stays only when it is in
        `opted_in`, and no yes outweighs a no. A field stays while a purpose that needs it stays; a record is kept for the
        longest period that a remaining purpose needs, and not at all where nothing would be left but whose it is. The answer
        is kept: a repeated question costs one look-up.
        Rule: Cal. Civ. Code § 1798.100(a), (c) (nothing beyond the notice and need); 11 CCR 7025(c)(1); GDPR Art. 7.
        """
        asked = (point, opted_out, on, opted_in)
        known = self._permits.get(asked)
        if known is not None:
            return known
        answer = self._decide(point, opted_out, on, opted_in)
        if point in self.points:  # names that strangers invent are not worth remembering
            if len(self._permits) >= PERMITS_KEPT:
                self._permits.clear()
            self._permits[asked] = answer
        return answer

    def stopped_by(self, signals: frozenset[str]) -> frozenset[str]:
        """Return the purposes that these signals ("gpc", "dnt") stop. Rule: 11 CCR 7025(c)(1)."""
        return frozenset().union(*(self.signals[name].stops for name in signals if name in self.signals))

    def may_read(self, point: str, purpose: str) -> Refusal | None:
        """Return None when records of this point may be read for this purpose, else the reason why not.

        Rule: Cal. Civ. Code § 1798.100(a)(1), (c): no use that is incompatible with the disclosed purpose.
        """
        declared = self.points.get(point)
        if declared is None:
            return Refusal(f'no collection point "{point}" is declared', rules.NOTICE_AT_COLLECTION)
        if purpose not in declared.purposes:
            known = ", ".join(sorted(declared.purposes))
            reason = f'"{point}" is collected for {known}, not for "{purpose}"'
            return Refusal(reason, rules.NOTICE_AND_MINIMISATION)
        return None

    def read_for(self, point: CollectionPoint) -> frozenset[str]:
        """Return the purposes for which staff read records of a point: its own, and those of duties for what these keep.

        Rule: Cal. Civ. Code § 1798.100(c); 11 CCR 7022(f).
        """
        return point.purposes | {self.duties[name].purpose for name in point.duties}

    def needs_reason(self, purpose: str) -> bool:
        """Return whether a member of staff who opens a record for this purpose writes why; for an unknown one, yes.

        Rule: Cal. Civ. Code § 1798.100(c), (e).
        """
        declared = self.purposes.get(purpose)
        return declared is None or declared.written_reason

    def may_load(self, point: str, opted_out: frozenset[str], opted_in: frozenset[str]) -> Refusal | None:
        """Return None when a page may load what another company collects by at this point, for a person with these choices.

        Stricter than `permit`: here nobody can take single fields away, so one purpose that is stopped stops all of it.
        Rule: 11 CCR 7025(c)(1), 7026(f); Cal. Civ. Code § 1798.120(d); GDPR Art. 7.
        """
        declared = self.points.get(point)
        if declared is None or not declared.loads:
            return Refusal(f'the policy loads nothing for "{point}"', rules.NOTICE_AT_COLLECTION)
        stopped = self._stopped_of(declared, opted_out, opted_in)
        return _stopped(point, stopped, opted_out) if stopped else None

    def may_hand_over(self, link: ExternalLink, opted_out: frozenset[str], opted_in: frozenset[str]) -> Refusal | None:
        """Return None when the number of a click may go to the site behind a link, for a person with these choices.

        Stricter than `permit`: once it is out nobody can take a purpose away, so one that needs it and is stopped stops it.
        Rule: 11 CCR 7025(c)(1), 7026(f); Cal. Civ. Code § 1798.120(d); GDPR Art. 7.
        """
        declared = self.points.get(link.clicks)
        if (
            declared is None
            or not link.parameter
            or link.recipient not in declared.recipients
            or "click-id" not in declared.fields
        ):
            return Refusal(f'the policy hands nothing over with the link "{link.name}"', rules.NOTICE_AT_COLLECTION)
        stopped = self._stopped_of(declared, opted_out, opted_in) & declared.needing("click-id")
        return _stopped(declared.name, stopped, opted_out) if stopped else None

    def stops(self, signals: frozenset[str], choices: frozenset[str]) -> frozenset[str]:
        """Return the purposes that a person's signals and choices stop; a choice reaches optional purposes only.

        With the word of a limit among the choices (`refusals`), which stops fields; an objection and a restriction stop others.
        Rule: 11 CCR 7025(c)(1), 7026(f): so that a forged cookie cannot switch off security. GDPR Art. 18, 21.
        """
        optional = {name for name in choices if name in self.purposes and self.purposes[name].optional}
        if refused := refusals.WORDS.intersection(choices):
            optional |= {refusals.LIMIT} & refused
            optional |= {one.name for one in self.purposes.values() if refusals.stops(refused, one)}
        return self.stopped_by(signals) | optional

    def measuring(self, point: str) -> CollectionPoint | None:
        """Return the clear GIF that measures the e-mails of a subscription's point: the first that is on the same messages.

        Rule: Cal. Penal Code § 638.51 (its purposes wait for a yes).
        """
        subscription = self.points.get(point)
        if subscription is None:
            return None
        measuring = (one for one in self.points.values() if one.technology is Technology.CLEAR_GIF and not one.collected_by)
        return next((one for one in measuring if not one.on or not subscription.on or one.on & subscription.on), None)

    @property
    def recorded_points(self) -> tuple[CollectionPoint, ...]:
        """The declared session recordings that are taken in here, in the policy's order."""
        points = self.points.values()
        return tuple(one for one in points if one.technology is Technology.SESSION_RECORDING and not one.collected_by)

    def counts_visits(self, purposes: frozenset[str]) -> bool:
        """Return whether what serves these purposes may count visits with the tag's: it serves a purpose of tag or beacon.

        Rule: Cal. Civ. Code § 1798.100(a)(1), (c): no use that is incompatible with the disclosed purpose.
        """
        measured = (one.purposes for one in self.points.values() if one.technology in _COUNTED)
        return bool(purposes & frozenset().union(*measured))

    def may_tell(self, point: str, recipient: str) -> bool:
        """Return whether a person whose address was given under this version at a point may be told of changes by a recipient.

        Only when this version says that people are told by e-mail, and who carries it; a later version adds nothing to it.
        Rule: Bus. & Prof. Code § 22575(b)(3); Cal. Civ. Code § 1798.100(a)(1).
        """
        declared = self.points.get(point)
        return declared is not None and "email" in self.changes.told_by and recipient in declared.recipients

    def notice_fields(self, point: str) -> frozenset[str]:
        """Return the data items that the notice at collection of this point lists; none for an unknown point.

        Rule: Cal. Civ. Code § 1798.100(a)(1).
        """
        declared = self.points.get(point)
        return frozenset(declared.fields) if declared else frozenset()

    def fields_for(self, point: str, purpose: str, refused: frozenset[str] = _NOTHING_REFUSED) -> frozenset[str]:
        """Return the data items of this point that this purpose needs, for somebody who opted out of this.

        Rule: Cal. Civ. Code § 1798.100(c), § 1798.121(b) (no sensitive item for what was limited).
        """
        declared = self.points.get(point)
        if declared is None or purpose not in declared.purposes:
            return frozenset()
        needed = (item for item in declared.fields if purpose in declared.needing(item))
        return frozenset(item for item in needed if not self._is_limited(item, [purpose], refused))

    def limited(self, point: str, purposes: frozenset[str], refused: frozenset[str]) -> frozenset[str]:
        """Return the data items of a point that a person's limit keeps from all of these purposes. Rule: 11 CCR 7027(a), (m)."""
        declared = self.points[point]
        found = (item for item in declared.fields if self._is_limited(item, declared.needing(item) & purposes, refused))
        return frozenset(found)

    def _is_limited(self, item: str, purposes: Iterable[str], refused: frozenset[str]) -> bool:
        """Return whether a person's limit keeps an item from these purposes. Rule: 11 CCR 7027(a), (m)."""
        if refusals.LIMIT not in refused:
            return False
        return refusals.is_limited(refused, self.data[item], [self.purposes[name] for name in purposes])

    def _decide(self, point: str, opted_out: frozenset[str], on: date, opted_in: frozenset[str]) -> Permit | Refusal:
        """Work out the answer that `permit` keeps."""
        declared = self.points.get(point)
        if declared is None:
            if point in self.elsewhere:
                return Refusal(f'"{point}" is declared for another website', rules.NOTICE_AT_COLLECTION)
            return Refusal(f'no collection point "{point}" is declared', rules.NOTICE_AT_COLLECTION)
        if declared.collected_by:
            return Refusal(f'"{point}" is taken in by "{declared.collected_by}", not here', rules.NOTICE_AT_COLLECTION)
        stopped = self._stopped_of(declared, opted_out, opted_in)
        purposes = declared.purposes - stopped
        if not purposes:
            return _stopped(point, stopped, opted_out)
        kept = frozenset(
            item
            for item in declared.fields
            if (needing := declared.only.get(item, purposes) & purposes) and not self._is_limited(item, needing, opted_out)
        )
        if kept != frozenset(declared.fields) and all(self.data[item].identifier for item in kept):
            # What it was about is stopped: a record that says no more than who it was serves nothing that is left.
            return _stopped(point, stopped, opted_out)
        retention = declared.retention_for(purposes)
        # A form is a letter to us: all of it is sealed, whatever the category of a single field.
        letter = declared.technology in LETTERS
        return Permit(
            point=point,
            rulebook_id=self.id,
            fields=kept,
            sealed=kept if letter else frozenset(item for item in kept if self.data[item].sealed),
            purposes=purposes,
            recipients=frozenset(name for name in declared.recipients if self.recipients[name].purposes & purposes),
            delete_on=retention.due(on),
            then=retention.then,
        )

    def _stopped_of(self, point: CollectionPoint, opted_out: frozenset[str], opted_in: frozenset[str]) -> frozenset[str]:
        """Return the purposes of a point that this person's choices stop."""
        return frozenset(name for name in point.purposes if self._is_stopped(self.purposes[name], opted_out, opted_in))

    @staticmethod
    def _is_stopped(purpose: Purpose, opted_out: frozenset[str], opted_in: frozenset[str]) -> bool:
        if (purpose.optional and purpose.name in opted_out) or refusals.stops(opted_out, purpose):
            return True
        return purpose.needs_consent and purpose.name not in opted_in


def _stopped(point: str, stopped: frozenset[str], opted_out: frozenset[str]) -> Refusal:
    """Return the refusal of a point whose every purpose is stopped."""
    names = ", ".join(sorted(stopped))
    if stopped & opted_out:
        reason = f'every purpose of "{point}" is stopped by this person\'s choice or signal: {names}'
        return Refusal(reason, rules.SIGNAL_STOPS)
    return Refusal(f'nobody said yes to what "{point}" is for: {names}', rules.both(rules.SYMMETRY, rules.CONSENT_CONDITIONS))
