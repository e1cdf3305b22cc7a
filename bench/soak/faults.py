"""What is done to the installation while it is under load, in an order drawn from the seed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from random import Random

from bench.soak import poison
from bench.soak.flipped import flip_one
from bench.soak.house import DAYS_AHEAD, House, clock_library, go_on, peak_mebibytes, stop_process
from bench.soak.ledger import Ledger
from bench.soak.load import Sender
from bench.soak.post import MOODS, Post

#: How long each fault lasts, seconds.
FULL_SECONDS, LOCKED_SECONDS, AHEAD_SECONDS, STILL_SECONDS = 10.0, 30.0, 14.0, 3.0
#: Pauses between two faults, and between two turns of the mail server and two rounds of poison, seconds.
PAUSES, MOOD_PAUSES, POISON_PAUSES, KILL_PAUSES = (2.0, 8.0), (5.0, 25.0), (10.0, 30.0), (5.0, 25.0)
LOOK_SECONDS = 2.0

_LOCK = """
import sqlite3, sys, time
connection = sqlite3.connect(sys.argv[1], timeout=60, isolation_level=None)
connection.execute("BEGIN IMMEDIATE")
time.sleep(float(sys.argv[2]))
connection.rollback()
"""


class Faults:
    """Does them; `stop` ends every thread after what it is doing."""

    def __init__(self, house: House, ledger: Ledger, post: Post, seed: int, stop: threading.Event) -> None:
        self.house, self.ledger, self.post, self.stop = house, ledger, post, stop
        self._seed, self._random = seed, Random(f"{seed} faults")
        self._library = clock_library(house.folder)
        self._locked: subprocess.Popen[bytes] | None = None

    def start(self) -> list[threading.Thread]:
        """Start what happens side by side: faults of the machine, single kills, the mail server's moods, poison, a look."""
        work = {"machine": self._machine, "kills": self._kills, "moods": self._moods, "poison": self._poison, "look": self._look}
        threads = [threading.Thread(target=one, name=name) for name, one in work.items()]
        for thread in threads:
            thread.start()
        return threads

    def settle(self) -> None:
        """Make everything well again."""
        self._wait_for_the_lock()
        self.post.turn("well")
        self.house.stop()
        self.house.start()

    def _machine(self) -> None:
        """Do each fault of the machine, in an order drawn anew, over and over; the vault is locked beside the others."""
        every: list[Callable[[], None]] = [self._full_disk, self._locked_vault, self._flipped, self._server, self._clock]
        while not self.stop.is_set():
            self._random.shuffle(every)
            for fault in every:
                if self.stop.wait(self._random.uniform(*PAUSES)):
                    return
                try:
                    fault()
                except Exception as error:  # noqa: BLE001 - one fault may be in the way of another, and of none that follow
                    self.ledger.did(f"faults that another was in the way of ({fault.__name__}, {type(error).__name__})")

    def _full_disk(self) -> None:
        if not self.house.is_mounted:
            self.ledger.skip("full disk", "this user may not mount a small disk")
            return
        ballast = self.house.fill()
        self.stop.wait(FULL_SECONDS)
        ballast.unlink()
        self.ledger.did("full disks")

    def _locked_vault(self) -> None:
        """Have another process hold the vault; the next faults come meanwhile."""
        self._wait_for_the_lock()
        command = [sys.executable, "-c", _LOCK, str(self.house.data / "keys.db"), str(LOCKED_SECONDS)]
        self._locked = subprocess.Popen(command, stderr=subprocess.DEVNULL)
        self.ledger.did("locked vaults")

    def _wait_for_the_lock(self) -> None:
        if self._locked is not None:
            self._locked.wait()
            self._locked = None

    def _flipped(self) -> None:
        """Let the storage process stand still, kill a worker, flip a bit in what it left, let the storage process go on."""
        self._wait_for_the_lock()
        with self.house.lock:
            storage, workers = self.house.storage(), self.house.workers()
            if storage is None or not workers:
                return
            worker = self._random.choice(workers)
            stop_process(storage)
            try:
                time.sleep(STILL_SECONDS)
                with suppress(ProcessLookupError):
                    os.kill(worker, signal.SIGKILL)
                time.sleep(0.2)
                for writer in (self.house.data / "spool").glob(f"*-{worker}-*"):
                    names = flip_one(writer, self.house.data / "keys.db", self._random)
                    if names is not None:
                        self.ledger.flipped(names)
                        self.ledger.did("flipped bits")
            finally:
                go_on(storage)

    def _server(self) -> None:
        """Kill the server; its children end when they notice; start it again."""
        with self.house.lock:
            self.house.kill()
            self.house.start()
        self.ledger.did("servers killed")

    def _clock(self) -> None:
        """Start the server so that the storage process's clock can be moved, move it, and back."""
        if self._library is None:
            self.ledger.skip("moving clock", "there is no C compiler")
            return
        with self.house.lock:
            self.house.stop()
            self.house.start(preload=self._library)
            self._wait_for_storage()
            self.house.clock.write_text(str(DAYS_AHEAD * 86400))
            time.sleep(AHEAD_SECONDS)
            self.house.clock.write_text("0")
            time.sleep(1)
            self.house.stop()
            self.house.start()
        self.ledger.did("clocks moved")

    def _wait_for_storage(self) -> None:
        until = time.monotonic() + 60
        while self.house.storage() is None and time.monotonic() < until:
            time.sleep(0.1)
        time.sleep(2)

    def _kills(self) -> None:
        """Kill a worker or the storage process, now and then."""
        random = Random(f"{self._seed} kills")
        while not self.stop.wait(random.uniform(*KILL_PAUSES)):
            with self.house.lock:
                storage = self.house.storage()
                chosen, what = (storage, "storage processes killed") if random.random() < 0.4 else (None, "workers killed")
                workers = self.house.workers()
                pid = chosen or (random.choice(workers) if workers else None)
                if pid is not None:
                    self.ledger.did("storage processes killed" if pid == storage else what)
                    with suppress(ProcessLookupError):
                        os.kill(pid, signal.SIGKILL)

    def _moods(self) -> None:
        """Let the mail server turn from one mood to another."""
        random = Random(f"{self._seed} moods")
        while not self.stop.wait(random.uniform(*MOOD_PAUSES)):
            self.post.turn(random.choice(MOODS))
            self.ledger.did("turns of the mail server")

    def _poison(self) -> None:
        """Send odd input and plant damaged items; what a stumbling disk or vault does not take of them is not owed."""
        random, sender = Random(f"{self._seed} poison"), Sender(self.house, self.ledger, f"{self._seed} poison")
        while not self.stop.wait(random.uniform(*POISON_PAUSES)):
            try:
                poison.at_the_doors(self.house, self.ledger, sender)
                poison.below_the_doors(self.house, self.ledger)
            except Exception as error:  # noqa: BLE001 - the soak's own writer meets the same faults, and must not end by them
                self.ledger.did(f"rounds of poison that a fault cut short ({type(error).__name__})")

    def _look(self) -> None:
        """Note what each kind of process holds, and every change of what /readyz says."""
        said = ""
        while not self.stop.wait(LOOK_SECONDS):
            self._look_at_memory()
            now = self.house.readiness()
            if now and now != said:
                self.ledger.readiness.append(now)
                said = now

    def _look_at_memory(self) -> None:
        server, storage = self.house.pid, self.house.storage()
        roles = dict.fromkeys(self.house.workers(), "web worker")
        for pid, role in {**roles, server: "server", storage or 0: "storage process"}.items():
            if pid:
                self.ledger.memory_of(role, peak_mebibytes(pid))
