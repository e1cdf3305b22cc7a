"""The true end of walk 1: what the spool brought is narrowed by what its people have chosen meanwhile, kept, noted, sent on."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Final

from avow.collection.forms import submissions
from avow.definitions import Record, Recording, Submission
from avow.gate import choices, disclosures, handing_over
from avow.gate.contacts import LastContact
from avow.policy import Rulebook
from avow.store.store import Store

_NOBODY: Final[Mapping[str, str]] = MappingProxyType({})


class Arrival:
    """The drain's sink: the store, where a form is narrowed by its sender's standing choices.

    It moves their due dates only when it came behind a link that we mailed; a form that anybody can write moves none.
    `connectors` are the ways of the recipients to which records go as they come in, where the policy gives them to these.
    """

    def __init__(
        self, store: Store, rulebook_of: Callable[[str], Rulebook | None], connectors: Mapping[str, str] = _NOBODY
    ) -> None:
        self._store = store
        self._connectors = connectors
        self._rulebook_of = rulebook_of
        self._last_contact = LastContact(store, rulebook_of)

    def write(self, records: Sequence[Record]) -> Sequence[Recording]:
        """Keep the records, then what belongs to the same people as long as each was promised.

        Returns the chunks whose place in their recording holds another one.
        """
        kept = [one for record in records if (one := self._narrowed(record)) is not None]
        written = self._store.write(kept)
        disclosures.note_handed_over(self._store, kept, self._rulebook_of)
        forms = [one for one in kept if isinstance(one, Submission)]
        handing_over.queue_arrived(self._store, forms, self._rulebook_of, self._connectors)
        for record in kept:
            if isinstance(record, Submission) and record.people:
                choices.keep_with_form(self._store, record)
                if self._last_contact.is_proved(record):
                    self._last_contact.proved(record)
        return written.changed

    def _narrowed(self, record: Record) -> Record | None:
        """Return what its person's standing choices leave of a record; a form that names nobody is left as it came."""
        people = record.people if isinstance(record, Submission) else ()
        if not isinstance(record, Submission) or not people:
            return record
        if any(self._store.vault.ended_at(person, record.point) >= record.collected_ms for person in people):
            return None  # unsubscribed while it was in the spool
        rulebook, opted_out = self._rulebook_of(record.rulebook_id), choices.opted_out_by(self._store, people)
        return submissions.narrowed(record, rulebook, opted_out) if rulebook and opted_out else record
