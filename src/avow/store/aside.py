"""What could not be handled is set aside: kept, counted, shown to staff, tried again; the next item goes on.

Every job that works through a list does so by `each`: an item that raises stops nothing but itself. `StoreUnavailable` is no
item's fault: it ends the round, and the job waits. An item that has no other place (a record that left the spool, an entry of
the audit queue) keeps its content here, sealed under a key of its own, which erasure, retention and `discard` destroy.
"""

from __future__ import annotations

import errno
import logging
import secrets
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, TypeVar

from avow.definitions import StoreUnavailable, moment
from avow.store import sealing
from avow.store.control import Control, set_aside
from avow.store.control.database import Transaction
from avow.store.control.set_aside import SetAside
from avow.store.keys import Vault

log = logging.getLogger(__name__)
_T = TypeVar("_T")
#: What is noted of an item that staff decided on, in the transaction of the decision: its entry for the audit log.
Noted = Callable[[Transaction, SetAside], object]

#: The scope of the vault's keys that seal contents; the name is the row's id.
KEYS: Final = "aside"
#: Queues whose items keep their content here, because nothing else holds them any more.
DRAIN: Final = "drain"
AUDIT: Final = "audit"
CONTENTS: Final = (DRAIN, AUDIT)
#: Queues whose items nobody may discard: the law, or a promise, makes us do them. What is wrong has to be mended.
OWED: Final = frozenset({"requests", "residue", "purge", "retention", "unconfirmed", "unsubscribed", "opt-outs", AUDIT})
#: The pause before the second try, doubled with each further one, and the longest, milliseconds.
FIRST_PAUSE_MS: Final = 60_000
LONGEST_PAUSE_MS: Final = 6 * 3_600_000
#: What the machine lacks, and no item is to blame for.
_OF_THE_MACHINE: Final = frozenset(
    {errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS, errno.ENOMEM, errno.EMFILE, errno.ENFILE, errno.EACCES, errno.ESTALE}
)
#: Most items and bytes that are kept here; beyond it a queue waits, which loses nothing.
ITEMS: Final = 100_000
BYTES: Final = 1024 * 1024 * 1024
#: How long an item is kept whose record promises no day of its own: as long as the record of a consumer request must be.
#: Rule: 11 CCR 7101(a), 24 months.
KEPT: Final = timedelta(days=731)


