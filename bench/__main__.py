"""Run all benchmarks, or those named on the command line, and write what they said into RESULTS.md."""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path

from bench import erasure, ingest, permits, queries, startup, steady
from bench.machine import describe

BENCHMARKS = {"ingest": ingest, "steady": steady, "permits": permits, "queries": queries, "erasure": erasure, "startup": startup}
RESULTS = Path(__file__).parent / "RESULTS.md"
HEAD = "# What the benchmarks last said\n\n`make bench` runs them all. Each figure is a ratio taken in one run, or stands beside one.\n"


def main() -> None:
    """Run and write."""
    chosen = sys.argv[1:] or list(BENCHMARKS)
    sections = _sections(RESULTS.read_text(encoding="utf-8") if RESULTS.exists() else "")
    for name in chosen:
        module = BENCHMARKS[name]
        print(f"{name} …", file=sys.stderr, flush=True)
        about = (module.__doc__ or "").strip()
        lines = module.run()
        print("\n".join(lines))
        sections[name] = f"## {name}\n\n{about}\n\n{datetime.now(UTC):%Y-%m-%d}, {describe()}\n\n" + "\n".join(lines) + "\n"
    body = "\n".join(sections[name] for name in BENCHMARKS if name in sections)
    RESULTS.write_text(f"{HEAD}\n{body}", encoding="utf-8")


def _sections(text: str) -> dict[str, str]:
    """Return the sections of the last results by name."""
    parts = text.split("\n## ")[1:]
    return {part.partition("\n")[0]: f"## {part.rstrip()}\n" for part in parts}


if __name__ == "__main__":
    main()
