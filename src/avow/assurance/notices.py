"""What staff must know, on every page of the console: worked out now and then, however many pages are looked at."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from typing import Final

from avow.assurance.readiness import Watch
from avow.assurance.shelf import Shelf
from avow.definitions import local_date
from avow.gate.counted import Counted
from avow.gate.recipients import Standing
from avow.gate.versions import Versions
from avow.policy import Diagnostic, Rulebook, compile_text, diagnostics, law
from avow.store.moving import Progress

#: For so long a notice may be old, milliseconds.
KEEP_MS: Final = 5_000
#: The findings about a policy's age: it is over, or will be soon, which is no error yet.
AGE: Final = "AV0606"
REMINDER: Final = "AV0623"


@dataclass(frozen=True, slots=True)
class Notice:
    """One thing: in a few words, in a sentence or two, and the page of the console that has more ("" for none).

    `is_bad`: something is not done that should be; else somebody has to look.
    """

    name: str
    title: str
    words: str
    address: str = ""
    link: str = ""
    is_bad: bool = False


class PolicyToday:
    """What today's compiler says of the version in force: judged once for each version and day, in a thread of its own."""

    def __init__(self) -> None:
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="policy-today")
        self._judged: tuple[tuple[str, date], Future[tuple[Diagnostic, ...]]] | None = None
        self._lock = threading.Lock()

    def findings(self, rulebook: Rulebook, today: date) -> tuple[Diagnostic, ...]:
        """Return its findings; none while it is being judged, for some tenths of a second."""
        key = rulebook.id, today
        with self._lock:
            if self._judged is None or self._judged[0] != key:
                self._judged = key, self._thread.submit(judge, rulebook, today)
            future = self._judged[1]
        return future.result() if future.done() and future.exception() is None else ()


def judge(rulebook: Rulebook, today: date) -> tuple[Diagnostic, ...]:
    """Return what stops a published version today, by today's compiler and law, or will soon: errors, and its age."""
    found = compile_text(rulebook.text, rulebook.name, law.tables(), today).diagnostics
    return (*diagnostics.errors(found), *(one for one in found if one.code == REMINDER))


@dataclass(frozen=True, slots=True)
class Sources:
    """What is looked at; `waiting` says why retention waits, and since when (`retention.waiting`).

    `undeclared` are fields that look like a program's result and that no policy declares, by point and name, with how often each
    came. `unanswered` counts the recipients that a member of staff has to see to (`gate.instructions.count_left`).
    `moving` says how far the events are on their way into a new table. `late_opt_outs` counts the opt-outs of which somebody is
    to be told after their day, `reviews` are the recipients whose contract is to be looked through (`gate.recipients`).
    """

    readiness: Watch
    shelf: Shelf
    waiting: Callable[[], tuple[str, int] | None]
    versions: Versions
    policy_today: PolicyToday
    unanswered: Callable[[], int]
    undeclared: Callable[[], Mapping[tuple[str, str], int]]
    moving: Callable[[], Progress | None]
    late_opt_outs: Callable[[], int]
    reviews: Callable[[], Sequence[Standing]]


