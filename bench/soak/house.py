"""The installation that the soak is hard on: a data folder on a small disk of its own, and `avow serve` over it."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path

import urllib3

from bench.machine import MARROWBY, family, free_port, storage_of

HERE = Path(__file__).parent
#: Days by which the storage process's clock is set ahead.
DAYS_AHEAD = 1500
#: Whoever sends from this machine may say on whose behalf: a thousand people send forms, and one address may send few.
PROXIES = '["127.0.0.1"]'


#: How often a start is tried, and how long one may take, seconds.
STARTS, START_SECONDS = 10, 120.0


class House:
    """One `avow serve`; whoever kills or starts it holds `lock`."""

    def __init__(self, folder: Path, mail_port: int, mebibytes: int) -> None:
        self.folder, self.mail_port = folder, mail_port
        self.port = free_port()
        self.base = f"http://127.0.0.1:{self.port}"
        self.disk, self.log = folder / "disk", folder / "access.log"
        self.data, self.output = self.disk / "data", folder / "serve.log"
        self.lock = threading.Lock()
        self.process: subprocess.Popen[bytes] | None = None
        self.refused_starts = 0
        self.disk.mkdir()
        self.is_mounted = _mounted(self.disk, mebibytes)
        self.clock = folder / "clock"
        self.clock.write_text("0")
        self.log.touch()
        self._configure()

    @property
    def pid(self) -> int:
        """The process id of the server; 0 while there is none."""
        return self.process.pid if self.process else 0

    def start(self, *, preload: Path | None = None) -> None:
        """Start the server, `preload` before its libraries; return when it answers.

        One that ends because something stumbles at that moment is started again, as an operator's systemd does.
        """
        more = {}
        if preload:
            paths = f"{HERE / 'clock'}{os.pathsep}{os.environ.get('PYTHONPATH', '')}"
            more = {"LD_PRELOAD": str(preload), "SOAK_CLOCK_OF_STORAGE": str(self.clock), "PYTHONPATH": paths}
        for _ in range(STARTS):
            with self.output.open("ab") as log:
                command = [sys.executable, "-m", "avow", "--config", str(self.folder / "avow.toml"), "serve"]
                environment = {**os.environ, **more}
                self.process = subprocess.Popen(command, stdout=log, stderr=log, cwd=self.folder, env=environment)
            if self._answers():
                return
            self.refused_starts += 1
            self.kill()
        raise RuntimeError(f"the server does not start; see {self.output}")

    def _answers(self) -> bool:
        """Return whether the server comes to answer; False when it ends before that."""
        http, until = urllib3.PoolManager(timeout=2.0, retries=False), time.monotonic() + START_SECONDS
        while self.process is not None and self.process.poll() is None and time.monotonic() < until:
            with suppress(urllib3.exceptions.HTTPError):
                if http.request("GET", f"{self.base}/healthz").status == 200:
                    return True
            time.sleep(0.05)
        return False

    def stop(self) -> None:
        """Stop the server as an operator does."""
        if self.process is not None:
            self.process.terminate()
            self.process.wait(120)
            self.process = None

    def kill(self) -> None:
        """End the server at once, and wait for its children to notice."""
        if self.process is not None:
            left = family(self.process.pid)[1:]
            self.process.kill()
            self.process.wait()
            self.process = None
            until = time.monotonic() + 60
            while any(map(_is_running, left)) and time.monotonic() < until:
                time.sleep(0.05)

    def end(self) -> None:
        """End everything that is still there."""
        self.kill()
        if self.is_mounted:
            subprocess.run(["umount", "--lazy", str(self.disk)], check=False)

    def storage(self) -> int | None:
        """Return the storage process's id."""
        return storage_of(self.pid) if self.pid else None

    def workers(self) -> list[int]:
        """Return the web workers' ids."""
        forks = [one for one in family(self.pid)[1:] if b"forkserver" in _command(one)] if self.pid else []
        storage = self.storage()
        return [one for one in forks[1:] if one != storage]  # the first is what they are forked from

    def pages(self, start: str) -> dict[str, int] | None:
        """Return how often each page whose path starts so is stored; None while the engine does not answer."""
        asked = f"SELECT page, count() FROM events WHERE startsWith(page, '{start}') GROUP BY page FORMAT JSONCompactEachRow"
        with suppress(OSError, ValueError, KeyError, urllib3.exceptions.HTTPError):
            url = json.loads((self.data / "run" / "engine.json").read_text(encoding="utf-8"))["url"]
            address = urllib3.util.parse_url(url)
            headers = urllib3.util.make_headers(basic_auth=address.auth) if address.auth else {}
            plain = f"http://{address.host}:{address.port}/"
            answer = urllib3.request("POST", plain, body=asked.encode(), headers=headers, timeout=60.0, retries=False)
            if answer.status == 200:
                rows = [json.loads(line) for line in answer.data.decode().splitlines() if line]
                return {str(page): int(number) for page, number in rows}
        return None

    def readiness(self) -> str:
        """Return what /readyz says: its status, and which checks are not well; "" when it does not answer."""
        with suppress(ValueError, AttributeError, urllib3.exceptions.HTTPError):
            answer = urllib3.request("GET", f"{self.base}/readyz", timeout=20.0, retries=False)
            checks = json.loads(answer.data).get("checks", {})
            return f"{answer.status} {' '.join(sorted(name for name, check in checks.items() if not check['ok']))}".strip()
        return ""

    def avow(self, *arguments: str, given: str = "") -> subprocess.CompletedProcess[str]:
        """Run a command over the installation."""
        command = [sys.executable, "-m", "avow", "--config", str(self.folder / "avow.toml"), *arguments]
        return subprocess.run(command, input=given, capture_output=True, text=True, cwd=self.folder, check=False, timeout=900)

    def fill(self) -> Path:
        """Fill the disk to its last byte; return the file that does, for whoever removes it."""
        ballast = self.disk / "ballast"
        with ballast.open("wb") as file:
            size = 0
            for step in (1 << 26, 1 << 20, 1 << 12):
                with suppress(OSError):
                    while True:
                        os.posix_fallocate(file.fileno(), size, step)
                        size += step
        return ballast

    def _configure(self) -> None:
        (self.folder / "avow.toml").write_text(
            f'data = "{self.data}"\npolicy = "{MARROWBY / "policy.md"}"\ntimezone = "America/Los_Angeles"\n'
            f'[website]\nname = "marrowby.example"\norigin = "{self.base}"\n'
            f"[listen]\nport = {self.port}\nworkers = 2\ntrusted_proxies = {PROXIES}\n"
            f'[mail]\nhost = "127.0.0.1"\nport = {self.mail_port}\nrecipient = "mail-service"\n'
            f'sender = "privacy@marrowby.example"\nstarttls = false\n[[server_logs]]\npath = "{self.log}"\n'
            '[console]\nwithout_second_factor = "a soak has none"\n',
            encoding="utf-8",
        )


