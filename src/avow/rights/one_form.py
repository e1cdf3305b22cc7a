"""What earlier versions kept of addresses gets their one form, before the first job begins (decision 0057).

Earlier versions compared what was typed. What is sealed can be read, and is brought into the one form: contacts of consumer
requests, forms, deliveries and subscriptions. A digest in the vault leads nowhere back; there the forms of before are looked up
as well, until the last record of one is gone. A record that a deletion by another spelling of the same address should have
taken, and did not, goes now: its person was told that nothing was left.

The walk goes from record to record and notes where it is, so that a crash, or a record that cannot be read, costs nothing.
"""

from __future__ import annotations

import logging
from typing import Final

from avow.definitions import fields_in_one_form
from avow.rights.kept import Cases
from avow.store.control import settings, submissions
from avow.store.holdings import HeldSubmission
from avow.store.store import Store

log = logging.getLogger(__name__)

#: How far the walk has come: the id of a submission, or that it is over.
PLACE: Final = "addresses-in-one-form"
OVER: Final = "over"
#: Submissions looked at at once.
BATCH: Final = 200


def settle(store: Store) -> None:
    """Bring what an earlier version kept into the one form, and say in the log how much; where it is done, nothing."""
    with store.control.reading() as tx:
        place = settings.get(tx, PLACE) or ""
    if place == OVER:
        return
    contacts = Cases(store).bring_into_one_form()
    formed = erased = 0
    while (page := store.submissions_after(place, BATCH)).last:
        late = [one.record_id for one in page.held if _is_erased(store, one)]
        formed += sum(_formed(store, one) for one in page.held if one.record_id not in late)
        place = page.last
        with store.control.transaction() as tx:
            erased += submissions.remove(tx, late)
            settings.put(tx, PLACE, place)
    with store.control.transaction() as tx:
        settings.put(tx, PLACE, OVER)
    if contacts or formed or erased:
        said = "addresses in their one form: %d consumer requests, %d records; %d records erased that a deletion had left"
        log.warning(said, contacts, formed, erased)


def _is_erased(store: Store, held: HeldSubmission) -> bool:
    """Return whether a record should have gone with its person, who was erased under another spelling."""
    return any(at_ms >= held.collected_ms for at_ms in store.vault.erased_at(held.people).values())


def _formed(store: Store, held: HeldSubmission) -> bool:
    """Bring one record into its one form; return whether it was in another."""
    fields = fields_in_one_form(held.fields, held.people)
    return fields != held.fields and store.keep_again(held, fields)
