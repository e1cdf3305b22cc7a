"""What of a person went to which recipients, by the log of disclosures, for the plan of a deletion: before keys are destroyed.

By subject, and for as long as the recipient may keep it: the log forgets whose something was no sooner
(`gate.disclosures.forget_on`). A recipient is told by what finds the person there, and by nothing that it was not given: who got
the number of a click alone is not told an address.
Rule: Cal. Civ. Code § 1798.105(c)(1); 11 CCR 7022(b)(2), (3).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

from avow.definitions import local_date
from avow.gate import disclosures
from avow.gate.disclosures import ADDRESS, Disclosure
from avow.gate.versions import Versions
from avow.policy.rulebook.conversions import CLICK_ID
from avow.rights.cases import Contact
from avow.rights.plan import Given
from avow.store.store import Store

EMAIL: Final = "e-mail address"
CLICK: Final = "number of a click"


@dataclass(frozen=True, slots=True)
class Recipients:
    """Finds the recipients of what is held, or was, of people."""

    store: Store
    versions: Versions

    def of(self, contact: Contact) -> tuple[Given, ...]:
        """Return to whom something of this person went; invented people's went to nobody. Rule: 11 CCR 7022(b)(2), (3)."""
        found = disclosures.of_people(self.store, contact.identifiers())
        by_recipient: dict[str, list[Disclosure]] = {}
        for one in found:
            if not one.demonstration:
                by_recipient.setdefault(one.recipient, []).append(one)
        return tuple(self._given(name, went, contact) for name, went in sorted(by_recipient.items()))

    def _given(self, name: str, went: list[Disclosure], contact: Contact) -> Given:
        """Return what went to one recipient; the version is that of the last, by which it may hold it longest."""
        last = max(went, key=lambda one: one.at_ms)
        rulebook = self.versions.rulebook(last.rulebook_id)
        return Given(
            name=name,
            declared=rulebook.recipients.get(name) if rulebook else None,
            rulebook_id=last.rulebook_id,
            last_on=local_date(last.at_ms, self.versions.timezone),
            categories="".join(sorted({letter for one in went for letter in one.categories})),
            identifiers=tuple(self._identifiers(went, contact)),
        )

    def _identifiers(self, went: Iterable[Disclosure], contact: Contact) -> Iterable[tuple[str, str]]:
        """Yield what finds the person there: the address where it went, the numbers of clicks that went."""
        clicks = {one.point for one in went if self._is_click(one)}
        if any(ADDRESS in one.categories and one.point not in clicks for one in went):
            yield EMAIL, contact.email
        if clicks:
            held = self.store.find(contact.identifiers()).events
            numbers = (event.fields.get(CLICK_ID, "") for event in held if event.point in clicks)
            yield from ((CLICK, number) for number in dict.fromkeys(numbers) if number)

    def _is_click(self, one: Disclosure) -> bool:
        """Return whether the number of a click on a counted link went, and nothing else."""
        rulebook = self.versions.rulebook(one.rulebook_id)
        links = rulebook.external_links.values() if rulebook else ()
        return any(link.clicks == one.point and link.recipient == one.recipient for link in links)
