"""When somebody's last contact was: a form with their address counts only once the address is proved.

Anybody can write a form with anybody's address. If that alone moved the days until which their records are kept, a stranger
could have them kept for ever. It counts when a link that we mailed was followed, or a member of staff answered; until then
a form has its own date, and moves no other.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import date

from avow.definitions import Identifier, IdentifierKind, Submission, Technology, moment
from avow.policy import Rulebook
from avow.store.holdings import HeldSubmission
from avow.store.store import Store

#: What somebody sent, on its way into the store or out of it.
Contact = Submission | HeldSubmission


@dataclass(frozen=True, slots=True)
class LastContact:
    """Moves the due dates of a person's records by a contact of theirs that is proved.

    By how much is for the version under which each earlier record was collected to say, and for no later one: where it
    promised "24 months after our last contact", it is 24 months from this contact. The same contact again moves nothing.
    """

    store: Store
    rulebook_of: Callable[[str], Rulebook | None]

    def is_proved(self, contact: Contact) -> bool:
        """Return whether a record came behind a link that we mailed: a subscription is none before its link is followed."""
        rulebook = self.rulebook_of(contact.rulebook_id)
        declared = rulebook.points.get(contact.point) if rulebook else None
        return declared is not None and declared.technology is Technology.EMAIL

    def answered(self, record_id: str) -> int:
        """Count a contact that a member of staff answered; return how many records are kept longer."""
        held = self.store.submission(record_id)
        return self.proved(held) if held is not None else 0

    def proved(self, contact: Contact) -> int:
        """Count a contact whose address, the first of it, is proved; return how many records are kept longer."""
        proved = [one for one in contact.people if one.kind is IdentifierKind.EMAIL][:1]
        return self._counted(contact, proved) if proved else 0

    def followed(self, people: Collection[Identifier]) -> int:
        """Count what was sent so far with an address whose link was followed; return how many records are kept longer."""
        sent = [one for person in people for one in self.store.submissions_of(person)]
        last = {one.point: one for one in sorted(sent, key=lambda one: one.collected_ms)}
        return sum(self._counted(one, people) for one in last.values())

    def _counted(self, contact: Contact, people: Collection[Identifier]) -> int:
        """Move what these people, and nobody else whom a form names, sent before."""
        return self.store.last_contact(people, lambda earlier: self._due(contact, earlier))

    def _due(self, contact: Contact, earlier: HeldSubmission) -> date | None:
        """Return the day on which an earlier record is due after this contact; None: it moves nothing.

        By the period that the earlier record's own version gives for the purposes that it was collected for.
        """
        rulebook = self.rulebook_of(earlier.rulebook_id)
        declared = rulebook.points.get(earlier.point) if rulebook and earlier.point == contact.point else None
        purposes = frozenset(earlier.purposes) & (declared.purposes if declared else frozenset())
        if declared is None or not purposes:
            return None
        kept = declared.retention_for(purposes)
        return kept.due(moment(contact.collected_ms).date()) if kept.after == "last-contact" else None
