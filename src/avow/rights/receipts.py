"""What a consumer request may say of itself once a message has left: who was told, and how (decision 0058).

The step is written in the transaction that notes that the message left. A crash before it lets the message leave again, under
the same Message-ID, and the step is written then; a second note of the same message writes nothing.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence

from avow.definitions import Identifier, RequestKind
from avow.gate import entries
from avow.rights import states
from avow.rights.kept import Cases
from avow.rights.states import Entry, State, Step
from avow.store.control import Transaction, requests
from avow.store.control.requests import RequestEvent
from avow.store.store import Store


def follow(tx: Transaction, request_id: str, message_id: str, at_ms: int, how: Mapping[str, str]) -> bool:
    """Write the step of a request that waited for this message; False where none does. Why: decision 0058.

    `how` goes into the history and into the audit log. Another process may write another entry at the same moment: then this
    one comes behind it, where it may follow at all.
    """
    while (told := _waiting(tx, request_id, message_id)) is not None:
        detail = json.dumps({**told.detail, **how})
        if requests.append(tx, RequestEvent(request_id, told.seq, at_ms, told.step, detail)):
            entries.record(tx, at_ms, entries.RequestTold(f"request.{told.step}", request_id, **told.detail, **how))
            return True
    return False


def is_late(tx: Transaction, request_id: str, message_id: str) -> bool:
    """Return whether a message that waits has nothing to tell any more: its request has gone on without it."""
    history = _history(tx, request_id)
    is_of_step = any(entry.detail.get("message") == message_id and entry.step in states.RECEIPTS for entry in history)
    return is_of_step and _waiting(tx, request_id, message_id) is None


def is_erasing(store: Store, person: Identifier) -> bool:
    """Return whether a deletion of somebody is confirmed and not carried out: nothing more goes to them but its letters.

    Rule: Cal. Civ. Code § 1798.105(c)(1).
    """
    under_way = {State.VERIFIED, State.FULFILLING}
    return any(one.kind is RequestKind.DELETE and one.state in under_way for one in Cases(store).about([person]))


def _waiting(tx: Transaction, request_id: str, message_id: str) -> Entry | None:
    """Return the entry that waits for this message to leave."""
    row = requests.get(tx, request_id)
    return states.receipt_of(row.kind, _history(tx, request_id), message_id) if row else None


def _history(tx: Transaction, request_id: str) -> Sequence[Entry]:
    found = requests.history(tx, request_id)
    return [Entry(one.seq, one.at_ms, Step(one.what), json.loads(one.detail)) for one in found]
