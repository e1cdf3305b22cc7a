"""Start-up and memory of `avow serve`: from the command to the first answer, and the memory of all its processes."""

from __future__ import annotations

import time
from pathlib import Path

import urllib3

from bench.machine import avow_serve, memory_mebibytes, scratch


def run() -> list[str]:
    """Measure and return the lines for RESULTS.md."""
    lines = ["| start | first answer after, s | memory of all processes, MiB (Pss) | of it the storage process |"]
    lines += ["| --- | ---: | ---: | ---: |"]
    with scratch() as folder:
        for name in ("first, empty folder", "second"):
            with avow_serve(folder) as server:
                _first_page(server.base)
                time.sleep(3)
                memory = memory_mebibytes(server.pid)
                largest = max(memory.values())
                lines.append(f"| {name} | {server.seconds_to_answer:.2f} | {sum(memory.values()):.0f} | {largest:.0f} |")
    lines += ["", "Two workers, one storage process, one supervising process; after the policy page was read once."]
    return lines


def _first_page(base: str) -> None:
    """Read a page that asks every store."""
    http = urllib3.PoolManager(timeout=30.0, retries=urllib3.Retry(10, backoff_factor=0.2, status_forcelist=[503]))
    http.request("GET", f"{base}/privacy")


if __name__ == "__main__":
    print("\n".join(run()), Path.cwd())