@dataclass(frozen=True, slots=True)
class Aside:
    """The items set aside in an installation, over its control store and key vault; any process may use it."""

    control: Control
    vault: Vault

    def each(
        self, queue: str, items: Iterable[_T], name_of: Callable[[_T], str], step: Callable[[_T], object], now_ms: int
    ) -> int:
        """Do `step` for every item of a queue; return for how many it returned something true.

        One that raises is set aside under its name, which says nothing of anybody, and is passed by until its next try.
        Raises StoreUnavailable, as `step` does: then the rest waits for the job's next round.
        """
        known: dict[str, int | None] | None = None
        done = 0
        for item in items:
            if known is None:
                with self.control.reading() as tx:
                    known = set_aside.names(tx, queue)
            name = name_of(item)
            if name in known and not _is_due(known[name], now_ms):
                continue
            failure, answer = self.tried(lambda item=item: step(item))  # type: ignore[misc] # the default binds this round's item
            if failure:
                self.put(queue, name, failure, now_ms)
            elif name in known:
                self.handled(queue, name)
            done += bool(answer)
        return done

    def all_or_each(
        self, queue: str, items: Sequence[_T], name_of: Callable[[_T], str], step: Callable[[Sequence[_T]], object], now_ms: int
    ) -> None:
        """Do `step` for all items of a queue at once; where that does not go, half by half, until what does not go is alone.

        As `each`, for steps that are much cheaper for many. `step` may be done again for what it has done already.
        """
        known: dict[str, int | None] = {}
        if items:
            with self.control.reading() as tx:
                known = set_aside.names(tx, queue)
        wanted = [item for item in items if name_of(item) not in known or _is_due(known[name_of(item)], now_ms)]
        self._halving(queue, wanted, name_of, step, now_ms)
        for name in known.keys() & set(map(name_of, wanted)):
            with self.control.reading() as tx:
                row = set_aside.find(tx, queue, name)
            if row is not None and row.last_ms != now_ms:  # it did not fail again
                self._destroy([row])

    def _halving(
        self, queue: str, items: Sequence[_T], name_of: Callable[[_T], str], step: Callable[[Sequence[_T]], object], now_ms: int
    ) -> None:
        if not items:
            return
        failure, _ = self.tried(lambda: step(items))
        if failure and len(items) == 1:
            self.put(queue, name_of(items[0]), failure, now_ms)
        elif failure:
            middle = len(items) // 2
            self._halving(queue, items[:middle], name_of, step, now_ms)
            self._halving(queue, items[middle:], name_of, step, now_ms)

    def names(self, queue: str) -> frozenset[str]:
        """Return the names of a queue's items that are set aside."""
        with self.control.reading() as tx:
            return frozenset(set_aside.names(tx, queue))

    def only(self, queue: str, names: Iterable[str], is_own: Callable[[str], bool] = lambda _: True) -> None:
        """Forget the items of a queue that it no longer has; `is_own` says which are the caller's, where several fill it."""
        with self.control.reading() as tx:
            gone = set_aside.names(tx, queue).keys() - set(names)
        for name in filter(is_own, gone):
            self.handled(queue, name)

    def tried(self, step: Callable[[], _T]) -> tuple[str, _T | None]:
        """Return the class of what a step raised ("" for nothing), and what it returned.

        Raises StoreUnavailable, also for a disk that is full or broken: that is no item's fault.
        """
        failed, answer = attempted(step)
        return "" if failed is None else type(failed).__name__, answer

    def put(
        self,
        queue: str,
        item: str,
        kind: str,
        now_ms: int,
        content: bytes = b"",
        *,
        site: str = "",
        delete_on: date | None = None,
        is_demonstration: bool = False,
    ) -> None:
        """Set an item aside, or note one more failed try of it; durable when it returns.

        Raises StoreUnavailable when there is no more room: then its queue waits, and loses nothing.
        """
        with self.control.reading() as tx:
            known = set_aside.find(tx, queue, item)
            items, size = set_aside.size(tx) if known is None else (0, 0)
        if known is not None:
            with self.control.transaction() as tx:
                set_aside.failed(tx, known.id, kind, now_ms, now_ms + _pause_ms(known.attempts + 1))
            return
        if items >= ITEMS or size + len(content) > BYTES:
            raise StoreUnavailable(f"{items} items are set aside, and there is no room for more; see `avow aside list`")
        row_id = f"{now_ms:012x}{secrets.token_hex(10)}"
        sealed = sealing.seal(self.vault.create_key(KEYS, row_id), content, row_id.encode()) if content else b""
        dates = (1, now_ms, now_ms, now_ms + _pause_ms(1))
        last = delete_on or moment(now_ms).date() + KEPT
        row = SetAside(row_id, queue, item, site, kind, *dates, sealed, last, is_demonstration)
        with self.control.transaction() as tx:
            set_aside.add(tx, row)
        log.warning("%s: item %s is set aside (%s); the others go on", queue, item, kind)

    def handled(self, queue: str, item: str) -> None:
        """Forget an item that was handled at last, or that its queue no longer holds."""
        with self.control.reading() as tx:
            known = set_aside.find(tx, queue, item)
        if known is not None:
            self._destroy([known])

    def due(self, queue: str, now_ms: int, limit: int) -> tuple[SetAside, ...]:
        """Return the items of a queue that keep their content here and whose next try is due."""
        with self.control.reading() as tx:
            return set_aside.due(tx, (queue,), now_ms, limit)

    def content(self, row: SetAside) -> bytes | None:
        """Return what an item keeps here; None when its key was destroyed."""
        key = self.vault.get_key(KEYS, row.id)
        return sealing.unseal(key, row.sealed, row.id.encode()) if key is not None and row.sealed else None

    def contents(self, queue: str) -> Iterator[tuple[SetAside, bytes | None]]:
        """Yield every item of a queue that keeps its content here, discarded ones too, with that content."""
        after = ""
        while True:
            with self.control.reading() as tx:
                rows = set_aside.contents(tx, (queue,), after, 100)
            if not rows:
                return
            yield from ((row, self.content(row)) for row in rows)
            after = rows[-1].id

    def again(self, row_id: str, now_ms: int, noted: Noted | None = None) -> bool:
        """Have an item tried at the next round; False for one that is not there."""
        with self.control.transaction() as tx:
            row = set_aside.get(tx, row_id)
            if row is None or not set_aside.again(tx, row_id, now_ms):
                return False
            if noted is not None:
                noted(tx, row)
            return True

    def discard(self, row_id: str, noted: Noted | None = None) -> bool:
        """Give an item up for ever, its content destroyed; False for one that is not there, or that is owed (`OWED`)."""
        with self.control.reading() as tx:
            row = set_aside.get(tx, row_id)
        if row is None or row.next_ms is None or row.queue in OWED:
            return False
        if row.queue in CONTENTS:
            self._destroy([row], noted)
            return True
        with self.control.transaction() as tx:
            set_aside.give_up(tx, row_id)
            if noted is not None:
                noted(tx, row)
        return True

    def forget(self, rows: Iterable[SetAside]) -> int:
        """Destroy items with what they keep here: of somebody erased, or over their time. Returns how many."""
        return self._destroy(list(rows))

    def sweep(self, today: date) -> int:
        """Destroy what may not be kept any longer, on the day that its own record was promised; return how many.

        What has no day, as an earlier version left it, gets one. An item that its queue still holds is set aside again.
        """
        with self.control.transaction() as tx:
            set_aside.date_undated(tx, today + KEPT)
        with self.control.reading() as tx:
            ids = set_aside.over(tx, today)
            rows = [row for row_id in ids if (row := set_aside.get(tx, row_id)) is not None]
        return self._destroy(rows)

    def remove_demonstration(self) -> int:
        """Destroy what came from invented visitors; return how many items."""
        with self.control.reading() as tx:
            rows = [row for row_id in set_aside.demonstration(tx) if (row := set_aside.get(tx, row_id)) is not None]
        return self._destroy(rows)

    def _destroy(self, rows: list[SetAside], noted: Noted | None = None) -> int:
        """Destroy keys first: a crash then leaves rows that nobody can read, and that the next round removes."""
        if not rows:
            return 0
        keyed = [row.id for row in rows if row.sealed]
        if keyed:
            self.vault.destroy_keys(KEYS, keyed)
        with self.control.transaction() as tx:
            set_aside.remove(tx, [row.id for row in rows])
            if noted is not None:
                for row in rows:
                    noted(tx, row)
        if keyed:
            self.control.checkpoint()
        return len(rows)


def attempted(step: Callable[[], _T]) -> tuple[Exception, None] | tuple[None, _T]:
    """Return what a step raised, or what it returned: an item is told from its queue here, whatever is wrong with it.

    Raises StoreUnavailable, also for a disk that is full or broken: that is no item's fault.
    """
    try:
        return None, step()
    except StoreUnavailable:
        raise
    except Exception as error:
        if isinstance(error, OSError) and error.errno in _OF_THE_MACHINE:
            raise StoreUnavailable(f"the disk does not take or give it ({type(error).__name__})") from error
        # The trace names files and lines; the message could hold a value, so only its type is logged.
        told = RuntimeError(type(error).__name__).with_traceback(error.__traceback__)
        log.debug("an item could not be handled", exc_info=told)
        return error, None


def _is_due(next_ms: int | None, now_ms: int) -> bool:
    return next_ms is not None and set_aside.is_due(next_ms, now_ms)


def _pause_ms(attempts: int) -> int:
    """Return how long an item waits after so many tries: 1, 2, 4 … minutes, six hours at most."""
    return min(FIRST_PAUSE_MS << min(attempts - 1, 16), LONGEST_PAUSE_MS)
