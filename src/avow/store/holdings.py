"""What the store answers: values without keys, pseudonyms or engines in them."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date

from avow.definitions import AfterRetention, Identifier, Recording, StoredFile, address_among
from avow.store.control.choices import Choice
from avow.store.control.deliveries import Delivery
from avow.store.control.disclosures import Disclosure
from avow.store.control.recordings import RecordingRow
from avow.store.control.submissions import State


@dataclass(frozen=True, slots=True)
class HeldEvent:
    """One event of a known person; `fields` are by the policy's names, unsealed ones included."""

    record_id: str
    collected_ms: int
    site: str
    point: str
    rulebook_id: str
    name: str
    fields: Mapping[str, str]
    delete_on: date
    then: AfterRetention
    robot: bool
    demonstration: bool


@dataclass(frozen=True, slots=True)
class HeldSubmission:
    """One submission, unsealed, with anyone who finds it. A de-identified one has no fields left."""

    record_id: str
    reference: str
    collected_ms: int
    site: str
    point: str
    rulebook_id: str
    fields: Mapping[str, str]
    people: tuple[Identifier, ...]
    purposes: tuple[str, ...]
    dropped: tuple[str, ...]
    delete_on: date
    then: AfterRetention
    state: State
    demonstration: bool
    files: tuple[StoredFile, ...] = ()
    decision: str = ""
    assigned_to: str = ""

    @property
    def address(self) -> str:
        """Where its person is written to; "" for nowhere."""
        return address_among(self.people)


@dataclass(frozen=True, slots=True)
class KeptRecord:
    """What a rule keeps of a record beyond the erasure of its person, unsealed: the named fields and files, and nothing else.

    `code` is the exception's in the law table, `duty` the policy's name of what declares it. It is read for `purpose` alone, and
    `until` is the first day on which it is kept no more.
    """

    id: str
    code: str
    duty: str
    rule: str
    purpose: str
    site: str
    point: str
    rulebook_id: str
    record_id: str
    collected_ms: int
    until: date
    fields: Mapping[str, str]
    files: tuple[StoredFile, ...]
    demonstration: bool


@dataclass(frozen=True, slots=True)
class SubmissionPage:
    """Some submissions in the order of their ids; `last` is the last id looked at, "" behind the end.

    `damaged` maps those that cannot be read to the class of what was wrong.
    """

    last: str
    held: tuple[HeldSubmission, ...]
    damaged: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Holdings:
    """Everything held about some identifiers, oldest first."""

    events: tuple[HeldEvent, ...] = ()
    submissions: tuple[HeldSubmission, ...] = ()
    choices: tuple[Choice, ...] = ()
    disclosures: tuple[Disclosure, ...] = ()
    deliveries: tuple[Delivery, ...] = ()
    recordings: tuple[RecordingRow, ...] = ()


@dataclass(frozen=True, slots=True)
class Written:
    """What became of a batch: kept, dropped because the person was erased, or stored already.

    `unclaimed` are the files that came with it and that no stored record names; `changed` the chunks of recordings whose
    place holds another chunk.
    """

    kept: int
    erased: int
    repeated: int
    unclaimed: tuple[str, ...] = ()
    changed: tuple[Recording, ...] = ()


@dataclass(frozen=True, slots=True)
class Counts:
    """How many rows, by store. `choices` and `disclosures` count those that say whose they are; `visits` are made of events."""

    events: int = 0
    submissions: int = 0
    choices: int = 0
    disclosures: int = 0
    deliveries: int = 0
    consumer_requests: int = 0
    recordings: int = 0
    visits: int = 0

    @property
    def total(self) -> int:
        """All of them."""
        others = self.choices + self.disclosures + self.deliveries + self.consumer_requests
        return self.events + self.visits + self.submissions + self.recordings + others


@dataclass(frozen=True, slots=True)
class Invented:
    """What a killed demonstration may have left without a record: people, ids of requests and recordings, moments of files."""

    people: Collection[Identifier] = ()
    requests: Collection[str] = ()
    recordings: Collection[str] = ()
    moments: Collection[int] = ()


@dataclass(frozen=True, slots=True)
class Due:
    """What was due on a day: rows erased and rows de-identified, and keys nobody needed any more."""

    erased: int
    deidentified: int
    keys: int


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is held of one collection point: how many records, and the moment of the oldest."""

    records: int
    oldest_ms: int
