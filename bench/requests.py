"""Requests: 5,000 consumer requests of every kind over two simulated years, under seven laws; every message on or before its target.

Real stores, the timetable of the storage process, a real mail server; the clock is moved, and nobody sleeps. The process is killed
three times in the middle of its work and started again, and is off for some days. Who asked confirms or does not, staff extend, some
at the last minute, and decide appeals. The dates are reckoned here, by the law tables alone, and held against the day on which the
mail server took each message.
"""

from __future__ import annotations

import email
import email.policy
import json
import os
import re
import subprocess
import sys
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any
from zoneinfo import ZoneInfo

from aiosmtpd.controller import Controller

from avow.definitions import RequestKind, local_date
from avow.policy.law import LawTable
from avow.policy.law import tables as laws
from avow.rights import clock
from bench.machine import MARROWBY, REPOSITORY, free_port, scratch
from bench.requests_house import LAWS

PEOPLE = int(os.environ.get("AVOW_BENCH_REQUESTS", "5000"))
DAYS, RESTARTS, OFF = 2 * 365 + 1, 3, 5
FIRST = datetime(2027, 1, 1, tzinfo=UTC)
HOUR = timedelta(hours=1)
#: How often each kind is asked for, of a hundred.
KINDS = {
    RequestKind.KNOW: 20,
    RequestKind.DELETE: 22,
    RequestKind.OPT_OUT: 11,
    RequestKind.LIMIT: 5,
    RequestKind.OBJECT: 6,
    RequestKind.WITHDRAW_CONSENT: 6,
    RequestKind.RESTRICT: 10,
    RequestKind.CORRECT: 10,
    RequestKind.AUTOMATED_DECISION: 5,
    RequestKind.PORTABILITY: 3,
    RequestKind.CONFIRM_IDENTIFIER: 2,
}
#: Of which what is held is asked for: its person has sent something before, in half of the cases.
HOLDS = frozenset({RequestKind.KNOW, RequestKind.DELETE, RequestKind.PORTABILITY, RequestKind.CONFIRM_IDENTIFIER})
_LINK = re.compile(r"http://\S+/privacy/verify/([0-9A-Za-z_.-]+)")
_REFERENCE = re.compile(r"Your request ([0-9A-F]+): (.*)")


def run() -> list[str]:
    """Measure and return the lines for RESULTS.md."""
    with scratch() as folder:
        world = World(folder, PEOPLE, every_hours=4)
        world.go()
    return world.lines()


@dataclass
class Asked:
    """One request, as its person and the law see it."""

    kind: RequestKind
    email: str
    law: LawTable
    jurisdiction: str = ""
    id: str = ""
    reference: str = ""
    received_on: date = date.min
    filed_ms: int = 0
    extended_on: date | None = None
    told: dict[str, date] = field(default_factory=dict)

    def targets(self, what: str) -> tuple[date, date]:
        """Return the day on or before which a message is sent, and the last one of any reading of the law."""
        if self.kind is RequestKind.APPEAL:
            appeal = clock.appeal_dates(self.received_on, self.law)
            assert appeal is not None
            return appeal.decide_target, appeal.decide_outer
        if self.kind in clock.APPLIED:
            act, at_once = clock.optout_dates(self.received_on, self.law, self.kind), local_date(self.filed_ms, self.law.timezone)
            return max(act.act_target, at_once), max(act.act_outer, at_once)  # no sooner than it came, in the zone of the law
        days = clock.deadlines(self.kind, self.received_on, self.law)
        if what == "confirmation":
            return days.ack_target or days.respond_target, days.ack_outer or days.respond_outer
        if what == "extension":
            return days.extension_notice_target, days.extension_notice_outer
        if self.extended_on is not None and self.extended_on <= days.extension_notice_outer:
            return days.extended_target, days.extended_outer
        return days.respond_target, days.respond_outer


class Post:
    """The mail server: which message came, with the moment of the simulated clock."""

    def __init__(self) -> None:
        self.port, self.now_ms = free_port(), 0
        self.taken: list[tuple[int, str, str]] = []
        self.controller = Controller(self, hostname="127.0.0.1", port=self.port)
        self.controller.start()

    async def handle_DATA(self, _server: Any, _session: Any, envelope: Any) -> str:  # noqa: N802 - aiosmtpd's name and types
        """Take a message."""
        message = email.message_from_bytes(envelope.content, policy=email.policy.default)
        text = message.get_body(("plain",))
        self.taken.append((self.now_ms, str(message["Subject"]), text.get_content() if text else ""))
        return "250 OK"


