"""An event found again by its number: a click, for what another company reports of it, or what is told to one."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING
from uuid import UUID

from avow.definitions import moment
from avow.store import event_rows, sealing
from avow.store.holdings import HeldEvent
from avow.store.keys import DAY

if TYPE_CHECKING:
    from avow.store.events import Events
    from avow.store.keys import Vault


@dataclass(frozen=True, slots=True)
class HeldClick:
    """A click, or another event, unsealed, with the number of its visit and its person's pseudonym, None for nobody known."""

    event: HeldEvent
    visit: int
    subject: bytes | None


def find(site: str, record_id: str, events: Events, vault: Vault) -> HeldClick | None:
    """Return the click of this record id; None when there is none, or when its key was destroyed: its person is erased.

    A record id begins with its moment in milliseconds (`definitions.RecordIds`).
    """
    found = events.query("find_click", site=site, at_ms=int(record_id[:12], 16), record=UUID(hex=record_id))
    for row in found:
        name = f"{row['point']}/{moment(row['collected_ms']).date().isoformat()}"

        def key_of(subject: bytes, name: str = name) -> bytes | None:
            return vault.get_key(DAY, name) if subject == sealing.NOBODY else vault.key_of(subject)

        held = event_rows.held_event(row, key_of)
        subject = row["subject"].bytes if row["subject"].bytes != sealing.NOBODY else None
        return HeldClick(held, int(row["visit"]), subject) if held is not None else None
    return None
