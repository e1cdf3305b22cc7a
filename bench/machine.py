"""What every benchmark needs: an installation of its own, processes and their CPU time, and words about the machine."""

from __future__ import annotations

import contextlib
import os
import platform
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import urllib3

REPOSITORY = Path(__file__).parent.parent
MARROWBY = REPOSITORY / "policies" / "marrowby"
#: With a process's number inverted and moved by three bits, the clock of its CPU time (clock_getcpuclockid(3)).
_CPU_OF_PROCESS = 2


def free_port() -> int:
    """Return a TCP port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def describe() -> str:
    """Return a line about this machine and its Python; a distribution builds its own for speed, others may not."""
    model = re.search(r"model name\s*: (.*)", Path("/proc/cpuinfo").read_text(encoding="utf-8"))
    python = f"Python {platform.python_version()}{' of the distribution' if sys.base_prefix == '/usr' else ''}"
    return f"{os.cpu_count()} cores, {model[1] if model else platform.machine()}, {python}"


@contextmanager
def scratch() -> Iterator[Path]:
    """Yield an empty folder that is removed afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="avow-bench-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


@dataclass(frozen=True)
class Server:
    """A running `avow serve`."""

    base: str
    folder: Path
    pid: int
    seconds_to_answer: float


@contextmanager
def avow_serve(
    folder: Path, workers: int = 2, more: str = "", python: str = sys.executable, policy: Path = MARROWBY / "policy.md"
) -> Iterator[Server]:
    """Run an installation over a folder; `more` is added to its configuration, `python` has the version that serves it."""
    port = free_port()
    (folder / "avow.toml").write_text(
        f'data = "data"\npolicy = "{policy}"\ntimezone = "America/Los_Angeles"\n[website]\n'
        f'name = "marrowby.example"\norigin = "http://127.0.0.1:{port}"\n[listen]\nport = {port}\nworkers = {workers}\n'
        f"{more}",
        encoding="utf-8",
    )
    command = [python, "-m", "avow", "--config", str(folder / "avow.toml"), "serve"]
    started = time.monotonic()
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, cwd=folder)
    try:
        base = f"http://127.0.0.1:{port}"
        wait_until_answered(f"{base}/healthz")
        yield Server(base, folder, process.pid, time.monotonic() - started)
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(60)


@contextmanager
def nginx(folder: Path) -> Iterator[tuple[str, int]]:
    """Run nginx with `empty_gif` and an access log; yield its address and its master's pid."""
    port = free_port()
    (folder / "logs").mkdir(parents=True)
    configuration = folder / "nginx.conf"
    configuration.write_text(
        f"worker_processes 2; daemon off; pid {folder}/nginx.pid; error_log {folder}/logs/error.log;\n"
        "events { worker_connections 1024; }\n"
        f"http {{ access_log {folder}/logs/access.log combined; client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy;\n"
        f"fastcgi_temp_path {folder}/fastcgi; uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;\n"
        f"keepalive_requests 1000000; server {{ listen 127.0.0.1:{port}; location / {{ empty_gif; }} }} }}\n",
        encoding="utf-8",
    )
    process = subprocess.Popen(["/usr/sbin/nginx", "-c", str(configuration), "-p", str(folder)], stderr=subprocess.DEVNULL)
    try:
        wait_until_answered(f"http://127.0.0.1:{port}/empty.gif")
        yield f"http://127.0.0.1:{port}", process.pid
    finally:
        process.terminate()
        process.wait(20)


def wait_until_answered(address: str, seconds: float = 60) -> None:
    """Return when the address answers."""
    http = urllib3.PoolManager(timeout=2.0, retries=False)
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        try:
            if http.request("GET", address).status < 500:
                return
        except urllib3.exceptions.HTTPError:
            time.sleep(0.02)
    raise SystemExit(f"{address} does not answer")


def family(pid: int) -> list[int]:
    """Return a process and all below it."""
    parents: dict[int, list[int]] = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            parents.setdefault(int(stat.read_text().rpartition(")")[2].split()[1]), []).append(int(stat.parent.name))
        except (OSError, ValueError):
            continue
    found, queue = [], [pid]
    while queue:
        one = queue.pop()
        found.append(one)
        queue.extend(parents.get(one, ()))
    return found


def cpu_seconds(pid: int) -> float:
    """Return the CPU time of a process and all below it, so far; to the nanosecond, where /proc counts hundredths of a second."""
    total = 0.0
    for one in family(pid):
        with contextlib.suppress(OSError):
            total += cpu_of(one)
    return total


def cpu_of(pid: int) -> float:
    """Return the CPU time of one process so far, without those below it. Raises OSError for one that has ended."""
    return time.clock_gettime(~pid << 3 | _CPU_OF_PROCESS)


def storage_of(pid: int) -> int | None:
    """Return the process below that has the event engine loaded: the storage process; None where there is none."""
    for one in family(pid)[1:]:
        try:
            if "chdb" in Path(f"/proc/{one}/maps").read_text():
                return one
        except OSError:
            continue
    return None


def memory_mebibytes(pid: int) -> dict[str, float]:
    """Return the proportional memory (Pss) of a process and all below it, by pid."""
    found = {}
    for one in family(pid):
        try:
            rollup = Path(f"/proc/{one}/smaps_rollup").read_text()
        except OSError:
            continue
        pss = re.search(r"Pss:\s+(\d+) kB", rollup)
        found[str(one)] = int(pss[1]) / 1024 if pss else 0.0
    return found
