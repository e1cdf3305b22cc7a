"""A real folder of which one write fails, once, or at which the process is killed.

A write is a call that changes the disk: it makes, fills, cuts, syncs, renames or removes something below the folder. It is
named by the call and by what it is done to, as `rename #/#.ahead`, and numbered among those of its name: that order is the
same in each run, whichever thread is faster.
"""

import errno
import io
import os
import re
import signal
import threading
from collections import Counter
from pathlib import Path

from tests.failing import FAILED, FAILED_BUT_DONE

from avow.definitions import StoreUnavailable

#: Of what is written, half is on the disk; otherwise as `FAILED`.
CUT = "cut"
#: The process ends before the write, or behind it.
KILLED, KILLED_BEHIND = "killed", "killed behind it"
#: Ways in which a write fails, and those in which a process ends.
FAILS, ENDS = (FAILED, CUT, FAILED_BUT_DONE), (KILLED, KILLED_BEHIND)

#: Calls by a path and by a descriptor; and which of these write something that may be cut.
_BY_PATH = ("mkdir", "rename", "unlink", "rmdir")
_BY_DESCRIPTOR = ("pwrite", "pwritev", "ftruncate", "posix_fallocate", "fsync")
_PARTS = {"pwrite": lambda given: given[: len(given) // 2], "pwritev": lambda given: [given[0][: len(given[0]) // 2]]}


class Disk:
    """Counts the writes below a folder while it is entered; the one called `name` that is number `at` fails in its way.

    Without a name nothing fails, and `counts` says what there is to fail.
    """

    def __init__(self, folder, name="", at=0, way=FAILED):
        self._folder, self._name, self._at, self._way = str(folder), name, at, way
        self.counts, self._lock, self._real = Counter(), threading.Lock(), {}

    @property
    def has_failed(self):
        """Whether the write came."""
        return self.counts[self._name] >= self._at > 0

    def __enter__(self):
        for name in (*_BY_PATH, *_BY_DESCRIPTOR, "open"):
            self._real[name] = getattr(os, name)
            setattr(os, name, self._opens if name == "open" else self._calls(name))
        self._io_open, io.open = io.open, self._opens_file
        return self

    def __exit__(self, *_):
        for name, real in self._real.items():
            setattr(os, name, real)
        io.open = self._io_open

    def keys(self, vault):
        """Return the vault as the spool sees it; a key that is made or destroyed is a write, too."""
        return _Keys(self, vault)

    def written(self, name, write, cut=None):
        """Do a write, unless its turn to fail has come."""
        with self._lock:
            self.counts[name] += 1
            is_it = name == self._name and self.counts[name] == self._at
        if not is_it:
            return write()
        if self._way == KILLED:
            os.kill(os.getpid(), signal.SIGKILL)
        if self._way == CUT and cut is not None:
            cut()
        if self._way in {FAILED_BUT_DONE, KILLED_BEHIND}:
            write()
        if self._way == KILLED_BEHIND:
            os.kill(os.getpid(), signal.SIGKILL)
        raise OSError(errno.EIO, os.strerror(errno.EIO))

    def _calls(self, name):
        real = self._real[name]

        def call(target, *given, **named):
            path = _path(target)
            if not self._is_below(path):
                return real(target, *given, **named)
            part = _PARTS.get(name)
            cut = None if part is None else lambda: real(target, part(given[0]), *given[1:], **named)
            return self.written(f"{name} {self._what(path)}", lambda: real(target, *given, **named), cut)

        return call

    def _opens(self, path, flags, *given, **named):
        real = self._real["open"]
        if not flags & os.O_CREAT or not self._is_below(os.fspath(path)):
            return real(path, flags, *given, **named)
        opened = []

        def make():
            opened.append(real(path, flags, *given, **named))
            return opened[0]

        try:
            return self.written(f"create {self._what(os.fspath(path))}", make)
        except OSError:
            for descriptor in opened:  # the caller never got it
                os.close(descriptor)
            raise

    def _opens_file(self, path, mode="r", *given, **named):
        if "w" not in mode or isinstance(path, int) or not self._is_below(os.fspath(path)):
            return self._io_open(path, mode, *given, **named)
        what, opened = self._what(os.fspath(path)), []

        def make():
            opened.append(self._io_open(path, mode, *given, **named))
            return opened[0]

        try:
            return _File(self.written(f"create {what}", make), self, f"write {what}")
        except OSError:
            for file in opened:
                file.close()
            raise

    def _is_below(self, path):
        return str(path).startswith(self._folder)

    def _what(self, path):
        """Return what a path is, whatever its number is."""
        place = Path(path).relative_to(self._folder)
        return re.sub(r"[0-9a-f-]{16,}", "#", "/".join(place.parts)) or "."


class _File:
    """A file of which a write is one call, and may fail."""

    def __init__(self, file, disk, name):
        self._file, self._disk, self._name = file, disk, name

    def __getattr__(self, name):
        return getattr(self._file, name)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self._file.close()

    def write(self, body):
        def write():
            self._file.write(body)
            self._file.flush()

        def cut():
            self._file.write(body[: len(body) // 2])
            self._file.flush()

        self._disk.written(self._name, write, cut)


class _Keys:
    """The vault's part that the spool needs."""

    def __init__(self, disk, vault):
        self._disk, self.get_key, self._vault = disk, vault.get_key, vault

    def create_key(self, scope, name):
        return self._written("create_key", lambda: self._vault.create_key(scope, name))

    def destroy_key(self, scope, name):
        return self._written("destroy_key", lambda: self._vault.destroy_key(scope, name))

    def _written(self, name, write):
        try:
            return self._disk.written(name, write)
        except OSError as error:
            raise StoreUnavailable("a test had it fail") from error


def _path(target):
    """Return the path of a call's target, which may be a descriptor."""
    return str(Path(f"/proc/self/fd/{target}").readlink()) if isinstance(target, int) else os.fspath(target)
