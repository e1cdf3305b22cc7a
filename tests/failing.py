"""Real parts of which one write fails, once: before it is done, or after, as when its answer is lost (a crash, a full disk)."""

from contextlib import contextmanager

from avow.definitions import StoreUnavailable

FAILED, FAILED_BUT_DONE = "failed", "failed but done"
WAYS = (FAILED, FAILED_BUT_DONE)


class Failing:
    """A part of the program, all of whose functions are its own; the call of `write` that is number `at` fails."""

    def __init__(self, real, write, way, at=1):
        self._real, self._write, self._way = real, write, way
        self.left = at

    def __getattr__(self, name):
        found = getattr(self._real, name)
        if name != self._write:
            return found
        return self._transaction if name == "transaction" else self._called(found)

    def _called(self, write):
        def call(*given, **named):
            self.left -= 1
            if self.left == 0 and self._way == FAILED:
                raise StoreUnavailable("a test had it fail")
            answer = write(*given, **named)
            if self.left == 0:
                raise StoreUnavailable("a test lost the answer")
            return answer

        return call

    @contextmanager
    def _transaction(self):
        self.left -= 1
        is_last = self.left == 0
        with self._real.transaction() as tx:
            yield tx
            if is_last and self._way == FAILED:
                raise StoreUnavailable("a test had it fail")
        if is_last:
            raise StoreUnavailable("a test lost the answer")
