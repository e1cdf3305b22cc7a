"""What is held of people: found by place, and put together as the archive that they asked for."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Final

from avow.definitions import FORMS, Identifier, IdentifierKind, Technology, identifier, moment
from avow.gate.deliveries import Delivery
from avow.gate.messages import DAMAGED, Message
from avow.gate.versions import Versions
from avow.policy import Rulebook
from avow.policy.rulebook import combining
from avow.policy.rulebook.conversions import VISITOR_ID
from avow.policy.rulebook.declarations import DataItem
from avow.rights import archive, degrees, matching, recorded
from avow.rights.archive import Item, Section, SentFile
from avow.rights.cases import Case, Contact
from avow.rights.degrees import FoundBy, Part
from avow.rights.keeping import Keeper
from avow.rights.kept import ARCHIVES, SENT_FILES, Cases
from avow.rights.outcomes import Located, Outcome
from avow.rights.plan import Holding
from avow.rights.targets import CONTROL, EVENTS, FILES, RECORDINGS
from avow.store.holdings import HeldEvent, HeldSubmission, Holdings
from avow.store.store import Store

#: Returns what a delivery says; None where what it is about is gone. Raises one of DAMAGED.
Read = Callable[[Delivery], Message | None]
#: By what applications come in: a portal of ours, or one that somebody else runs.
APPLICATIONS: Final = frozenset({Technology.CAREERS_PORTAL, Technology.FEED})
#: Most events of a browser that are put into an archive for each form: what a page shows to staff is far less.
MOST_RELATED: Final = 10_000


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

    def holdings(self, identifiers: Sequence[Identifier], today: date) -> tuple[Holding, ...]:
        """Return what is held, in groups of the same fields of which the same is kept. Rule: 11 CCR 7022(f), 7024."""
        return self.keeper.holdings(identifiers, today)

    def locate(self, identifiers: Sequence[Identifier]) -> Located:
        """Return pseudonyms and counts by target. Why: decision 0005."""
        subjects = self.store.vault.subjects_of(identifiers)
        held = self.store.remaining_of(subjects)
        return Located(
            tuple(sorted(one.hex() for one in subjects)),
            {
                EVENTS: held.events,
                RECORDINGS: held.recordings,
                CONTROL: held.total - held.events - held.recordings,
                FILES: self.store.remaining_files(subjects),
            },
        )

    def parts_of(self, contact: Contact, rulebook: Rulebook) -> tuple[Part, ...]:
        """Return what is held of who asks as parts that are reached one by one (`parts_of`). Rule: 11 CCR 7060(c), 7062."""
        return parts_of(self.store, contact, rulebook)

    def browsers_of(self, identifiers: Sequence[Identifier]) -> tuple[str, ...]:
        """Return the numbers of the browsers that are noted with what these people wrote. Why: decision 0067."""
        forms = [form for person in identifiers for form in self.store.submissions_of(person)]
        return tuple(dict.fromkeys(form.fields[VISITOR_ID] for form in forms if form.fields.get(VISITOR_ID)))


@dataclass(frozen=True, slots=True)
class Discloser:
    """Finds everything, makes the archive, keeps it sealed; `events` reads a chunk of a recording (`collection.recordings`).

    The archive names what earlier versions of the policy declared as well: it may still be held.
    """

    store: Store
    cases: Cases
    versions: Versions
    events: recorded.EventsOf
    read: Read

    def disclose(self, case: Case, now_ms: int) -> Sequence[Outcome]:
        """Make and keep the archive of everything held about the person. Rule: Cal. Civ. Code § 1798.110(a)(5)."""
        rulebook = self.versions.everything_declared()
        sent = self._keep_files(case)
        made = archive.make(case, self._sections(case, rulebook), self._disclosed(case), sent, rulebook, now_ms)
        for name, content in zip(ARCHIVES, (made.page, made.data), strict=True):
            self.cases.keep_document(case.request_id, name, content)
        count = sum(one.packed for one in sent)
        files = [Outcome("Files you sent", "in the archive", count)] if count else []
        return [*(Outcome(title, "in the archive", number) for title, number in made.counts), *files]

    def _keep_files(self, case: Case) -> list[SentFile]:
        """Keep the files that the person sent as one ZIP archive, under the names they gave; return all that they sent.

        Rule: Cal. Civ. Code § 1798.130(a)(3)(B)(iii): the specific pieces, in a format they can use.
        """
        if case.contact is None or case.contact.pieces == degrees.CATEGORIES:
            return []
        forms = _reached(self.store.find(case.contact.identifiers()).submissions, case.contact)
        since = case.contact.since
        wanted = [form for form in forms if form.files and moment(form.collected_ms).date().isoformat() >= since]
        sent: list[SentFile] = []
        contents: list[tuple[SentFile, bytes]] = []
        for form in wanted:
            for number, file in enumerate(form.files, 1):
                name, content = f"{form.reference}/{number}-{file.name}", self.store.open_file(form, file)
                sent.append(SentFile(name, file.item, file.kind, file.size, file.sha256, content is not None))
                if content is not None:
                    contents.append((sent[-1], content))
        if contents:
            self.cases.keep_document(case.request_id, SENT_FILES, archive.pack(contents))
        return sent

    def _disclosed(self, case: Case) -> list[archive.Disclosed]:
        """Return what of this person was really disclosed."""
        held = self.store.find(case.contact.identifiers() if case.contact else ())
        return [archive.Disclosed(one.recipient, one.categories) for one in held.disclosures]

    def _sections(self, case: Case, rulebook: Rulebook) -> list[Section]:
        """Return what is held, by kind, since the day asked about."""
        if case.contact is None:
            return []
        held = self.store.find(case.contact.identifiers())
        held = replace(held, submissions=tuple(_reached(held.submissions, case.contact)))
        labels = {point.name: point.label for point in rulebook.points.values()}
        by_point: dict[str, list[Item]] = {}
        for event in (*held.events, *self.related(held)):
            by_point.setdefault(event.point, []).append(_event_item(event))
        for form in held.submissions:
            by_point.setdefault(form.point, []).append(Item(form.collected_ms, form.point, form.fields))
        for recording in recorded.items(self.store, held.recordings, rulebook, self.events):
            by_point.setdefault(recording.point, []).append(recording)
        sections = [Section(labels.get(point, point), tuple(items)) for point, items in sorted(by_point.items())]
        kept = Keeper(self.store, self.versions).section(case.contact.identifiers(), case.contact.beyond)
        sections += [kept] if kept.items else []
        choices = [
            Item(one.at_ms, "", {"purpose": one.purpose, "choice": "opted out" if one.opted_out else "allowed", "by": one.source})
            for one in held.choices
        ]
        disclosed = [
            Item(one.at_ms, one.point, {"to": one.recipient, "categories": one.categories, "for": one.purpose})
            for one in held.disclosures
        ]
        messages = [self._message(one) for one in held.deliveries]
        sections += [Section("Your choices", tuple(choices)), Section("Disclosures to others", tuple(disclosed))]
        sections += [Section("Messages to you", tuple(messages))]
        asked = [Item(one.received_ms, "rights-request", {"request": one.kind.value}) for one in self._requests(case)]
        sections.append(Section("Your requests", tuple(asked)))
        return [_since(section, case.contact.since) for section in sections]

    def related(self, held: Holdings) -> list[HeldEvent]:
        """Return what a purpose puts together with what the person wrote, and is found by the number of their browser alone.

        Just that, and nothing else of the browser: who wrote from it has not proved to be alone with it.
        Rule: Cal. Civ. Code § 1798.110(a)(5); 11 CCR 7060, 7062. Why: decision 0067.
        """
        known = {event.record_id for event in held.events}
        found: dict[str, HeldEvent] = {}
        for form in held.submissions:
            visitor, rulebook = form.fields.get(VISITOR_ID, ""), self.versions.rulebook(form.rulebook_id)
            if not visitor or rulebook is None:
                continue
            for purpose in form.purposes:
                points = combining.others(rulebook, purpose, form.point)
                person = identifier(IdentifierKind.VISITOR, visitor)
                events = self.store.events_before(person, points, form, MOST_RELATED)
                found |= {one.record_id: one for one in events if self._is_combined(one, form, purpose)}
        new = [event for record_id, event in found.items() if record_id not in known]
        return sorted(new, key=lambda event: event.collected_ms)

    def _is_combined(self, event: HeldEvent, form: HeldSubmission, purpose: str) -> bool:
        """Return whether the versions of both combine an event with a form by the number of the browser."""
        versions = map(self.versions.rulebook, (event.rulebook_id, form.rulebook_id))
        return all(
            one and not combining.may_combine(one, purpose, form.point, event.point, IdentifierKind.VISITOR) for one in versions
        )

    def _requests(self, case: Case) -> list[Case]:
        """Return the requests of the same address, this one included."""
        if case.contact is None:
            return []
        own = identifier(IdentifierKind.EMAIL, case.contact.email)
        return [one for one in self.cases.about([own]) if one.contact and own in one.contact.identifiers()]

    def _message(self, row: Delivery) -> Item:
        """Return a message outside consumer requests: what it says, or what it was where that cannot be put together any more."""
        try:
            message = self.read(row)
        except DAMAGED:
            message = None
        said = {"subject": message.subject, "text": message.text} if message else {"message": row.kind}
        return Item(row.made_ms, "", said)


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


def _reached(forms: Sequence[HeldSubmission], contact: Contact) -> list[HeldSubmission]:
    """Return the records that what was proved of who asks reaches. Rule: 11 CCR 7062(c)."""
    return [one for one in forms if one.record_id not in contact.beyond]


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


def _event_item(event: HeldEvent) -> Item:
    """Return one event."""
    return Item(event.collected_ms, event.point, event.fields)


def _since(section: Section, day: str) -> Section:
    """Return the section with what was collected on that day or later; everything for an empty day."""
    if not day:
        return section
    return Section(section.title, tuple(item for item in section.items if moment(item.at_ms).date().isoformat() >= day))
