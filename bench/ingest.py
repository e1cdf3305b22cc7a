"""Ingest beside nginx `empty_gif` with its access log: everything is durable before it is acknowledged.

The pixel, 1, 10 and 50 events a POST and a chunk of a recording, from a thousand visitors with ten kinds of browser in turn. The
CPU ratio is nginx's CPU time for a request over that of the web workers, which take in, decide and make durable; the drain into
the event store happens meanwhile and is a column of its own.

How many workers are how fast is asked with more connections: with few, each waits for its group to be on the disk, and no
worker has enough to do.
"""

from __future__ import annotations

import json
import re
import statistics
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from random import Random

from bench.machine import Server, avow_serve, cpu_seconds, nginx, scratch, storage_of

SECONDS = 5
ROUNDS = 5
PAIRS = 3
CONNECTIONS = 64
MANY_CONNECTIONS = 256
VISITORS = 1000
#: The ratios that this house set itself.
REACH = {"pixel": 0.35, "1 event": 0.3, "10 events": 0.25, "50 events": 0.15, "recording chunk, 62 KiB": 0.1}
#: Chunks come in faster than any disk takes them out again, for as long as this is measured.
LARGE_SPOOL = "[storage]\nspool_mebibytes = 16384\n"
#: Bytes of one chunk of a recording.
CHUNK_BYTES = 62 * 1024


@dataclass(frozen=True)
class Measured:
    """One load: requests a second, CPU microseconds a request (web workers, storage process), latencies, errors."""

    name: str
    per_second: float
    web_us: float
    storage_us: float
    p50: str
    p99: str
    errors: int


def run() -> list[str]:
    """Measure and return the lines for RESULTS.md; nginx comes before and after each load: a machine drifts for both."""
    with scratch() as folder, nginx(_folder(folder, "nginx")) as peer:
        loads = {name: script(folder / f"{place}.lua", name) for place, name in enumerate(REACH)}
        small, chunks = list(REACH)[:4], list(REACH)[4:]
        with avow_serve(_folder(folder, "two")) as server:
            rounds = _rounds({name: loads[name] for name in small}, server, peer)
            halves = [_at_half_load(row.middle[0], server.base, server.pid, folder) for row in rounds[:3]]
            with avow_serve(_folder(folder, "one"), workers=1) as single:
                workers = [_side_by_side(name, loads[name], single, server) for name in small[:3]]
        with avow_serve(_folder(folder, "chunks"), more=LARGE_SPOOL) as server:
            rounds += _rounds({name: loads[name] for name in chunks}, server, peer, settle=False)
    return [*_table(rounds), "", *_half_table(halves), "", *_workers_table(workers)]


