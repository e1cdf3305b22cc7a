"""What may be kept of invented visits: events, under the terms of the version of their own day (steps 4 to 6 of walk 1)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import partial
from typing import Final

import msgspec

from avow.collection import agents, bounds, events
from avow.collection.invented.people import Person, number
from avow.collection.invented.visits import Act, Visit, What
from avow.definitions import Event, Permit, Refusal, Technology, moment
from avow.gate.sites import Site
from avow.policy import CollectionPoint, Rulebook, paths, schemas
from avow.policy.rulebook.conversions import CLICK_ID, VISITOR_ID
from avow.policy.rulebook.tag_plan import TagEvent, tag_event

#: Parts of a page that a server's log has next to it.
_PART: Final = "/assets/site.css"
#: What the server itself knows of a browser, by the names of `layouts.DERIVED`.
_KNOWN: Final = ("browser", "operating-system", "device-type", "country", "ip-address", "user-agent")


@dataclass(frozen=True, slots=True)
class Terms:
    """The version of the policy in force on a day, on one website, and what invented people may leave there.

    What has to be gone by `today` is not made: nothing of the demonstration is kept for longer than the policy says.
    """

    rulebook: Rulebook
    site: Site
    today: date
    by_tag: Mapping[TagEvent | None, tuple[CollectionPoint, ...]] = field(init=False)
    cuts: Mapping[str, Callable[[str], str]] = field(init=False)

    def __post_init__(self) -> None:
        found: dict[TagEvent | None, tuple[CollectionPoint, ...]] = {}
        for point in self.rulebook.points.values():
            kind = tag_event(self.rulebook, point.name)
            found[kind] = (*found.get(kind, ()), *(() if point.collected_by else (point,)))
        object.__setattr__(self, "by_tag", found)
        own = partial(paths.other_site, own=self.site.hosts)
        object.__setattr__(self, "cuts", {**events.CUTS, "referrer": own})

    def told(self, what: What) -> tuple[CollectionPoint, ...]:
        """Return the points that the tag tells of an act; none of what it does not see."""
        return self.by_tag.get(TagEvent(what.value), ()) if what.value in set(TagEvent) else ()

    def points(self, technology: Technology) -> tuple[CollectionPoint, ...]:
        """Return the points of a technology that take in data here."""
        return tuple(one for one in self.by_tag.get(None, ()) if one.technology is technology)

    def permit(self, point: CollectionPoint, who: Person, at_ms: int) -> Permit | Refusal:
        """Return what may be kept of somebody at a moment, by their signal, choices and yes; as `Collector.permit`.

        A subscription is a yes to what it is for; as `Collector.subscription`.
        """
        said = self.opted_out(who), self.agreed(who)
        if point.technology is Technology.EMAIL:
            said = self.rulebook.stopped_by(who.preferences), point.purposes & self.asking
        permit = self.rulebook.permit(point.name, said[0], moment(at_ms).date(), said[1])
        if isinstance(permit, Permit) and permit.delete_on <= self.today:
            return Refusal("it would be erased already", permit.rulebook_id)
        return permit

    def opted_out(self, who: Person) -> frozenset[str]:
        """Return the purposes that somebody's signal and choices stop."""
        return self.rulebook.stops(who.preferences, self.optional if who.opts_out else frozenset())

    def agreed(self, who: Person) -> frozenset[str]:
        """Return the purposes that somebody was asked about and said yes to."""
        return self.asking - self.opted_out(who) if who.agrees else frozenset()

    @property
    def optional(self) -> frozenset[str]:
        """The purposes that people decide about."""
        return frozenset(name for name, purpose in self.rulebook.purposes.items() if purpose.optional)

    @property
    def asking(self) -> frozenset[str]:
        """The purposes that wait for a yes."""
        return frozenset(name for name, purpose in self.rulebook.purposes.items() if purpose.needs_consent)

    def words(self, names: Iterable[str]) -> tuple[str, ...]:
        """Return those of some fields that may hold any word: no address, number or file, nothing that has a form of its own."""
        data = self.rulebook.data
        return tuple(
            name
            for name in sorted(names)
            if name not in self.cuts and data[name].identifier is None and data[name].file is None and not data[name].says_age
        )

    def fields(self, permit: Permit, said: Mapping[str, str], who: Person) -> dict[str, str]:
        """Return what was said and is known, as far as it is permitted, cut down and short enough, as each door does."""
        told = {name: self.cuts[name](value) if name in self.cuts else value for name, value in said.items()}
        agent = agents.describe(who.agent)
        known = (agent.browser, agent.system, agent.device, who.country, who.address, who.agent)
        told |= dict(zip(_KNOWN, known, strict=True))
        kept = {name: value for name, value in told.items() if value and name in permit.fields}
        return bounds.fitting(bounds.cut_short(kept, self.rulebook), self.rulebook)[0]


