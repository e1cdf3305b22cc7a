"""Ingest: the pixel and 1, 10, 50 events a POST, durable before they are acknowledged, beside nginx `empty_gif` + log."""

from __future__ import annotations

import json
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path

from bench.machine import avow_serve, cpu_seconds, nginx, scratch

SECONDS = 8
CONNECTIONS = 64
REACH = {"pixel": 0.15, "10 events": 0.12}


@dataclass(frozen=True)
class Measured:
    """One load: requests a second, CPU microseconds a request, latencies as wrk prints them, errors."""

    name: str
    per_second: float
    cpu_us: float
    p50: str
    p99: str
    errors: int


def run() -> list[str]:
    """Measure and return the lines for RESULTS.md."""
    with scratch() as folder:
        with nginx(folder / "nginx") as (address, pid):
            peer = _load("nginx empty_gif + log", f"{address}/empty.gif", pid, None)
        (folder / "avow").mkdir()
        rows = []
        with avow_serve(folder / "avow") as server:
            rows.append(_load("pixel", f"{server.base}/avow/pixel.gif?page=/products/rain-gauge", server.pid, None))
            for count in (1, 10, 50):
                script = _script(folder / f"{count}.lua", count)
                name = f"{count} event{'s' if count > 1 else ''}"
                rows.append(_load(name, f"{server.base}/avow/events", server.pid, script))
    return _table(peer, rows)


def _load(name: str, address: str, pid: int, script: Path | None) -> Measured:
    """Load an address with wrk and return what it did; a short load goes before, to warm caches."""
    command = ["wrk", "-t1", f"-c{CONNECTIONS}", "--latency", "-H", "User-Agent: Mozilla/5.0 (X11; Linux x86_64) Firefox/145.0"]
    command += ["-s", str(script)] if script else []
    subprocess.run([*command, "-d2s", address], check=True, capture_output=True)
    before = cpu_seconds(pid)
    printed = subprocess.run([*command, f"-d{SECONDS}s", address], check=True, capture_output=True, text=True).stdout
    used = cpu_seconds(pid) - before
    requests = int(re.search(r"(\d+) requests in", printed)[1])
    bad = re.search(r"Non-2xx or 3xx responses: (\d+)", printed)
    lost = re.search(r"Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)", printed)
    return Measured(
        name,
        requests / SECONDS,
        used / requests * 1e6,
        re.search(r"^\s+50%\s+(\S+)", printed, re.MULTILINE)[1],
        re.search(r"^\s+99%\s+(\S+)", printed, re.MULTILINE)[1],
        (int(bad[1]) if bad else 0) + sum(map(int, lost.groups()) if lost else ()),
    )


def _script(path: Path, count: int) -> Path:
    """Write wrk's script for a POST of so many events."""
    event = {"point": "page-view", "page": "/products/rain-gauge", "referrer": "search.example", "language": "en-US"}
    body = json.dumps({"events": [event] * count})
    cookie = 'wrk.headers["Cookie"] = "avow_visitor=0123456789abcdef0123456789abcdef"'
    path.write_text(f"wrk.method = 'POST'\nwrk.body = [[{body}]]\n{cookie}\n", encoding="utf-8")
    return path


def _table(peer: Measured, rows: list[Measured]) -> list[str]:
    """Return the Markdown table; the ratio is nginx's CPU a request over ours."""
    lines = [
        "| load | requests/s | CPU µs/request | CPU ratio to nginx | to reach | p50 | p99 | errors |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
        f"| {peer.name} | {peer.per_second:,.0f} | {peer.cpu_us:.1f} | 1 | | {peer.p50} | {peer.p99} | {peer.errors} |",
    ]
    for row in rows:
        ratio, reach = peer.cpu_us / row.cpu_us, REACH.get(row.name, "")
        lines.append(
            f"| {row.name} | {row.per_second:,.0f} | {row.cpu_us:.1f} | {ratio:.3f} | {reach} | {row.p50} | {row.p99} | {row.errors} |"
        )
    lines += ["", "CPU counts the web workers and the storage process, which drains meanwhile. 64 connections, 2 workers."]
    return lines
