"""What `/readyz`, `/metrics` and the console say of whether the installation does its work. Counts and ages alone."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True, slots=True)
class Check:
    """One thing that has to be so: its value and the limit that it may not pass, and in words what is wrong.

    `value` None: not known, or no number.
    """

    name: str
    is_ok: bool
    words: str
    value: float | None = None
    limit: float | None = None


@dataclass(frozen=True, slots=True)
class Metric:
    """One figure at this moment, or one for each value of a label."""

    name: str
    help: str
    value: float | Mapping[str, float]
    label: str = ""


@dataclass(frozen=True, slots=True)
class Report:
    """All checks and figures of a moment."""

    checks: tuple[Check, ...]
    metrics: tuple[Metric, ...]

    @property
    def is_ready(self) -> bool:
        """Whether every check holds."""
        return all(one.is_ok for one in self.checks)

    @property
    def failing(self) -> tuple[Check, ...]:
        """Return the checks that do not hold."""
        return tuple(one for one in self.checks if not one.is_ok)


class Readiness(Protocol):
    """Looks whether the installation does its work."""

    def report(self) -> Report:
        """Return what is so now, or was a second ago; within seconds, whatever does not answer."""
        ...


class NothingKnown:
    """Pages without processes behind them: fits `Readiness`."""

    def report(self) -> Report:
        """Return no check."""
        return Report((), ())
