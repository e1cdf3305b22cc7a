"""Passwords: hashed and compared in a thread of their own with a short queue.

Argon2id takes 64 MiB and some tenths of a second of a core for each hash (RFC 9106, section 4, the second choice). Anyone who
floods the sign-in page therefore waits in this queue, or finds it full, and holds no memory, page thread or event loop.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import threading
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from functools import cache
from typing import Final, TypeVar

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

#: Passwords that one worker hashes or that wait for it, and those that may wait when a known device or an invitation comes.
PLACES: Final = 8
PLACES_KNOWN: Final = 16
#: Added to the nice value of the thread that hashes: pages and events come first.
_NICE: Final = 5

_hasher: Final = PasswordHasher()

T = TypeVar("T")


class Passwords:
    """One thread that looks at passwords, one after the other, and the queue in front of it."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, "passwords", initializer=_begin)
        self._lock = threading.Lock()
        self._inside = 0

    def later(self, work: Callable[[], T], *, is_known: bool) -> Future[T] | None:
        """Have work done in its turn; None when there is no place. `is_known`: strangers alone cannot take every place."""
        with self._lock:
            if self._inside >= (PLACES_KNOWN if is_known else PLACES):
                return None
            self._inside += 1
        future = self._thread.submit(work)
        future.add_done_callback(self._leave)
        return future

    def _leave(self, _future: Future[T]) -> None:
        with self._lock:
            self._inside -= 1


def hashed(password: str) -> str:
    """Return what is kept of a password: Argon2's own text."""
    return _hasher.hash(password)


def fits(password: str, password_hash: str | None) -> bool:
    """Return whether a password is the one that was hashed; never for None, which takes as long."""
    try:
        return _hasher.verify(password_hash or _nobody(), password) and password_hash is not None
    except (VerificationError, InvalidHashError):
        return False


@cache
def _nobody() -> str:
    """Return a hash that no password fits, so that an unknown name takes as long as a known one."""
    return _hasher.hash(secrets.token_urlsafe(32))


def _begin() -> None:
    """Let the system serve the other threads first; on Linux each thread has a nice value, which those it starts inherit."""
    with contextlib.suppress(OSError, AttributeError):  # another system
        thread = threading.get_native_id()
        os.setpriority(os.PRIO_PROCESS, thread, os.getpriority(os.PRIO_PROCESS, thread) + _NICE)
    _nobody()