def clock_library(folder: Path) -> Path | None:
    """Return the library that sets a process's clock ahead, built by this machine's C compiler; None without one."""
    compiler = shutil.which("cc")
    if compiler is None:
        return None
    library = folder / "clock.so"
    command = [compiler, "-O2", "-shared", "-fPIC", "-o", str(library), str(HERE / "clock" / "clock.c")]
    return library if subprocess.run(command, check=False, capture_output=True).returncode == 0 else None


def stop_process(pid: int) -> None:
    """Have a process stand still."""
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGSTOP)


def go_on(pid: int) -> None:
    """Have it go on."""
    with suppress(ProcessLookupError):
        os.kill(pid, signal.SIGCONT)


def peak_mebibytes(pid: int) -> float:
    """Return the most memory that a process ever held (VmHWM); 0 for one that is gone."""
    with suppress(OSError):
        found = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{pid}/status").read_text(encoding="utf-8"))
        return int(found[1]) / 1024 if found else 0.0
    return 0.0


def _mounted(folder: Path, mebibytes: int) -> bool:
    """Mount a disk of that size, in memory; False where this user may not."""
    command = ["mount", "-t", "tmpfs", "-o", f"size={mebibytes}m", "avow-soak", str(folder)]
    return bool(shutil.which("mount")) and subprocess.run(command, check=False, capture_output=True).returncode == 0


def _command(pid: int) -> bytes:
    with suppress(OSError):
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    return b""


def _is_running(pid: int) -> bool:
    with suppress(OSError):
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] != "Z"
    return False
