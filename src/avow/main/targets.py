"""The places of an installation that hold personal information, as targets of a plan; and where it is found."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from avow.collection.drain import decoded
from avow.collection.one_by_one import set_aside_of
from avow.collection.quarantine import Quarantine
from avow.definitions import Identifier, IdentifierKind, identifier, moment
from avow.gate.versions import Versions
from avow.main import recorded
from avow.main.cases import ARCHIVES, SENT_FILES, StoredCases
from avow.policy import Rulebook
from avow.rights import archive
from avow.rights.archive import Item, Section
from avow.rights.cases import Case
from avow.rights.execution import Erasure, Located, Outcome
from avow.rights.states import State
from avow.spool import spool
from avow.store.holdings import HeldEvent, HeldMail
from avow.store.store import Store

VAULT: Final = "key vault"
EVENTS: Final = "event store"
RECORDINGS: Final = "session recordings"
CONTROL: Final = "control store"
FILES: Final = "files"
SPOOL: Final = "spool"


@dataclass(frozen=True, slots=True)
class KeyVault:
    """First of all: the keys. From here on nothing can be read, whatever happens to the other steps."""

    store: Store
    name: str = VAULT

    def erase(self, erasure: Erasure, now_ms: int) -> Outcome:
        """Destroy the keys and write the tombstones."""
        self.store.erase(erasure.identifiers, now_ms)
        return Outcome(self.name, "keys destroyed; nothing can be read any more", len(erasure.located.subjects))

    def remaining(self, erasure: Erasure) -> int:
        """Return how many of the keys are still there."""
        return len(self.store.vault.keys_of(map(bytes.fromhex, erasure.located.subjects)))


@dataclass(frozen=True, slots=True)
class Rows:
    """Event store, recordings or control store: the purge job removes the rows in batches; this waits until they are gone."""

    store: Store
    name: str

    def erase(self, erasure: Erasure, now_ms: int) -> Outcome | None:
        """Say how many rows went, once a search finds none."""
        del now_ms
        if self.remaining(erasure):
            return None
        return Outcome(self.name, "erased", erasure.located.counts.get(self.name, 0))

    def remaining(self, erasure: Erasure) -> int:
        """Search again."""
        left = self.store.remaining_of(map(bytes.fromhex, erasure.located.subjects))
        own = {EVENTS: left.events, RECORDINGS: left.recordings}
        return own.get(self.name, left.total - left.events - left.recordings)


@dataclass(frozen=True, slots=True)
class SealedFiles:
    """Files that this person sent, and archives and messages of their earlier consumer requests."""

    store: Store
    cases: StoredCases
    name: str = FILES

    def erase(self, erasure: Erasure, now_ms: int) -> Outcome | None:
        """Destroy the keys of earlier, closed requests of the same address, and what they sealed; wait for the purge."""
        del now_ms
        if self._sent(erasure):
            return None  # the purge job removes files with the rows that name them
        earlier = self._earlier(erasure)
        for case in earlier:
            self.cases.forget_contact(case.request_id)
        count = len(earlier) + erasure.located.counts.get(FILES, 0)
        return Outcome(self.name, "erased" if count else "nothing held", count)

    def remaining(self, erasure: Erasure) -> int:
        """Search again."""
        return len(self._earlier(erasure)) + self._sent(erasure)

    def _sent(self, erasure: Erasure) -> int:
        """Return how many files of these people are left."""
        return self.store.remaining_files(map(bytes.fromhex, erasure.located.subjects))

    def _earlier(self, erasure: Erasure) -> list[Case]:
        """Return closed requests with the address of these people; a browser's number proves nothing of another's address.

        Rule: 11 CCR 7060, 7062: who shares a browser with somebody has not proved to be them.
        """
        wanted = {one for one in erasure.identifiers if one.kind is IdentifierKind.EMAIL}
        closed = (case for case in self.cases.about(wanted) if case.state is State.CLOSED)
        return [case for case in closed if case.contact and wanted & set(case.contact.identifiers())]


@dataclass(frozen=True, slots=True)
class SpoolTarget:
    """The spool: whatever waited in it when the plan was made is drained, past the tombstones, and its files are gone.

    What of it could not be read, or not be stored, waits for nobody: it is these people's, or may be, and is destroyed.
    """

    folder: Path
    store: Store
    name: str = SPOOL

    def erase(self, erasure: Erasure, now_ms: int) -> Outcome | None:
        """Wait until every segment that was begun before the keys were destroyed is drained and removed."""
        del now_ms
        if self._segments(erasure):
            return None
        self._quarantine.forget(erasure.planned_ms)
        self.store.aside.forget(set_aside_of(self.store.aside, erasure.identifiers, decoded))
        return Outcome(self.name, "drained; segments and their keys removed", 0)

    def remaining(self, erasure: Erasure) -> int:
        """Return how much of that is left."""
        aside = len(set_aside_of(self.store.aside, erasure.identifiers, decoded))
        return self._segments(erasure) + self._quarantine.remaining(erasure.planned_ms) + aside

    @property
    def _quarantine(self) -> Quarantine:
        return Quarantine(self.folder, self.store.vault, self.store.aside)

    def _segments(self, erasure: Erasure) -> int:
        """Return how many segments of that time are left."""
        found = spool.segments(self.folder)
        return sum(int(path.name.partition("-")[0]) // 1000 <= erasure.planned_ms for path, _ in found)


@dataclass(frozen=True, slots=True)
class Finder:
    """Fits `rights.execution.Finder`."""

    store: Store

    def locate(self, identifiers: Sequence[Identifier]) -> Located:
        """Return pseudonyms and counts by target."""
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


@dataclass(frozen=True, slots=True)
class Discloser:
    """Fits `rights.execution.Discloser`: finds, makes the archive, keeps it sealed.

    The archive names what earlier versions of the policy declared as well: it may still be held.
    """

    store: Store
    cases: StoredCases
    versions: Versions

    def disclose(self, case: Case, now_ms: int) -> Sequence[Outcome]:
        """Make and keep the archive of everything held about the person."""
        rulebook = self.versions.everything_declared()
        made = archive.make(case, self._sections(case, rulebook), self._disclosed(case), rulebook, now_ms)
        for name, content in zip(ARCHIVES, (made.page, made.data), strict=True):
            self.cases.keep_document(case.request_id, name, content)
        count = self._keep_files(case)
        files = [Outcome("Files you sent", "in the archive", count)] if count else []
        return [*(Outcome(title, "in the archive", number) for title, number in made.counts), *files]

    def _keep_files(self, case: Case) -> int:
        """Keep the files that the person sent as one ZIP archive, under the names they gave; return how many.

        Rule: Cal. Civ. Code § 1798.130(a)(3)(B)(iii): the specific pieces, in a format they can use.
        """
        if case.contact is None:
            return 0
        forms = self.store.find(case.contact.identifiers()).submissions
        since = case.contact.since
        wanted = [form for form in forms if form.files and moment(form.collected_ms).date().isoformat() >= since]
        packed, count = io.BytesIO(), 0
        with zipfile.ZipFile(packed, "w", zipfile.ZIP_STORED) as archived:
            for form in wanted:
                for number, file in enumerate(form.files, 1):
                    if (content := self.store.open_file(form, file)) is not None:
                        archived.writestr(f"{form.reference}/{number}-{file.name}", content)
                        count += 1
        if count:
            self.cases.keep_document(case.request_id, SENT_FILES, packed.getvalue())
        return count

    def _disclosed(self, case: Case) -> list[archive.Disclosed]:
        """Return what of this person was really disclosed."""
        held = self.store.find(case.contact.identifiers() if case.contact else ())
        return [archive.Disclosed(one.recipient, one.categories) for one in held.disclosures]

    def _sections(self, case: Case, rulebook: Rulebook) -> list[Section]:
        """Return what is held, by kind, since the day asked about."""
        if case.contact is None:
            return []
        held = self.store.find(case.contact.identifiers())
        labels = {point.name: point.label for point in rulebook.points.values()}
        by_point: dict[str, list[Item]] = {}
        for event in held.events:
            by_point.setdefault(event.point, []).append(_event_item(event))
        for form in held.submissions:
            by_point.setdefault(form.point, []).append(Item(form.collected_ms, form.point, form.fields))
        for recording in recorded.items(self.store, held.recordings, rulebook):
            by_point.setdefault(recording.point, []).append(recording)
        sections = [Section(labels.get(point, point), tuple(items)) for point, items in sorted(by_point.items())]
        choices = [
            Item(one.at_ms, "", {"purpose": one.purpose, "choice": "opted out" if one.opted_out else "allowed", "by": one.source})
            for one in held.choices
        ]
        disclosed = [
            Item(one.at_ms, one.point, {"to": one.recipient, "categories": one.categories, "for": one.purpose})
            for one in held.disclosures
        ]
        messages = [item for one in held.mail if (item := self._mail_item(one))]
        sections += [Section("Your choices", tuple(choices)), Section("Disclosures to others", tuple(disclosed))]
        sections += [Section("Messages to you", tuple(messages))]
        asked = [Item(one.received_ms, "rights-request", {"request": one.kind.value}) for one in self._requests(case)]
        sections.append(Section("Your requests", tuple(asked)))
        return [_since(section, case.contact.since) for section in sections]

    def _requests(self, case: Case) -> list[Case]:
        """Return the requests of the same address, this one included."""
        if case.contact is None:
            return []
        own = identifier(IdentifierKind.EMAIL, case.contact.email)
        return [one for one in self.cases.about([own]) if one.contact and own in one.contact.identifiers()]

    def _mail_item(self, held: HeldMail) -> Item | None:
        """Return a message outside consumer requests."""
        body = json.loads(held.content)
        return Item(held.created_ms, "", {"subject": body["subject"], "text": body["text"]})


def _event_item(event: HeldEvent) -> Item:
    """Return one event."""
    return Item(event.collected_ms, event.point, event.fields)


def _since(section: Section, day: str) -> Section:
    """Return the section with what was collected on that day or later; everything for an empty day."""
    if not day:
        return section
    return Section(section.title, tuple(item for item in section.items if moment(item.at_ms).date().isoformat() >= day))
