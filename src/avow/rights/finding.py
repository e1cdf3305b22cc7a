"""Where something is held of people, how much, and which parts of it are reached one by one."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from avow.definitions import FORMS, LETTERS, Identifier, IdentifierKind, Technology
from avow.policy import Rulebook
from avow.policy.rulebook.conversions import VISITOR_ID
from avow.policy.rulebook.declarations import DataItem
from avow.rights import degrees, matching
from avow.rights.cases import Contact
from avow.rights.degrees import FoundBy, Part
from avow.rights.keeping import Keeper
from avow.rights.outcomes import Located
from avow.rights.plan import Holding, Withheld
from avow.rights.targets import CONTROL, EVENTS, FILES, NAMED, RECORDINGS
from avow.store import named_points
from avow.store.store import Store

#: By what applications come in: a portal of ours, or one that somebody else runs.
APPLICATIONS: Final = frozenset({Technology.CAREERS_PORTAL, Technology.FEED})


@dataclass(frozen=True, slots=True)
class Finder:
    """Finds what is held of people, and what rules keep of it."""

    store: Store
    keeper: Keeper

    @property
    def keeps(self) -> bool:
        """Whether any version of the policy keeps something beyond an erasure. Rule: Cal. Civ. Code § 1798.105(d)."""
        return bool(self.keeper.points)

    @property
    def applications(self) -> frozenset[str]:
        """The collection points by which any version takes in applications: nothing of them is ever done by a clock alone."""
        points = self.keeper.versions.everything_declared().points.values()
        return frozenset(point.name for point in points if point.technology in APPLICATIONS)

    def holdings(self, identifiers: Sequence[Identifier], today: date, withheld: Sequence[Withheld] = ()) -> tuple[Holding, ...]:
        """Return what is held, in groups of the same fields of which the same is kept, or `withheld`.

        Rule: 11 CCR 7022(f), 7024.
        """
        return self.keeper.holdings(identifiers, today, withheld)

    def is_of_browsers(self, points: Sequence[str]) -> bool:
        """Return whether what these points take is told by browsers, by any of them. Rule: 11 CCR 7022(g)."""
        known = self.keeper.versions.everything_declared().points
        return any(name in known and Technology(known[name].technology) not in LETTERS for name in points)

    def locate(self, identifiers: Sequence[Identifier], points: Collection[str] = (), until_ms: int = 0) -> Located:
        """Return pseudonyms and counts by target, with what came by the points that are named. Why: decision 0005."""
        subjects = self.store.vault.subjects_of(identifiers)
        held = self.store.remaining_of(subjects)
        named = named_points.Part(tuple(identifiers), tuple(points), until_ms)
        return Located(
            tuple(sorted(one.hex() for one in subjects)),
            {
                EVENTS: held.events,
                RECORDINGS: held.recordings,
                CONTROL: held.total - held.events - held.visits - held.recordings,
                FILES: self.store.remaining_files(subjects),
                **({NAMED: named_points.left(named, self.store)} if points else {}),
            },
        )

    def parts_of(self, contact: Contact, rulebook: Rulebook) -> tuple[Part, ...]:
        """Return what is held of who asks as parts that are reached one by one (`parts_of`). Rule: 11 CCR 7060(c), 7062."""
        return parts_of(self.store, contact, rulebook)

    def browsers_of(self, identifiers: Sequence[Identifier]) -> tuple[str, ...]:
        """Return the numbers of the browsers that are noted with what these people wrote. Why: decision 0067."""
        forms = [form for person in identifiers for form in self.store.submissions_of(person)]
        return tuple(dict.fromkeys(form.fields[VISITOR_ID] for form in forms if form.fields.get(VISITOR_ID)))


def parts_of(store: Store, contact: Contact, rulebook: Rulebook) -> tuple[Part, ...]:
    """Return what is held of who asks as parts that are reached one by one, with marks of what they hold and can be asked.

    Of events only is asked whether there are any: their part is as sensitive as the most sensitive point they can be of.
    Rule: 11 CCR 7060(c), 7062.
    """
    known = replace(contact, is_address_beyond=False).identifiers()
    browsers = [one for one in known if one.kind is IdentifierKind.VISITOR]
    named = [one for one in known if one.kind is not IdentifierKind.VISITOR]
    asked, hmac = [rulebook.data[one.name] for one in matching.questions(rulebook)], store.vault.hmac
    forms, kept = [form for person in named for form in store.submissions_of(person)], store.kept.of(named)
    found = [Part(FoundBy.ADDRESS, one.point, one.record_id, _marks(one.fields, asked, hmac)) for one in forms]
    found += [Part(FoundBy.ADDRESS, one.point, one.id, _marks(one.fields, asked, hmac), is_kept=True) for one in kept]
    for people, found_by in ((named, FoundBy.ADDRESS), (browsers, FoundBy.BROWSER)):
        held = store.remaining_of(store.vault.subjects_of(people)) if people else None
        if held is not None and held.events + held.recordings:
            found.append(Part(found_by, _most_sensitive(rulebook, found_by)))
    return tuple(found)


def _marks(fields: Mapping[str, str], asked: Sequence[DataItem], keyed: matching.Keyed) -> dict[str, str]:
    """Return keyed hashes of what a record holds of the items that can be asked."""
    found = {item.name: matching.hashed(item, fields.get(item.name, ""), keyed) for item in asked}
    return {name: mark for name, mark in found.items() if mark}


def _most_sensitive(rulebook: Rulebook, found_by: FoundBy) -> str:
    """Return the most sensitive of the points whose events are found so, "" where no point is declared for it."""
    is_browser = found_by is FoundBy.BROWSER
    events = (point for point in rulebook.points.values() if Technology(point.technology) not in FORMS)
    named = [one for one in events if degrees.names_nobody(one, rulebook.data) is is_browser]
    found = max(named, key=lambda point: degrees.sensitivity(point, rulebook.data), default=None)
    return found.name if found else ""
