"""Floods against a running server: what the flood costs itself, and what honest people are answered meanwhile.

One stranger's address sends as fast as it gets answers; people of other networks do what people do. The shares of the
honest are the promise (SECURITY.md); the milliseconds are of this machine, next to the same without a flood.
"""

from __future__ import annotations

import re
import socket
import statistics
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path

import urllib3

from bench.machine import Server, avow_serve, memory_mebibytes, scratch
from bench.soak.post import Post

SECONDS = 8.0
SENDERS = 16
DRIPS = 280
#: What an honest person does, a second.
PACE = 20.0
STRANGER = "203.0.113.7"
PASSWORD = "a-long-sentence-for-benchmarks"
FORM = "application/x-www-form-urlencoded"
EVENT = b'{"events":[{"point":"page-view","page":"/"}]}'
ANSWERED = re.compile(rb"HTTP/1\.1 (\d{3})")


def run() -> list[str]:
    """Measure and return the lines for RESULTS.md."""
    post = Post()
    mail = f'trusted_proxies = ["127.0.0.1"]\n[mail]\nhost = "127.0.0.1"\nport = {post.port}\nrecipient = "mail-service"\n'
    mail += 'sender = "privacy@marrowby.example"\nstarttls = false\n'
    lines = ["| flood | its answers | honest: events, pages, forms, sign-ins taken | page ms, median (99 %) | MiB |"]
    lines.append("| --- | --- | --- | --- | ---: |")
    with scratch() as folder, avow_serve(folder, more=f"[console]\nwithout_second_factor = 'a bench has none'\n{mail}") as server:
        member = _member(server)
        entries = _entries(server)
        for name, flood in FLOODS.items():
            lines.append(f"| {name} | {_meanwhile(server, member, flood)} |")
        time.sleep(3.0)
        lines += ["", f"Messages to the stranger's one victim: {post.messages['victim@example.com']}."]
        lines.append(f"Entries of the audit log after all of them: {_entries(server) - entries}.")
    post.turn("away")
    return lines


def _meanwhile(server: Server, member: str, flood: Callable[[Server], Counter[str]]) -> str:
    """Let a flood run, and honest people next to it; return the row's cells."""
    with ThreadPoolExecutor(1) as pool:
        flooding = pool.submit(flood, server)
        taken, page_ms = _honest(server, member)
        answers = flooding.result()
    said = ", ".join(f"{status}: {count}" for status, count in sorted(answers.items())) or "none"
    honest = " · ".join(f"{good} of {of}" for good, of in taken)
    slow = statistics.quantiles(page_ms, n=100)[98]
    memory = sum(memory_mebibytes(server.pid).values())
    return f"{said} | {honest} | {statistics.median(page_ms):.1f} ({slow:.0f}) | {memory:.0f}"


def _honest(server: Server, member: str) -> tuple[list[tuple[int, int]], list[float]]:
    """Do what people do, each from a network of their own; return what was taken of each kind, and how long pages took.

    `member` is the cookie of a browser that signed in before.
    """
    taken, page_ms, until = [[0, 0] for _ in range(4)], [], time.monotonic() + SECONDS
    http = urllib3.PoolManager(maxsize=4, retries=False, timeout=20.0)
    number = 0
    while time.monotonic() < until:
        number += 1
        headers = {"X-Forwarded-For": f"2001:db8:{number:x}::1", "Origin": server.base, "Sec-Fetch-Site": "same-origin"}
        form = f"name=Robin&email=p{number}@example.com&company=Heron&message=hello".encode()
        turns = (("POST", "/avow/events", EVENT, (204,)), ("GET", "/privacy", None, (200,)))
        if number % 10 == 0:
            turns = (*turns, ("POST", "/avow/forms/contact-form", form, (303,)))
            if number % 20 == 0:
                turns = (*turns, ("POST", "/console/sign-in", f"name=Robin&password={PASSWORD}".encode(), (303,)))
        for kind, (method, path, body, good) in enumerate(turns):
            began = time.perf_counter()
            typed = {**headers, "Content-Type": FORM, "Cookie": member} if kind > 1 else headers
            with suppress(urllib3.exceptions.HTTPError):
                status = http.request(method, server.base + path, body=body, headers=typed, redirect=False).status
                taken[kind][0] += status in good
            taken[kind][1] += 1
            if kind == 1:
                page_ms.append((time.perf_counter() - began) * 1000)
        time.sleep(1 / PACE)
    return [(good, of) for good, of in taken], page_ms