class Notices:
    """What staff must know now."""

    def __init__(self, sources: Sources, now_ms: Callable[[], int]) -> None:
        self._sources, self._now_ms = sources, now_ms
        self._kept: Counted[tuple[Notice, ...]] = Counted(KEEP_MS, lambda _now: tuple(self._look()))

    def now(self) -> tuple[Notice, ...]:
        """Return what staff must know, as it was some seconds ago at most."""
        return self._kept.at(self._now_ms())

    def _look(self) -> Iterator[Notice]:
        """Yield everything, worst first."""
        sources = self._sources
        failing = sources.readiness.report().failing
        if failing:
            said = "; ".join(f"{check.name}: {check.words}" for check in failing)
            words = f"{said[0].upper()}{said[1:]}. Tell whoever runs the server; docs/guide/monitoring.md says what to do."
            yield Notice("not-ready", "Avow does not do all of its work.", words, is_bad=True)
        findings = sources.policy_today.findings(sources.versions.in_force(), sources.versions.today())
        if findings:
            yield _policy(findings)
        waits = sources.waiting()
        if waits is not None:
            why, since_ms = waits
            since = local_date(since_ms, sources.versions.timezone)
            words = f"Since {since}: {why}. It goes on by itself; “avow retention confirm” brings it forward."
            yield Notice("retention", "Retention waits.", words, "/console/evidence", "See the evidence")
        left = sources.unanswered()
        if left:
            title = (
                "1 recipient has not confirmed a deletion." if left == 1 else f"{left:,} recipients have not confirmed deletions."
            )
            words = "Pass the link to its page on, or ask it: what is not confirmed by our day is told to the person."
            yield Notice("recipients", title, words, "/console/requests", "See the requests")
        late = sources.late_opt_outs()
        if late:
            title = "1 opt-out is late." if late == 1 else f"{late:,} opt-outs are late."
            words = "Tell who got something of theirs, and note it: its day is over."
            yield Notice("opt-outs", title, words, "/console/opt-outs", "See the opt-outs", is_bad=True)
        if reviews := sources.reviews():
            yield _reviews(reviews)
        undeclared = sources.undeclared()
        if undeclared:
            yield _undeclared(undeclared)
        moving = sources.moving()
        if moving is not None and moving.lacks_bytes:
            yield _no_room(moving)
        shelved = sources.shelf.count()
        if shelved:
            title = "1 item is set aside." if shelved == 1 else f"{shelved:,} items are set aside."
            words = "They could not be handled; everything else went on."
            yield Notice("set-aside", title, words, "/console/set-aside", "Look through what is set aside")


def _no_room(moving: Progress) -> Notice:
    """Return the notice about a move of the events that waits for room on the disk."""
    words = (
        f"The disk lacks {max(1, moving.lacks_bytes >> 20):,} MB. Until there is room, figures are right and come more "
        "slowly than before. Tell whoever runs the server; the move goes on by itself."
    )
    return Notice("events-table", "The events wait for room to be moved into their new table.", words)


def _reviews(found: Sequence[Standing]) -> Notice:
    """Return the notice about contracts that are to be looked through; it is bad where something waits for that."""
    held = [one.name for one in found if one.contract == "lapsed" and one.refusal is not None]
    days = ", ".join(f"{one.name} ({one.review_on})" for one in found)
    words = f"Look through the contract, and enter the next day: {days}." + (
        f" Until then nothing goes to {', '.join(held)}." if held else ""
    )
    title = "The review of 1 contract is due." if len(found) == 1 else f"The reviews of {len(found):,} contracts are due."
    return Notice("reviews", title, words, "/console/recipients", "See the recipients", is_bad=bool(held))


def _undeclared(found: Mapping[tuple[str, str], int]) -> Notice:
    """Return the notice about scores that a feed brings undeclared. Rule: 11 CCR 7200; LAW.md APP-06."""
    named = "; ".join(f"“{field}” at “{point}” ({count:,})" for (point, field), count in sorted(found.items()))
    words = f"Dropped each time: {named}. Does a program decide by it? Then declare it with admt = true, or have it sent no more."
    return Notice(
        "scores",
        "A feed sends what looks like a score or a decision.",
        words,
        "/console/refusals",
        "See the refusals",
        is_bad=True,
    )


def _policy(findings: tuple[Diagnostic, ...]) -> Notice:
    """Return the notice about a policy in force that could not be published today, or will soon be too old."""
    first = next((one for one in findings if one.code == AGE), findings[0])
    is_age = first.code in {AGE, REMINDER}
    title = "The policy in force needs its review." if is_age else "The policy in force could not be published today."
    more = f" There are {len(findings):,} findings; see “avow policy check”." if len(findings) > 1 else ""
    words = f"It stays in force. {first.message[0].upper()}{first.message[1:]} ({first.code}).{more}"
    return Notice("policy", title, words, "/console/policy", "See the policy")
