"""Files of the installation, in a folder: archives, letters, proofs. The caller encrypts what is personal."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Final

#: The file that says whose files these are (`store.identity`); no part of what is kept here.
_OWN: Final = "installation"
#: Names are ours, never a person's: they are ids.
_NAME: Final = re.compile(r"[a-z0-9][a-z0-9._-]{0,127}")


class Files:
    """A flat folder of files, made when missing. A bucket can take its place: put, get, delete, names are all there is."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, name: str, content: bytes) -> None:
        """Keep a file, whole or not at all, in place of one of the same name; durable when it returns."""
        with self.writing(name) as file:
            file.write(content)

    @contextmanager
    def writing(self, name: str) -> Iterator[IO[bytes]]:
        """Give a file to write to, which is kept as by `put` when the block ends; after an exception there is nothing of it."""
        path = self._path(name)
        self._folder.mkdir(parents=True, exist_ok=True)
        new = path.with_name(f".{path.name}.{os.getpid()}.new")
        descriptor = os.open(new, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        try:
            with os.fdopen(descriptor, "wb") as file:
                yield file
                file.flush()
                os.fsync(file.fileno())
            new.replace(path)
        finally:
            new.unlink(missing_ok=True)  # in its place already, unless something failed
        self._sync()

    def open(self, name: str) -> IO[bytes] | None:
        """Return a file to read from, which the caller closes; None when there is none."""
        try:
            return self._path(name).open("rb")
        except FileNotFoundError:
            return None

    def size(self, name: str) -> int | None:
        """Return how many bytes a file has; None when there is none."""
        try:
            return self._path(name).stat().st_size
        except FileNotFoundError:
            return None

    def get(self, name: str) -> bytes | None:
        """Return a file's content, or None when there is none."""
        try:
            return self._path(name).read_bytes()
        except FileNotFoundError:
            return None

    def discard_unfinished(self, prefix: str) -> None:
        """Remove what a crash left half written of files whose names start with `prefix`; nobody may be writing one."""
        for path in self._folder.glob(f".{prefix}*.new"):
            path.unlink(missing_ok=True)

    def delete(self, name: str) -> bool:
        """Remove a file durably; return whether there was one."""
        try:
            self._path(name).unlink()
        except FileNotFoundError:
            return False
        self._sync()
        return True

    def names(self, prefix: str = "") -> tuple[str, ...]:
        """Return the names that start with `prefix`, sorted; what a crash left half written is not listed."""
        if not self._folder.is_dir():
            return ()
        names = (path.name for path in self._folder.iterdir())
        return tuple(sorted(name for name in names if _NAME.fullmatch(name) and name.startswith(prefix) and name != _OWN))

    def _path(self, name: str) -> Path:
        """Return where a file lies; a name that could leave the folder is a bug of the caller."""
        if not _NAME.fullmatch(name):
            raise ValueError(f"file names are lower-case ids of at most 128 characters, got {len(name)} characters")
        return self._folder / name

    def _sync(self) -> None:
        """Make the folder's entries durable."""
        descriptor = os.open(self._folder, os.O_RDONLY)
        try:
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
