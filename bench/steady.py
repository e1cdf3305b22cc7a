"""Ten minutes of load: whether the memory of the processes stays where it is.

Events come in from a thousand visitors at a steady pace, and the drain stores them meanwhile.
"""

from __future__ import annotations

import subprocess
import time

from bench.ingest import CONNECTIONS, script
from bench.machine import avow_serve, memory_mebibytes, scratch, storage_of

MINUTES = 10
PAUSE_MS = 40


def run() -> list[str]:
    """Measure and return the lines for RESULTS.md."""
    lines = ["| after, min | web workers and server, MiB (Pss) | storage process, MiB (Pss) |", "| ---: | ---: | ---: |"]
    with scratch() as folder, avow_serve(folder) as server:
        pace = f"function delay() return math.random(0, {2 * PAUSE_MS}) end\n"
        load = script(folder / "steady.lua", "1 event", pace)
        wrk = subprocess.Popen(
            ["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{MINUTES * 60 + 5}s", "-s", str(load), server.base],
            stdout=subprocess.PIPE,
            text=True,
        )
        for minute in range(MINUTES + 1):
            time.sleep(60 if minute else 5)
            memory, storage = memory_mebibytes(server.pid), str(storage_of(server.pid))
            rest = sum(size for pid, size in memory.items() if pid != storage)
            lines.append(f"| {minute} | {rest:.0f} | {memory.get(storage, 0):.0f} |")
        printed = wrk.communicate()[0]
    rate = next(line.split()[-1] for line in printed.splitlines() if line.startswith("Requests/sec"))
    bad = [line.strip() for line in printed.splitlines() if "Non-2xx" in line or "Socket errors" in line]
    return [*lines, "", f"{rate} requests/s, {'; '.join(bad) or 'no errors'}."]
