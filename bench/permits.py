"""Permits: how often a second the Rulebook answers "may we?", beside looking up the same key in a plain dictionary."""

from __future__ import annotations

import statistics
import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta

from avow.policy import Rulebook, compile_text, law
from bench.machine import MARROWBY

ROUNDS = 9
WARM = 200_000
FIRST_TIMES = 20_000
POINT = "page-view"
OPTED_OUT = frozenset({"returning-visitors"})
DAY = date(2026, 11, 24)


def run() -> list[str]:
    """Measure and return the lines for RESULTS.md."""
    rulebook = _rulebook()
    key = (POINT, OPTED_OUT, DAY)
    plain = {key: rulebook.permit(*key)}
    days = [DAY + timedelta(days=number) for number in range(FIRST_TIMES)]
    timed: dict[str, list[float]] = {"dictionary": [], "asked before": [], "asked for the first time": []}
    for _ in range(ROUNDS):  # in turn, so that a busy moment of the machine meets all of them
        timed["dictionary"].append(_seconds(_dictionary, plain, WARM) / WARM)
        timed["asked before"].append(_seconds(_again, rulebook, WARM) / WARM)
        timed["asked for the first time"].append(_seconds(_first, rulebook, days) / len(days))
    base = statistics.median(timed["dictionary"])
    lines = ["| answer | a second | nanoseconds each | times the dictionary's |", "| --- | ---: | ---: | ---: |"]
    for name, each in timed.items():
        one = statistics.median(each)
        lines.append(f"| {name} | {1 / one:,.0f} | {one * 1e9:,.0f} | {one / base:.1f} |")
    lines += [
        "",
        f"Processor time of one thread, median of {ROUNDS} rounds; a first-time question has a day on which nobody asked before.",
    ]
    return lines


def _rulebook() -> Rulebook:
    text = (MARROWBY / "policy.md").read_text(encoding="utf-8")
    rulebook = compile_text(text, "policy.md", law.tables(), datetime.now(UTC).date()).rulebook
    assert rulebook is not None, "the example policy does not compile"
    return rulebook


def _seconds(work: Callable[..., None], *given: object) -> float:
    started = time.thread_time()
    work(*given)
    return time.thread_time() - started


def _dictionary(plain: dict[object, object], times: int) -> None:
    for _ in range(times):
        plain.get((POINT, OPTED_OUT, DAY))


def _again(rulebook: Rulebook, times: int) -> None:
    for _ in range(times):
        rulebook.permit(POINT, OPTED_OUT, DAY)


def _first(rulebook: Rulebook, days: list[date]) -> None:
    rulebook._permits.clear()  # noqa: SLF001 - else only the first round asks for the first time
    for day in days:
        rulebook.permit(POINT, OPTED_OUT, day)


if __name__ == "__main__":
    print("\n".join(run()))
