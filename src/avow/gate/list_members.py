"""People on a list to whom a message could not be queued: each set aside alone, tried again, the others served.

The item that is set aside is named by the list (a mailing, a published version) and the submission: it says nothing of anybody.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Final

from avow.definitions import Identifier
from avow.gate.deliveries import Reference
from avow.store.control import set_aside
from avow.store.holdings import HeldSubmission
from avow.store.store import Store

#: Members looked at again in one round.
AGAIN: Final = 200
#: A message to be: whom it goes to, and by what it is composed.
Letter = tuple[Identifier, Reference]
#: Returns the message for one submission; None when its person gets none.
Write = Callable[[HeldSubmission], Letter | None]
#: Queues messages in a transaction, each person's once; returns how many are new.
Queue = Callable[[Mapping[Identifier, Reference]], int]


def written(store: Store, held: Iterable[HeldSubmission], write: Write) -> tuple[dict[str, Letter | None], dict[str, str]]:
    """Return the messages by submission, and for those that could not be written the class of what was wrong."""
    letters: dict[str, Letter | None] = {}
    failures: dict[str, str] = {}
    for one in held:
        failure, letter = store.aside.tried(lambda one=one: write(one))  # type: ignore[misc] # the default binds this submission
        if failure:
            failures[one.record_id] = failure
        else:
            letters[one.record_id] = letter
    return letters, failures


def queued_alone(store: Store, letters: Mapping[str, Letter], queue: Queue) -> tuple[int, dict[str, str]]:
    """Queue each message by itself, after all of them together could not be; return how many are new, and the failures."""
    new, failures = 0, {}
    for record_id, (person, content) in letters.items():
        failure, count = store.aside.tried(lambda one=person, body=content: queue({one: body}))  # type: ignore[misc] # as above
        new += count or 0
        if failure:
            failures[record_id] = failure
    return new, failures


def set_aside_new(store: Store, queue: str, list_id: str, failures: Mapping[str, str], now_ms: int) -> None:
    """Set those aside who are not there yet; who is there already has a turn of their own, or was discarded."""
    if not failures:
        return
    with store.control.reading() as tx:
        known = set_aside.names(tx, queue)
    for record_id, kind in failures.items():
        name = f"{list_id}/{record_id}"
        if name not in known:
            store.aside.put(queue, name, kind, now_ms)


def again(store: Store, queue: str, step: Callable[[str, str], int], now_ms: int) -> int:
    """Give those whose next try is due their turn, by list and submission; return how many messages are new."""
    names = [row.item for row in store.aside.due(queue, now_ms, AGAIN)]

    def one(name: str) -> int:
        list_id, _, record_id = name.rpartition("/")
        return step(list_id, record_id)

    return store.aside.each(queue, names, lambda name: name, one, now_ms)