@dataclass(frozen=True)
class Rounds:
    """A load measured some times, each with nginx's CPU microseconds a request beside it; sorted by their ratio."""

    measured: list[tuple[Measured, float]]

    @property
    def middle(self) -> tuple[Measured, float]:
        """Return the round in the middle."""
        return self.measured[len(self.measured) // 2]

    @property
    def ratios(self) -> list[float]:
        """Return nginx's CPU time over ours, the lowest first."""
        return [beside / row.web_us for row, beside in self.measured]


def _rounds(loads: dict[str, Path], server: Server, peer: tuple[str, int], *, settle: bool = True) -> list[Rounds]:
    """Measure each load some times, nginx between any two; `settle`: what came in is stored first.

    A load's rounds lie minutes apart, because the machine is slower for minutes at a time.
    """
    found: dict[str, list[tuple[Measured, float]]] = {name: [] for name in loads}
    before = measure("nginx", f"{peer[0]}/empty.gif", peer[1], None).web_us
    for _ in range(ROUNDS):
        for name, load in loads.items():
            row = measure(name, server.base, server.pid, load)
            after = measure("nginx", f"{peer[0]}/empty.gif", peer[1], None).web_us
            found[name].append((row, (before + after) / 2))
            before = after
            if settle:
                drained(server)
    return [Rounds(sorted(one, key=lambda pair: pair[1] / pair[0].web_us)) for one in found.values()]


def _side_by_side(name: str, load: Path, single: Server, double: Server) -> list[tuple[Measured, Measured]]:
    """Measure a load on one worker and on two in turn, some times; the pairs, that of the smallest gain first."""
    found = []
    for _ in range(PAIRS):
        pair = []
        for server in (single, double):
            pair.append(measure(name, server.base, server.pid, load, MANY_CONNECTIONS))
            drained(server)
        found.append((pair[0], pair[1]))
    return sorted(found, key=lambda both: both[1].per_second / both[0].per_second)


def _folder(parent: Path, name: str) -> Path:
    """Return a new folder."""
    (parent / name).mkdir()
    return parent / name


def drained(server: Server) -> None:
    """Return when everything that was accepted is stored; what was made ahead holds nothing."""
    while any((server.folder / "data" / "spool").glob("*/*.segment")):
        time.sleep(0.2)


def measure(
    name: str, address: str, pid: int, script: Path | None, connections: int = CONNECTIONS, seconds: int = SECONDS
) -> Measured:
    """Load an address with wrk and return what it did; a short load goes before, to warm caches."""
    command = ["wrk", "-t1", f"-c{connections}", "--latency", *(["-s", str(script)] if script else [])]
    subprocess.run([*command, "-d2s", address], check=True, capture_output=True)
    storage = storage_of(pid)
    before = cpu_seconds(pid), cpu_seconds(storage) if storage else 0.0
    printed = subprocess.run([*command, f"-d{seconds}s", address], check=True, capture_output=True, text=True).stdout
    stored = (cpu_seconds(storage) - before[1]) if storage else 0.0
    web = cpu_seconds(pid) - before[0] - stored
    requests = requests_of(printed)
    return Measured(
        name,
        requests / seconds,
        web / requests * 1e6,
        stored / requests * 1e6,
        re.search(r"^\s+50%\s+(\S+)", printed, re.MULTILINE)[1],
        re.search(r"^\s+99%\s+(\S+)", printed, re.MULTILINE)[1],
        errors_of(printed),
    )


def requests_of(printed: str) -> int:
    """Return how many requests wrk says were answered."""
    return int(re.search(r"(\d+) requests in", printed)[1])


def errors_of(printed: str) -> int:
    """Return how many requests wrk says were answered with an error, or not at all."""
    bad = re.search(r"Non-2xx or 3xx responses: (\d+)", printed)
    lost = re.search(r"Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)", printed)
    return (int(bad[1]) if bad else 0) + sum(map(int, lost.groups()) if lost else ())


def _at_half_load(full: Measured, address: str, pid: int, folder: Path) -> Measured:
    """Load with half of what the same load reached, each connection at its own pace."""
    pause_ms = round(CONNECTIONS / (full.per_second / 2) * 1000)
    paced = script(folder / "half.lua", full.name, f"function delay() return math.random(0, {2 * pause_ms}) end\n")
    return measure(full.name, address, pid, paced)


def script(path: Path, name: str, more: str = "") -> Path:
    """Write the script of wrk for a load: its requests are made before it starts, one for each visitor; `more` is added."""
    body = ""
    if name == "pixel":
        line = 'wrk.format("GET", "/avow/pixel.gif?page=/products/" .. i % 50, headers)'
    elif name.startswith("recording"):
        body = f"local body = [[{_chunk()}]]\n"
        line = 'wrk.format("POST", "/avow/recordings", headers, body:gsub("RECORDING", string.format("%032x", i), 1))'
    else:
        body = f"local body = [[{_events(int(name.partition(' ')[0]))}]]\n"
        line = 'wrk.format("POST", "/avow/events", headers, body)'
    cookie = f"{'avow_choices=v1.+page-improvement; ' if name.startswith('recording') else ''}avow_visitor="
    path.write_text(
        f"{body}local made, at = {{}}, 0\nfunction init()\n  for i = 1, {VISITORS} do\n"
        f'    local headers = {{["Cookie"] = "{cookie}" .. string.format("%032x", i), ["Accept"] = "*/*",\n'
        '      ["User-Agent"] = "Mozilla/5.0 (X11; Linux x86_64; rv:" .. 136 + i % 10 .. ".0) Gecko/20100101 Firefox/145.0"}\n'
        f"    made[i] = {line}\n  end\nend\n"
        f"function request() at = at % {VISITORS} + 1; return made[at] end\n{more}",
        encoding="utf-8",
    )
    return path


def _events(count: int) -> str:
    """Return the body of so many views of some pages."""
    views = [
        {"point": "page-view", "page": f"/products/{number % 5}", "referrer": "search.example", "language": "en-US"}
        for number in range(count)
    ]
    return json.dumps({"events": views}, separators=(",", ":"))


def _chunk() -> str:
    """Return a chunk of mouse movements of about CHUNK_BYTES bytes; which recording it belongs to is filled in."""
    draw, events, size = Random(1), [], 0
    while size < CHUNK_BYTES:
        steps = [
            {"x": draw.randrange(1280), "y": draw.randrange(900), "id": draw.randrange(900), "timeOffset": -draw.randrange(500)}
            for _ in range(40)
        ]
        moment = 1_795_000_000_000 + draw.randrange(10_000)
        events.append(
            json.dumps({"type": 3, "timestamp": moment, "data": {"source": 1, "positions": steps}}, separators=(",", ":"))
        )
        size += len(events[-1]) + 1
    head = {"point": "session-recording", "recording": "RECORDING", "seq": 1, "page": "/products/rain-gauge"}
    return f'{json.dumps(head, separators=(",", ":"))[:-1]},"events":[{",".join(events[:-1])}]}}'


def _table(rows: list[Rounds]) -> list[str]:
    """Return the Markdown table; the ratio is nginx's CPU a request, the mean of the runs beside a load, over ours."""
    lines = [
        "| load | requests/s | CPU µs/request | nginx, µs | CPU ratio | lowest, highest | to reach | with the drain, µs | p50 | p99 | errors |",
        "| --- | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: | ---: |",
    ]
    for rounds in rows:
        (row, beside), ratios = rounds.middle, rounds.ratios
        lines.append(
            f"| {row.name} | {row.per_second:,.0f} | {row.web_us:.1f} | {beside:.1f} | {beside / row.web_us:.3f} "
            f"| {ratios[0]:.3f}, {ratios[-1]:.3f} | {REACH[row.name]} "
            f"| {row.web_us + row.storage_us:.1f} | {row.p50} | {row.p99} | {row.errors} |"
        )
    return [
        *lines,
        "",
        f"Of {ROUNDS} rounds the one in the middle. {CONNECTIONS} connections, 2 workers each, and the load itself on the same cores.",
    ]


def _half_table(rows: list[Measured]) -> list[str]:
    """Return the latencies at half load."""
    lines = ["| at half of that load | requests/s | p50 | p99 | errors |", "| --- | ---: | ---: | ---: | ---: |"]
    return lines + [f"| {row.name} | {row.per_second:,.0f} | {row.p50} | {row.p99} | {row.errors} |" for row in rows]


def _workers_table(rows: list[list[tuple[Measured, Measured]]]) -> list[str]:
    """Return how much faster two workers are than one."""
    lines = [
        f"| workers, {MANY_CONNECTIONS} connections | 1, requests/s | 2, requests/s | 2 over 1 | lowest, highest |",
        "| --- | ---: | ---: | ---: | ---: |",
    ]
    for pairs in rows:
        one, two = (statistics.median(both[place].per_second for both in pairs) for place in (0, 1))
        gains = [double.per_second / single.per_second for single, double in pairs]
        lines.append(
            f"| {pairs[0][0].name} | {one:,.0f} | {two:,.0f} | {statistics.median(gains):.2f} | {gains[0]:.2f}, {gains[-1]:.2f} |"
        )
    return [*lines, "", f"Of {PAIRS} pairs, one load after the other, the middle of each column."]