class World:
    """Everybody who asks, and the house that answers."""

    def __init__(
        self,
        folder: Path,
        people: int,
        *,
        every_hours: int,
        first: datetime = FIRST,
        days: int = DAYS,
        restarts: int = RESTARTS,
        off: int = OFF,
        seed: int = 7,
    ) -> None:
        self.folder, self.people, self.every = folder, people, timedelta(hours=every_hours)
        self.random, self.post, self.restarts = Random(seed), Post(), restarts
        self.first, self.end = first, first + timedelta(days=days)
        self.asked: dict[str, Asked] = {}
        self.queue: list[tuple[datetime, int, dict[str, Any]]] = []
        self.late: list[str] = []
        self.off_late, self.kills, self.seconds, self.refused = 0, 0, 0.0, Counter[str]()
        self.off = sorted(self.random.sample(range(30, days - 30), off))
        self.counts: Counter[str] = Counter()
        self.states: dict[str, int] = {}
        self.process: subprocess.Popen[str] | None = None
        (folder / "avow.toml").write_text(
            f'data = "data"\npolicy = "{MARROWBY / "policy.md"}"\ntimezone = "America/Los_Angeles"\n[website]\n'
            f'name = "marrowby.example"\norigin = "http://127.0.0.1:{free_port()}"\n[mail]\nhost = "127.0.0.1"\n'
            f'port = {self.post.port}\nrecipient = "mail-service"\nsender = "privacy@marrowby.example"\nstarttls = false\n'
            '[console]\nwithout_second_factor = "a bench has none"\n',
            encoding="utf-8",
        )

    # -- time ------------------------------------------------------------------------------------------------------

    def go(self) -> None:
        """Let two years pass."""
        self._plan()
        moment, began = self.first, time.monotonic()
        self._start(moment)
        kill_at = [self.first + (self.end - self.first) * (number + 1) / (self.restarts + 1) for number in range(self.restarts)]
        while moment < self.end:
            if (moment - self.first).days in self.off:  # the machine is off for this day
                moment += timedelta(days=1)
                self._stop()
                self._start(moment)
            self._tick(moment, kill=bool(kill_at) and moment >= kill_at[0] and bool(kill_at.pop(0)))
            until = moment + self.every
            while self.queue and self.queue[0][0] <= until:
                self._act(*self._next(moment))
            moment = until
            if sys.stderr.isatty() and moment.day == 1 and moment.hour < self.every // HOUR:
                print(
                    f"\r{moment:%Y-%m}: {len(self.post.taken):,} messages, {time.monotonic() - began:.0f} s",
                    end="",
                    file=sys.stderr,
                )
        self.states = self._say(self.end, "states")["states"]
        self._stop()
        self.post.controller.stop()
        self._judge()

    def _next(self, moment: datetime) -> tuple[datetime, dict[str, Any]]:
        at, _, act = self.queue.pop(0)
        return max(at, moment), act

    def _later(self, at: datetime, **act: Any) -> None:
        self.queue.append((at, len(self.queue), act))
        self.queue.sort(key=lambda one: one[0])

    def _plan(self) -> None:
        """Draw who asks for what, when and under which law; on leap days and New Year's as well."""
        last = (self.end - self.first).total_seconds() - 140 * 86400
        kinds, weights = list(KINDS), list(KINDS.values())
        for number in range(self.people):
            at = self.first + timedelta(seconds=self.random.uniform(3600, last))
            if number % 50 == 0:
                at = at.replace(year=2028, month=2, day=29)
            code = self.random.choice(LAWS)
            asked = Asked(self.random.choices(kinds, weights)[0], f"person{number}@example.com", laws()[code], code)
            if asked.kind is RequestKind.CORRECT or (number % 2 == 0 and asked.kind in HOLDS):
                self._later(at - HOUR, do="hold", email=asked.email)
            self._later(at, do="file", asked=asked, parent="")

    # -- the house -------------------------------------------------------------------------------------------------

    def _start(self, now: datetime) -> None:
        command = [sys.executable, "-m", "bench.requests_house", str(self.folder), str(_ms(now))]
        with (self.folder / "house.log").open("a", encoding="utf-8") as log:
            self.process = subprocess.Popen(
                command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True, cwd=REPOSITORY
            )
        self._read()

    def _read(self) -> dict[str, Any]:
        assert self.process is not None
        assert self.process.stdout is not None
        line = self.process.stdout.readline()
        if not line:
            raise AssertionError((self.folder / "house.log").read_text(encoding="utf-8")[-4000:])
        found: dict[str, Any] = json.loads(line)
        return found

    def _send(self, now: datetime, do: str, **more: Any) -> None:
        assert self.process is not None
        assert self.process.stdin is not None
        self.post.now_ms = _ms(now)
        self.process.stdin.write(json.dumps({"now": _ms(now), "do": do, **more}) + "\n")
        self.process.stdin.flush()

    def _say(self, now: datetime, do: str, **more: Any) -> dict[str, Any]:
        self._send(now, do, **more)
        return self._read()

    def _stop(self) -> None:
        assert self.process is not None
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait(60)

    def _tick(self, now: datetime, *, kill: bool = False) -> None:
        """Have the jobs done; `kill`: in the middle of them, and then once more by a new process."""
        if kill:
            assert self.process is not None
            before = len(self.post.taken)
            self._send(now, "tick")
            threading.Event().wait(0.005 * self.random.randrange(1, 20))
            self.process.kill()
            self.process.wait(60)
            self.kills += 1
            self.counts["messages between the tick and the kill"] += len(self.post.taken) - before
            self._start(now)
        before = len(self.post.taken)
        self.seconds += self._say(now, "tick")["cpu"]
        for at_ms, subject, text in self.post.taken[before:]:
            self._taken(at_ms, subject, text)

    # -- people and staff ------------------------------------------------------------------------------------------

    def _act(self, now: datetime, act: dict[str, Any]) -> None:
        do, asked = act["do"], act.get("asked")
        if asked is None:
            self._say(now, **act)
            return
        if do == "file":
            self._file(now, asked, act["parent"])
        elif do == "confirm":
            self._note("confirm", self._say(now, "confirm", token=act["token"]))
            if asked.kind is RequestKind.CORRECT:
                self._later(now + timedelta(days=self.random.uniform(1, 20)), do="correct", asked=asked)
        elif do == "extend":
            self._note("extend", self._say(now, "extend", request=asked.id))
        elif do == "correct":
            self._note("correct", self._say(now, "correct", request=asked.id))
        elif do == "decide":
            self._note("decide", self._say(now, "decide", request=asked.id, outcome=act["outcome"]))
        self._tick(now)

    def _note(self, what: str, said: dict[str, Any]) -> None:
        self.counts[what] += 1
        if "refused" in said:
            self.refused[f"{what}: {said['refused']}"] += 1

    def _file(self, now: datetime, asked: Asked, parent: str) -> None:
        said = self._say(
            now, "file", kind=asked.kind.value, email=asked.email, jurisdiction=asked.jurisdiction, channel="phone", parent=parent
        )
        if "refused" in said:
            self.refused[f"file: {said['refused']}"] += 1
            return
        asked.id, asked.reference = said["id"], said["reference"]
        asked.filed_ms = _ms(now)
        asked.received_on = date.fromisoformat(said["received_on"])
        self.asked[asked.reference] = asked
        self.counts[asked.kind.value] += 1
        if asked.kind in {RequestKind.APPEAL, RequestKind.AUTOMATED_DECISION}:
            outcome = self.random.choice(("granted", "denied"))
            self._later(
                now + timedelta(days=self.random.uniform(1, 38 if asked.kind is RequestKind.APPEAL else 12)),
                do="decide",
                asked=asked,
                outcome=outcome,
            )
        elif asked.kind in clock.ANSWERED and self.random.random() < 0.1:
            self._later(self._extends_at(asked, now), do="extend", asked=asked)

    def _extends_at(self, asked: Asked, now: datetime) -> datetime:
        """Return when staff extend: some day, or in the last minute of the last day, in the zone of the law."""
        last, _ = asked.targets("extension")
        if self.random.random() < 0.5:
            return now + timedelta(days=self.random.uniform(1, 25))
        end = datetime(last.year, last.month, last.day, 23, 59, 10, tzinfo=ZoneInfo(asked.law.timezone))
        return end.astimezone(UTC)

    def _taken(self, at_ms: int, subject: str, text: str) -> None:
        """Judge nothing yet: note what came, and do what its person does with it."""
        found = _REFERENCE.match(subject)
        asked = self.asked.get(found[1]) if found else None
        if found is None or asked is None:
            self.counts["messages of nobody"] += 1
            return
        what = {"please confirm": "confirmation", "received": "confirmation", "we need more time": "extension"}.get(
            found[2], "answer"
        )
        on = local_date(at_ms, asked.law.timezone)
        if what in asked.told:
            self.counts["messages that came twice"] += 1
            return
        asked.told[what] = on
        now = datetime.fromtimestamp(at_ms / 1000, UTC)
        if what == "extension":
            asked.extended_on = on
        link = _LINK.search(text)
        if what == "confirmation" and link and self.random.random() < 0.7:
            days = min(self.random.expovariate(1 / 5), 80)
            self._later(now + timedelta(days=days), do="confirm", asked=asked, token=link[1])
        if what == "answer" and asked.law.appeal and asked.kind is not RequestKind.APPEAL and self.random.random() < 0.05:
            again = Asked(RequestKind.APPEAL, asked.email, asked.law, asked.jurisdiction)
            if now < self.end - timedelta(days=70):
                self._later(now + timedelta(days=self.random.uniform(1, 6)), do="file", asked=again, parent=asked.reference)

    # -- judgement -------------------------------------------------------------------------------------------------

    def _judge(self) -> None:
        """Hold the day of each message against the law; what no message came for is missing."""
        for asked in self.asked.values():
            needed = ["answer"]
            if asked.kind in clock.ANSWERED and clock.deadlines(asked.kind, asked.received_on, asked.law).ack_target:
                needed.append("confirmation")
            for what in {*needed, *asked.told}:
                target, outer = asked.targets(what)
                on = asked.told.get(what)
                if on is None and (target < (self.end - timedelta(days=1)).date()):
                    self.late.append(f"{asked.kind} {what} under {asked.law.code}: never, due {target}")
                elif on is not None and on > target:
                    if self._was_off(target) and on <= outer:
                        self.off_late += 1
                    else:
                        self.late.append(f"{asked.kind} {what} under {asked.law.code}: {on}, due {target}")

    def _was_off(self, day: date) -> bool:
        """Return whether the machine was off on a day, or for the rest of it that its zone has."""
        off = [(self.first + timedelta(days=number)).date() for number in self.off]
        return any(abs((one - day).days) <= 1 for one in off)

    def lines(self) -> list[str]:
        """Return what was found, for RESULTS.md."""
        kinds = ", ".join(f"{self.counts[kind.value]:,} {kind.value}" for kind in (*KINDS, RequestKind.APPEAL))
        sent = sum(len(one.told) for one in self.asked.values())
        late = "; ".join(self.late[:5])
        return [
            "| what | got | to reach |",
            "| --- | ---: | ---: |",
            f"| requests ({kinds}) | {len(self.asked):,} | {self.people:,} |",
            f"| their messages, each on or before its target | {sent - len(self.late) - self.off_late:,} of {sent:,} | all |",
            f"| late, or never{f' ({late})' if late else ''} | {len(self.late):,} | 0 |",
            f"| due on one of {len(self.off)} days on which the machine was off, sent after it and inside the law's last day | {self.off_late:,} | |",
            f"| killed in the middle of its jobs, and begun again | {self.kills} | {self.restarts} |",
            f"| messages that came twice | {self.counts['messages that came twice']:,} | |",
            f"| refused by the house | {sum(self.refused.values()):,} | |",
            *(f"| {reason} | {number:,} | |" for reason, number in self.refused.most_common(8)),
            f"| extended, confirmed, corrected, decided by people | {self.counts['extend']:,}, {self.counts['confirm']:,}, {self.counts['correct']:,}, {self.counts['decide']:,} | |",
            f"| processor time of the jobs of two years, s (a request, ms) | {self.seconds:.0f} ({1000 * self.seconds / max(1, len(self.asked)):.0f}) | |",
        ]


def _ms(moment: datetime) -> int:
    return int(moment.timestamp() * 1000)