def of_visit(terms: Terms, visit: Visit, until_ms: int) -> Iterator[Event]:
    """Yield the records of what somebody does in a visit, up to a moment."""
    click: Event | None = None
    for place, act in enumerate(visit.acts):
        if act.at_ms > until_ms:
            return
        key = f"{visit.key} {place}"
        if act.what is What.CLICK:
            click = next(_clicks(terms, visit, act, key), None)
            yield from () if click is None else (click,)
        elif act.what is What.BUY:
            yield from () if click is None else _reports(terms, visit, act, click, key)
        else:
            yield from _seen(terms, visit, act, key)


def _seen(terms: Terms, visit: Visit, act: Act, key: str) -> Iterator[Event]:
    """Yield what tag, beacon, pixel and server log see of an act; without script there is no tag."""
    if visit.who.has_script:
        for point in terms.told(act.what):
            yield from _event(terms, point, visit, act, key)
    elif act.what is What.VIEW:
        for point in terms.points(Technology.WEB_BEACON):
            yield from _event(terms, point, visit, act, key)
    if act.what is What.VIEW:
        for point in terms.points(Technology.SERVER_LOG):
            line = {"method": "GET", "status": "200", "bytes": str(4_000 + int(number(key)[:3], 16))}
            yield from _event(terms, point, visit, Act(act.at_ms - 120, act.what, {**act.said, **line}), key)
            part = {"page": _PART, "method": "GET", "status": "200", "bytes": "2810"}
            yield from _event(terms, point, visit, Act(act.at_ms - 60, act.what, part), f"{key} part")


def _event(terms: Terms, point: CollectionPoint, visit: Visit, act: Act, key: str) -> Iterator[Event]:
    """Yield the record of an act at one point, if anything may be kept of it there."""
    permit = terms.permit(point, visit.who, act.at_ms)
    if isinstance(permit, Refusal):
        return
    said = {"language": visit.who.language, **act.said}
    if point.technology in {Technology.TAG, Technology.PIXEL}:
        sendable = schemas.sendable(terms.rulebook, point.name)
        other = dict.fromkeys(terms.words(sendable), act.said[""]) if "" in act.said else {}
        said = {name: value for name, value in {**other, **said}.items() if name in sendable}
    is_log = point.technology is Technology.SERVER_LOG
    counts = not is_log or terms.rulebook.counts_visits(permit.purposes)
    yield Event.under(
        permit,
        terms.fields(permit, said, visit.who),
        record_id=record_id(act.at_ms, key, point.name),
        collected_ms=act.at_ms,
        site=terms.site.name,
        visit=visit.number if counts else 0,
        visitor=visit.who.visitor,
        robot=visit.is_robot,
        demonstration=True,
    )


def _clicks(terms: Terms, visit: Visit, act: Act, key: str) -> Iterator[Event]:
    """Yield the click on a link to another company that is counted, with its number sealed where it went along."""
    links = [link for link in terms.rulebook.external_links.values() if link.clicks in terms.rulebook.points]
    for link in links[:1]:
        permit = terms.permit(terms.rulebook.points[link.clicks], visit.who, act.at_ms)
        if isinstance(permit, Refusal):
            return
        name = record_id(act.at_ms, key, link.clicks)
        said = {**act.said, "link-followed": link.address}
        event = Event.under(
            permit,
            terms.fields(permit, {name: value for name, value in said.items() if name in {"page", "link-followed"}}, visit.who),
            record_id=name,
            collected_ms=act.at_ms,
            site=terms.site.name,
            visit=visit.number,
            visitor=visit.who.visitor,
            demonstration=True,
        )
        agreed = terms.opted_out(visit.who), terms.agreed(visit.who)
        if CLICK_ID in permit.fields and terms.rulebook.may_hand_over(link, *agreed) is None:
            found = {CLICK_ID: name} | ({VISITOR_ID: event.visitor} if event.visitor else {})
            event = msgspec.structs.replace(event, sealed=event.sealed | bounds.fitting(found, terms.rulebook)[0])
        yield event


def _reports(terms: Terms, visit: Visit, act: Act, click: Event, key: str) -> Iterator[Event]:
    """Yield what the other company reports of a click whose number it got: at the click's moment, for its visit and visitor."""
    link = next(one for one in terms.rulebook.external_links.values() if one.clicks == click.point)
    point = terms.rulebook.points.get(link.reports) if CLICK_ID in click.sealed else None
    permit = terms.permit(point, visit.who, click.collected_ms) if point else None
    if permit is None or isinstance(permit, Refusal):
        return
    other = dict.fromkeys(terms.words(permit.fields), act.said[""])
    yield Event.under(
        permit,
        terms.fields(permit, {**other, **act.said}, visit.who),
        record_id=record_id(click.collected_ms, key, permit.point),
        collected_ms=click.collected_ms,
        site=terms.site.name,
        visit=visit.number,
        visitor=visit.who.visitor,
        demonstration=True,
    )


def record_id(at_ms: int, *key: str) -> str:
    """Return the id of a record: its moment, as all have, and what is the same for the same act."""
    return f"{at_ms:012x}{number('record', *key)[:20]}"
