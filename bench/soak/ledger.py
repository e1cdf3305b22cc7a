"""What the soak was told: which items were acknowledged, how everything was answered, what may be missing and why."""

from __future__ import annotations

import threading
from collections import Counter, defaultdict

import urllib3

#: No answer within so many seconds is a hang.
HANG_SECONDS = 60.0
#: Answers other than the expected ones of which an example is kept.
EXAMPLES = 20


class Ledger:
    """Written by every thread of the soak."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.acknowledged: dict[str, set[str]] = defaultdict(set)
        self.unsure: set[str] = set()  # sent, and cut off before an answer: may be stored, once
        self.in_flipped: set[str] = set()
        self.answers: Counter[str] = Counter()
        self.done: Counter[str] = Counter()
        self.examples: list[str] = []
        self.skipped: dict[str, str] = {}
        self.memory: dict[str, float] = {}
        self.readiness: list[str] = []

    def acknowledge(self, kind: str, *names: str) -> None:
        """Note items that the installation said it keeps."""
        with self._lock:
            self.acknowledged[kind].update(names)

    def cut_off(self, *names: str) -> None:
        """Note items of which nobody can say whether they were taken."""
        with self._lock:
            self.unsure.update(names)

    def flipped(self, names: set[str]) -> None:
        """Note what was in a group that was damaged."""
        with self._lock:
            self.in_flipped.update(names)

    def did(self, what: str, count: int = 1) -> None:
        """Count something that the soak did or saw."""
        with self._lock:
            self.done[what] += count

    def skip(self, what: str, why: str) -> None:
        """Note what this machine does not let the soak do."""
        with self._lock:
            self.skipped[what] = why

    def memory_of(self, role: str, mebibytes: float) -> None:
        """Note how much a process holds; the most is kept."""
        with self._lock:
            self.memory[role] = max(mebibytes, self.memory.get(role, 0.0))

    def answered(self, where: str, status: int, expected: tuple[int, ...]) -> None:
        """Count an answer; one that should not be is kept as an example."""
        with self._lock:
            if status in expected:
                self.answers["as expected"] += 1
            elif status == 503:
                self.answers["503"] += 1
            else:
                self.answers["other 5xx" if status >= 500 else "other"] += 1
                self._example(f"{where}: {status}")

    def failed(self, where: str, error: Exception) -> None:
        """Count a request without an answer: hung, or cut off by a process that was killed."""
        is_hung = isinstance(error, urllib3.exceptions.TimeoutError)
        with self._lock:
            self.answers["hung" if is_hung else "cut off"] += 1
            if is_hung:
                self._example(f"{where}: no answer in {HANG_SECONDS:.0f} s")

    def _example(self, text: str) -> None:
        if len(self.examples) < EXAMPLES:
            self.examples.append(text)
