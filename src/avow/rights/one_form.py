"""What earlier versions kept of addresses gets their one form: what is open at the start, records by a job (decision 0057).

Earlier versions compared what was typed. What is sealed can be read, and is brought into the one form: contacts of consumer
requests, forms, deliveries and subscriptions. A digest in the vault leads nowhere back; there the forms of before are looked up
as well, until the last record of one is gone. A record that a deletion by another spelling of the same address should have
taken, and did not, goes now: its person was told that nothing was left.

The walk over records goes some at a time and notes where it is, so that a crash, or a record that cannot be read, costs nothing,
and a large house serves at once. Until it is over, what a deletion of another spelling left goes when the walk comes to it.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Final

from avow.definitions import fields_in_one_form
from avow.store.control import settings, submissions
from avow.store.holdings import HeldSubmission
from avow.store.store import Store

log = logging.getLogger(__name__)

#: How far the walk has come: the id of a submission, or that it is over. Another name than before files were sealed again.
PLACE: Final = "addresses-and-files-in-one-form"
OVER: Final = "over"
#: Submissions looked at at once: a tenth of a second, after which other jobs have their turn.
BATCH: Final = 200
#: Between two of these, seconds.
PAUSE_SECONDS: Final = 0.1


@dataclass(slots=True)
class OneForm:
    """The job that brings records into the one form, some at a time; once it is over, it looks at nothing any more."""

    store: Store
    now_ms: Callable[[], int]
    _is_over: bool = False

    def once(self) -> bool:
        """Look at the next records; returns False, so that other jobs have their turn before the ones after."""
        with self.store.control.reading() as tx:
            place = settings.get(tx, PLACE) or ""
        self._is_over = place == OVER
        if self._is_over:
            return False
        page = self.store.submissions_after(place, BATCH)
        late = [one.record_id for one in page.held if _is_erased(self.store, one)]
        formed = sum(self._tried(one) for one in page.held if one.record_id not in late)
        with self.store.control.transaction() as tx:
            erased = submissions.remove(tx, late)
            settings.put(tx, PLACE, page.last or OVER)
        if formed or erased:
            log.warning("addresses in their one form: %d records; %d records erased that a deletion had left", formed, erased)
        return False

    def changes(self) -> object:
        """Return what the job works by: where it is over, the same for ever."""
        return OVER if self._is_over else None

    def _tried(self, held: HeldSubmission) -> bool:
        """Bring one record into its one form; return whether it was in another. One that does not go stops no other."""
        fields = fields_in_one_form(held.fields, held.people)
        if fields == held.fields:
            return False
        return self.store.aside.tried(partial(self.store.keep_again, held, fields, self.now_ms()))[1] or False


def _is_erased(store: Store, held: HeldSubmission) -> bool:
    """Return whether a record should have gone with its person, who was erased under another spelling."""
    return any(at_ms >= held.collected_ms for at_ms in store.vault.erased_at(held.people).values())
