"""`make soak MINUTES=5`: hard on a real installation for so long; what was promised is counted at the end.

All on loopback, bounded in requests, connections and time. Exit status 1 when something acknowledged is lost that was not in
a group with a flipped bit, something is stored twice, an answer is a 5xx other than 503 or none at all, a request is past its
date or unanswered, a proof does not verify, or something is left of somebody deleted.
"""

from __future__ import annotations

import argparse
import secrets
import sys
import threading
import time
from pathlib import Path

from bench.machine import describe, scratch
from bench.results import record
from bench.soak import load
from bench.soak.faults import Faults
from bench.soak.house import House
from bench.soak.judgement import as_lines, details, judge
from bench.soak.ledger import Ledger
from bench.soak.people import People
from bench.soak.post import Post

#: Mebibytes of the small disk, for the house and for each minute of load.
DISK, DISK_OF_A_MINUTE = 768, 24
LONGEST_MINUTES = 24 * 60
#: A run of so many minutes is written into RESULTS.md.
RECORDED_MINUTES = 60
ABOUT = """Everything that can go wrong at once, counted: load, poison, kills, a full disk, a locked vault, bad mail, flipped
bits, a moving clock. What was acknowledged is held against what is stored when everything is well again."""


def main() -> int:
    """Run, print, and return the exit status."""
    parser = argparse.ArgumentParser(prog="make soak", description=ABOUT)
    parser.add_argument("--minutes", type=float, default=5)
    parser.add_argument("--seed", type=int, default=secrets.randbits(31))
    parser.add_argument("--keep", type=Path, help="a new folder that is kept, for whoever looks for the reason of something")
    asked = parser.parse_args()
    minutes = min(asked.minutes, LONGEST_MINUTES)
    print(f"seed {asked.seed}, {minutes:g} minutes, {describe()}", flush=True)
    if asked.keep:
        asked.keep.mkdir()
        return _soak(asked.keep, minutes, asked.seed)
    with scratch() as folder:
        return _soak(folder, minutes, asked.seed)


def _soak(folder: Path, minutes: float, seed: int) -> int:
    ledger, post, stop = Ledger(), Post(), threading.Event()
    house = House(folder, post.port, round(DISK + DISK_OF_A_MINUTE * minutes))
    try:
        house.start()
        _until_the_log_is_followed(house)
        people, faults = People(house, ledger, post, seed), Faults(house, ledger, post, seed, stop)
        threads = [*load.start(house, ledger, seed, stop), *faults.start()]
        threads.append(threading.Thread(target=people.go_on, args=(stop,), name="people"))
        threads[-1].start()
        _tell_while(ledger, stop, minutes)
        for thread in threads:
            thread.join()
        faults.settle()
        ledger.did("starts that a fault did not let happen", house.refused_starts)
        found = judge(house, ledger, people)
    finally:
        stop.set()
        post.turn("away")
        if folder.exists():
            _keep_logs(house)
        house.end()
    lines = [f"{minutes:g} minutes, seed {seed}.", "", *as_lines(ledger, found)]
    print("\n".join(lines))
    print(details(ledger, found), file=sys.stderr)
    if minutes >= RECORDED_MINUTES:
        record("soak", ABOUT, lines)
    return 1 if found.wrong(ledger) else 0


def _tell_while(ledger: Ledger, stop: threading.Event, minutes: float) -> None:
    """Wait for the end of the load, with a line each minute."""
    began = time.monotonic()
    while (left := began + minutes * 60 - time.monotonic()) > 0:
        time.sleep(min(60.0, left))
        acknowledged = sum(map(len, ledger.acknowledged.values()))
        print(f"{(time.monotonic() - began) / 60:.1f} min: {acknowledged:,} acknowledged, {dict(ledger.answers)}", flush=True)
    stop.set()


def _until_the_log_is_followed(house: House) -> None:
    """Return when the first look at the log was taken: what was in it before is not taken in."""
    until, number = time.monotonic() + 120, 0
    while not house.pages("/first-followed/") and time.monotonic() < until:
        number += 1
        moment = time.strftime("%d/%b/%Y:%H:%M:%S +0000", time.gmtime())
        load.write(house.log, load.line(f"/first-followed/{number}", moment))
        time.sleep(1)


def _keep_logs(house: House) -> None:
    """Print how often each warning came, numbers left out."""
    warnings: dict[str, int] = {}
    for line in house.output.read_text(encoding="utf-8", errors="replace").splitlines():
        plain = "".join("#" if letter.isdigit() else letter for letter in line)[:200]
        warnings[plain] = warnings.get(plain, 0) + 1
    for plain, count in sorted(warnings.items(), key=lambda one: -one[1])[:60]:
        print(f"{count:6} {plain}", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