def _member(server: Server) -> str:
    """Invite a member and accept; return the cookies of that browser."""
    command = [sys.executable, "-m", "avow", "--config", str(server.folder / "avow.toml"), "invite", "--role", "administrator"]
    link = subprocess.run(command, capture_output=True, text=True, check=True, cwd=server.folder).stdout.strip()
    headers = {"Origin": server.base, "Sec-Fetch-Site": "same-origin", "Content-Type": FORM}
    address = server.base + "/console" + link.partition("/console")[2]
    answer = urllib3.request("POST", address, body=f"name=Robin&password={PASSWORD}", headers=headers, redirect=False)
    return "; ".join(one.partition(";")[0] for one in answer.headers.getlist("Set-Cookie"))


def _as_fast_as_answered(server: Server, path: str, body: Callable[[int], bytes], kind: str = FORM) -> Counter[str]:
    """Send from one address over several connections until the time is over; return the answers by status."""
    answers: Counter[str] = Counter()
    lock, until = threading.Lock(), time.monotonic() + SECONDS
    headers = {"X-Forwarded-For": STRANGER, "Origin": server.base, "Sec-Fetch-Site": "same-origin", "Content-Type": kind}

    def send(first: int) -> None:
        http, number = urllib3.PoolManager(maxsize=1, retries=False, timeout=20.0), first
        while time.monotonic() < until:
            number += SENDERS
            try:
                status = str(http.request("POST", server.base + path, body=body(number), headers=headers, redirect=False).status)
            except urllib3.exceptions.HTTPError as error:
                status = type(error).__name__
            with lock:
                answers[status] += 1

    with ThreadPoolExecutor(SENDERS) as pool:
        list(pool.map(send, range(SENDERS)))
    return answers


def _nothing(_server: Server) -> Counter[str]:
    return Counter()


def _requests(server: Server) -> Counter[str]:
    return _as_fast_as_answered(server, "/privacy/know", lambda _: b"email=victim@example.com")


def _choices(server: Server) -> Counter[str]:
    return _as_fast_as_answered(server, "/privacy/choices", lambda number: b"all=out" if number % 2 else b"all=in")


def _sign_ins(server: Server) -> Counter[str]:
    return _as_fast_as_answered(server, "/console/sign-in", lambda number: f"name=person{number}&password=wrong".encode())


def _events(server: Server) -> Counter[str]:
    return _as_fast_as_answered(server, "/avow/events", lambda _: EVENT, "text/plain")


def _drips(server: Server) -> Counter[str]:
    """Hold many connections that announced a megabyte each, and send a few bytes on each, again and again."""
    host, port = server.base.removeprefix("http://").split(":")
    head = f"POST /privacy/choices HTTP/1.1\r\nHost: {host}\r\nX-Forwarded-For: {STRANGER}\r\nContent-Type: {FORM}\r\n"
    head += "Content-Length: 1048576\r\n\r\n"
    answers, until = Counter[str](), time.monotonic() + SECONDS
    with ExitStack() as stack:
        held = [stack.enter_context(_connection(host, int(port), head)) for _ in range(DRIPS)]
        while time.monotonic() < until:
            for one in list(held):
                try:
                    one.sendall(b"a" * 13)
                except OSError:
                    held.remove(one)
            time.sleep(1.0)
        for one in held:
            with suppress(OSError):
                one.settimeout(0.01)
                found = ANSWERED.match(one.recv(64))
                answers[found[1].decode() if found else "closed"] += 1
    answers["held open"] = DRIPS - answers.total()
    return answers


@contextmanager
def _connection(host: str, port: int, head: str) -> Iterator[socket.socket]:
    with socket.create_connection((host, port), timeout=20) as one:
        one.sendall(head.encode())
        yield one


def _entries(server: Server) -> int:
    """Return how many entries the published log has."""
    checkpoint = Path(server.folder) / "data" / "audit" / "public" / "checkpoint"
    return int(checkpoint.read_text(encoding="utf-8").splitlines()[1]) if checkpoint.exists() else 0


FLOODS: dict[str, Callable[[Server], Counter[str]]] = {
    "none": _nothing,
    "requests to know, one stranger's address": _requests,
    "choices, no and yes in turn": _choices,
    "sign-ins, many names": _sign_ins,
    "events": _events,
    f"{DRIPS} bodies that drip": _drips,
}
