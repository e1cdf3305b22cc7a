"""Links that are counted, over the rooms: their addresses for pages, clicks found again, and numbers that went out."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date
from typing import Final
from urllib.parse import quote

from avow.audit.proof import canonical
from avow.collection.outbound import Keyed, signed_address
from avow.collection.postbacks import Click
from avow.definitions import Event, IdentifierKind, Record, identifier
from avow.gate import choices
from avow.gate.versions import Versions
from avow.main import dated
from avow.policy import Rulebook
from avow.policy.conversions import CLICK_ID, VISITOR_ID
from avow.store.control import audit, disclosures, reports
from avow.store.store import Store
from avow.web.leaving import LEAVING_PATH

_CLICK_ID: Final = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class LinkAddresses:
    """Fits `web.services.Outbound` over one version of the policy."""

    rulebook: Rulebook
    keyed: Keyed

    def way(self, name: str, page: str) -> str:
        """Return what this page links to; a promised page that tells of leaving comes first."""
        if self.rulebook.external_links[name].notice:
            return f"{LEAVING_PATH}{quote(name)}"
        return self._counted(name, page)

    def onward(self, name: str) -> str:
        """Return where the page that tells of leaving leads."""
        return self._counted(name, f"{LEAVING_PATH}{name}")

    def _counted(self, name: str, page: str) -> str:
        link = self.rulebook.external_links[name]
        return signed_address(self.keyed, name, page) if link.clicks else link.address


@dataclass(frozen=True, slots=True)
class StoredClicks:
    """Fits `collection.postbacks.Clicks` over the store."""

    store: Store
    versions: Versions
    site: str

    def find(self, click_id: str, now_ms: int) -> Click | None:
        """Return the click whose number this is; None for one that is none, is over, or is of somebody erased since."""
        if not _CLICK_ID.fullmatch(click_id) or int(click_id[:12], 16) > now_ms:
            return None
        held = self.store.click(self.site, click_id)
        if held is None or held.event.fields.get(CLICK_ID) != click_id:
            return None
        event = held.event
        return Click(
            clicked_ms=event.collected_ms,
            point=event.point,
            rulebook_id=event.rulebook_id,
            delete_on=event.delete_on,
            visit=held.visit,
            visitor=event.fields.get(VISITOR_ID, ""),
            demonstration=event.demonstration,
        )

    def opted_out(self, visitor: str) -> frozenset[str]:
        """Return what this visitor has opted out of, as far as the server knows."""
        return choices.opted_out_by(self.store, [identifier(IdentifierKind.VISITOR, visitor)]) if visitor else frozenset()

    def rulebook(self, rulebook_id: str) -> Rulebook | None:
        """Return the version of the policy that a click was kept under."""
        return self.versions.rulebook(rulebook_id)

    def is_said(self, mark: bytes, said: bytes, delete_on: date) -> bool:
        """Keep until a day what a report said; return whether it is what the report of this mark said first."""
        with self.store.control.transaction() as tx:
            return reports.is_said(tx, mark, said, delete_on)


def note_handed_over(store: Store, records: Iterable[Record], rulebook_of: Callable[[str], Rulebook | None]) -> None:
    """Note each number that went out with a link, as a disclosure about its person; a repetition adds nothing.

    Rule: Cal. Civ. Code § 1798.130(a)(5)(C), § 1798.110(a)(4).
    """
    for record in records:
        if not isinstance(record, Event) or CLICK_ID not in record.sealed:
            continue
        rulebook = rulebook_of(record.rulebook_id)
        links = rulebook.external_links.values() if rulebook else ()
        link = next((one for one in links if one.clicks == record.point and one.recipient), None)
        if rulebook is not None and link is not None:
            _note(store, record, rulebook, link.recipient)


def _note(store: Store, click: Event, rulebook: Rulebook, recipient: str) -> None:
    """Keep the disclosure and its audit entry, which names nobody, in one transaction."""
    own_id = hashlib.blake2b(f"click {click.record_id}".encode(), digest_size=16).hexdigest()
    person = identifier(IdentifierKind.VISITOR, click.visitor) if click.visitor else None
    subject = store.vault.lookup([person]).get(person) if person else None
    categories = "".join(sorted(rulebook.data[CLICK_ID].categories))
    needing = rulebook.points[click.point].needing(CLICK_ID) & rulebook.recipients[recipient].purposes
    purpose = min(needing, default="")
    handed = disclosures.Disclosure(
        click.collected_ms,
        recipient,
        categories,
        purpose,
        click.point,
        click.rulebook_id,
        subject,
        demonstration=click.demonstration,
        forget_on=dated.forget_on(rulebook, recipient, click.collected_ms),
    )
    entry = {"at": click.collected_ms, "what": "disclosure", "recipient": recipient, "categories": categories, "purpose": purpose}
    with store.control.transaction() as tx:
        if disclosures.add(tx, handed, own_id) and not click.demonstration:
            audit.enqueue(tx, canonical(entry))
