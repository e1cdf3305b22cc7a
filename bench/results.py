"""RESULTS.md: what each benchmark last said, one section each."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from bench.machine import describe

RESULTS = Path(__file__).parent / "RESULTS.md"
HEAD = "# What the benchmarks last said\n\n`make bench` runs them all, `make soak MINUTES=60` the last. Each figure is a ratio taken in one run, or is next to one.\n"
#: The order of the sections.
ORDER = ("ingest", "compare", "steady", "permits", "queries", "erasure", "startup", "history", "soak")


def record(name: str, about: str, lines: Sequence[str]) -> None:
    """Write one section in the place of what it last said; the others stay."""
    sections = _sections(RESULTS.read_text(encoding="utf-8") if RESULTS.exists() else "")
    sections[name] = f"## {name}\n\n{about}\n\n{datetime.now(UTC):%Y-%m-%d}, {describe()}\n\n" + "\n".join(lines) + "\n"
    named = sorted(sections, key=lambda one: ORDER.index(one) if one in ORDER else len(ORDER))
    RESULTS.write_text(f"{HEAD}\n" + "\n".join(sections[one] for one in named), encoding="utf-8")


def _sections(text: str) -> dict[str, str]:
    """Return the sections of the last results by name."""
    parts = text.split("\n## ")[1:]
    return {part.partition("\n")[0]: f"## {part.rstrip()}\n" for part in parts}
