"""Questions between the processes of one installation: a Unix socket in the run folder that only its user may open."""

from __future__ import annotations

import contextlib
import socket
import threading
from collections.abc import Callable
from pathlib import Path


def answer_each(path: Path, name: str, answer: Callable[[socket.socket], None]) -> threading.Thread:
    """Have a thread of this name answer one connection after the other; what cannot be read or answered is closed."""
    path.unlink(missing_ok=True)
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(str(path))
    path.chmod(0o600)
    listener.listen()

    def run() -> None:
        while True:
            connection, _ = listener.accept()
            with connection, contextlib.suppress(OSError, ValueError):
                answer(connection)

    thread = threading.Thread(target=run, name=name, daemon=True)
    thread.start()
    return thread
