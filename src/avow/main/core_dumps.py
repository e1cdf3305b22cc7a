"""Core dumps are off: the memory of every process holds keys, and a dump would put them on a disk for anyone who finds it.

Both settings pass to processes that are started from here. A dump that the kernel hands to a program (systemd-coredump,
apport) is made whatever the size allowed, so it is told as well to leave out every mapping of memory (core(5)).
"""

from __future__ import annotations

import contextlib
import resource
from pathlib import Path
from typing import Final

#: Which mappings of this process a dump holds, as bits; in each process's own folder of /proc.
FILTER: Final = Path("/proc/self/coredump_filter")


def forbid() -> None:
    """Have a crash of this process leave nothing of its memory behind."""
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    with contextlib.suppress(OSError):  # no /proc in this sandbox: then only the size is set
        FILTER.write_text("0", encoding="ascii")
