"""What of a person went to which recipients, by the log of disclosures, for the plan of a deletion: before keys are destroyed.

By subject, and for as long as the recipient may keep it: the log forgets whose something was no sooner
(`gate.disclosures.forget_on`). A recipient is told by what finds the person there, and by nothing that it was not given: who got
the number of a click alone is not told an address.
Rule: Cal. Civ. Code § 1798.105(c)(1); 11 CCR 7022(b)(2), (3).
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from avow.definitions import IdentifierKind, local_date
from avow.gate import deliveries, disclosures, recipients
from avow.gate.disclosures import ADDRESS, Disclosure
from avow.gate.recipients import Gap
from avow.gate.versions import Versions
from avow.policy.law import rules
from avow.policy.rulebook.conversions import CLICK_ID
from avow.rights.cases import Contact
from avow.rights.plan import Given
from avow.store.store import Store

EMAIL: Final = "e-mail address"
PHONE: Final = "telephone number"
BROWSER: Final = "number of a browser"
RECORD: Final = "our number of a record"
CLICK: Final = "number of a click"


@dataclass(frozen=True, slots=True)
class Recipients:
    """Finds the recipients of what is held, or was, of people."""

    store: Store
    versions: Versions

    def of(self, contact: Contact) -> tuple[Given, ...]:
        """Return to whom something of this person went; invented people's went to nobody. Rule: 11 CCR 7022(b)(2), (3)."""
        people = contact.identifiers()
        stood = disclosures.standing_of(self.store, people, self.versions.rulebook)
        found = (*disclosures.of_people(self.store, people), *stood)
        by_recipient: dict[str, list[Disclosure]] = {}
        for one in found:
            if not one.demonstration and (not contact.points or one.point in contact.points):
                by_recipient.setdefault(one.recipient, []).append(one)
        with self.store.control.reading() as tx:
            gaps = recipients.gaps(tx) if by_recipient else ()
        return tuple(self._given(name, went, contact, gaps) for name, went in sorted(by_recipient.items()))

    def are_leaving(self, contact: Contact) -> bool:
        """Return whether a record of this person is being handed over at this moment: nobody knows yet whether it went."""
        return deliveries.are_leaving(self.store, contact.identifiers())

    def take_back(self, contact: Contact) -> None:
        """Take back what would tell third parties of this person's events, before it is asked to whom something of them went.

        What went between the plan and the erasure would be in no plan. Rule: Cal. Civ. Code § 1798.105(c)(1).
        """
        why = f"its person is being erased ({rules.DELETE})"
        deliveries.take_back_conversions(self.store, contact.identifiers(), contact.points, why)

    def _given(self, name: str, went: list[Disclosure], contact: Contact, gaps: Sequence[Gap]) -> Given:
        """Return what went to one recipient; the version is that of the last, by which it may hold it longest."""
        last = max(went, key=lambda one: one.at_ms)
        then = [
            recipients.as_it_was(self.versions.rulebook(one.rulebook_id), name, recipients.lacked(gaps, name, one.at_ms))
            for one in sorted(went, key=lambda one: one.at_ms, reverse=True)
        ]
        sold = (one for one in then if one is not None and one.effective_role == "third-party")
        return Given(
            name=name,
            declared=next(sold, then[0]),  # no sale is undone by what went later
            rulebook_id=last.rulebook_id,
            last_on=local_date(last.at_ms, self.versions.timezone),
            categories="".join(sorted({letter for one in went for letter in one.categories})),
            identifiers=tuple(self._identifiers(went, contact)),
        )

    def _identifiers(self, went: Sequence[Disclosure], contact: Contact) -> Iterable[tuple[str, str]]:
        """Yield what finds the person there: what of it went, and under which number of ours."""
        of_clicks = [one for one in went if self._is_click(one)]
        clicks = {one.point for one in of_clicks}
        records = [one.record for one in went if one.record and one.point not in clicks]
        kinds = {kind for one in went if one.record for kind in self._kinds(one)}
        noted = [one.record for one in of_clicks if one.record]  # earlier versions noted none
        if contact.points:  # of a part: our numbers of its records, and nothing by which all is found
            yield from ((RECORD, record) for record in dict.fromkeys(records))
            yield from ((CLICK, number) for number in dict.fromkeys(noted))
            return
        has_address = any(ADDRESS in one.categories for one in went if not one.record and one.point not in clicks)
        if has_address or IdentifierKind.EMAIL in kinds:
            yield EMAIL, contact.email
        if IdentifierKind.PHONE in kinds:
            yield from ((PHONE, number) for number in self._numbers(records))
        if IdentifierKind.VISITOR in kinds:
            yield from ((BROWSER, one.value) for one in contact.identifiers() if one.kind is IdentifierKind.VISITOR)
        if clicks:
            held = self.store.find(contact.identifiers()).events
            numbers = [event.fields.get(CLICK_ID, "") for event in held if event.point in clicks]
            yield from ((CLICK, number) for number in dict.fromkeys([*noted, *numbers]) if number)
        yield from ((RECORD, record) for record in dict.fromkeys(records))

    def _kinds(self, one: Disclosure) -> Iterable[str]:
        """Yield which identifiers are among the items that went of a record, by the version under which they did."""
        rulebook = self.versions.rulebook(one.rulebook_id)
        declared = [rulebook.data[name] for name in one.items.split() if name in rulebook.data] if rulebook else []
        return (item.identifier for item in declared if item.identifier)

    def _numbers(self, records: Iterable[str]) -> Iterable[str]:
        """Yield the telephone numbers that people gave with these records."""
        held = (self.store.readable_submission(record) for record in records)
        people = (person for one in held if one is not None for person in one.people)
        return dict.fromkeys(person.value for person in people if person.kind is IdentifierKind.PHONE)

    def _is_click(self, one: Disclosure) -> bool:
        """Return whether the number of a click on a counted link went, and nothing else."""
        rulebook = self.versions.rulebook(one.rulebook_id)
        links = rulebook.external_links.values() if rulebook else ()
        return any(link.clicks == one.point and link.recipient == one.recipient for link in links)
