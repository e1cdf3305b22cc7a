"""Clicks on counted links, found again by the number that went out with them."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Final

from avow.definitions import IdentifierKind, identifier
from avow.gate import choices
from avow.gate.versions import Versions
from avow.policy import Rulebook
from avow.policy.rulebook.conversions import CLICK_ID, VISITOR_ID
from avow.store.control import reports
from avow.store.store import Store

_CLICK_ID: Final = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class Click:
    """A click whose number was handed over. `visitor` is "" for somebody who is not recognised."""

    clicked_ms: int
    point: str
    rulebook_id: str
    delete_on: date
    visit: int
    visitor: str
    demonstration: bool


@dataclass(frozen=True, slots=True)
class Clicks:
    """The clicks that are kept, and what their visitors have said since."""

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
