"""What somebody waits for, run on threads of its own, and ended when nobody waits for it any more.

    asked ──a thread is free──> running ──> answered
      └─left: never begun            └─left: KILL QUERY, repeated until the engine has let go of it

So a page that was closed costs nothing, and however many are open, what the storage process writes and removes never waits for
them: it has threads that no question gets. A statement is known to the engine by its id, which is its `log_comment`.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable
from concurrent.futures import CancelledError, Future, ThreadPoolExecutor
from typing import Final

from avow.definitions import StoreUnavailable
from avow.store.embedded.statements import Statement, StatementFailed

#: Questions that run at the same time; more wait in the order in which they were asked.
AT_ONCE: Final = 2
#: How often it is looked whether somebody still waits for an answer, and whether what was to end has. Seconds.
LOOK_SECONDS: Final = 0.25
AGAIN_SECONDS: Final = 0.05
#: The setting by which the engine's list of what runs knows a question again.
MARK: Final = "log_comment"
#: What may be an id: it is named in a statement.
_ID: Final = re.compile(r"[0-9A-Za-z-]{1,64}")
#: What the engine itself says, for what was not begun: QUERY_WAS_CANCELLED; and QUERY_WITH_SAME_ID_IS_ALREADY_RUNNING.
_CANCELLED: Final = "Code: 394. DB::Exception: Query was cancelled before it began. (QUERY_WAS_CANCELLED)"
_TWICE: Final = "Code: 216. DB::Exception: Query with this id is already running. (QUERY_WITH_SAME_ID_IS_ALREADY_RUNNING)"


def is_id(text: str) -> bool:
    """Return whether a statement may be known by this."""
    return _ID.fullmatch(text) is not None


class Questions:
    """The threads that answer; one for an engine. `execute` runs a statement on a thread that `connect` gave a connection."""

    def __init__(self, execute: Callable[[Statement], bytes], connect: Callable[[], None]) -> None:
        self._execute = execute
        self._threads = ThreadPoolExecutor(AT_ONCE, thread_name_prefix="chdb-question", initializer=connect)
        self._ending = ThreadPoolExecutor(1, thread_name_prefix="chdb-ending", initializer=connect)
        self._asked: dict[str, Future[bytes]] = {}
        self._lock = threading.Lock()

    def answer(self, statement: Statement, is_left: Callable[[], bool]) -> bytes:
        """Run a statement that has an id, and return its result; raise StatementFailed, also where `end` was called meanwhile.

        `is_left` says whether the one who asked has gone; it is called from time to time.
        """
        marked = Statement(
            statement.sql, statement.result_format, statement.parameters, {**statement.settings, MARK: statement.query_id}
        )
        with self._lock:
            if statement.query_id in self._asked:
                raise StatementFailed(_TWICE)
            try:
                future = self._asked[statement.query_id] = self._threads.submit(self._execute, marked)
            except RuntimeError as error:
                raise StoreUnavailable("the event engine is stopped") from error
        try:
            return self._await(statement.query_id, future, is_left)
        except CancelledError as error:
            raise StatementFailed(_CANCELLED) from error
        finally:
            del self._asked[statement.query_id]

    def _await(self, query_id: str, future: Future[bytes], is_left: Callable[[], bool]) -> bytes:
        """Return the result of what runs, and have it ended as soon as nobody waits."""
        while True:
            try:
                return future.result(LOOK_SECONDS)
            except TimeoutError:
                if is_left():
                    self.end(query_id)
                    return future.result()

    def end(self, query_id: str) -> None:
        """Have a question end: one that has not begun never does. Returns at once; of an unknown one there is nothing to end."""
        future = self._asked.get(query_id)
        if future is not None and not future.cancel() and not future.done():
            self._ending.submit(self._kill, query_id, future)

    def stop(self) -> None:
        """End what runs, begin nothing any more, and return when no thread is left."""
        for query_id in list(self._asked):
            self.end(query_id)
        self._threads.shutdown(cancel_futures=True)
        self._ending.shutdown(cancel_futures=True)

    def _kill(self, query_id: str, future: Future[bytes]) -> None:
        """Tell the engine to end it, until it has: what was on its way to the engine is not on its list yet."""
        self._execute(Statement(f"KILL QUERY WHERE Settings['{MARK}'] = '{query_id}' ASYNC"))
        try:
            future.exception(AGAIN_SECONDS)
        except TimeoutError:
            self._kill_again(query_id, future)
        except CancelledError:
            return

    def _kill_again(self, query_id: str, future: Future[bytes]) -> None:
        """Come back to it after the others that are to end."""
        try:
            self._ending.submit(self._kill, query_id, future)
        except RuntimeError:  # the engine stops, and waits for the thread itself
            return
