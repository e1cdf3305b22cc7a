"""What visitors send: events, pixels, forms, choices, and the lines that another server writes into its log."""

from __future__ import annotations

import itertools
import json
import re
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from urllib.parse import urlencode

import urllib3

from avow.collection.forms.spam import proves
from bench.soak.house import House
from bench.soak.ledger import HANG_SECONDS, Ledger

AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"
#: Pauses between two requests of one sender, seconds: the load is steady, and all of it together far below what a worker does.
EVENT_PAUSE, FORM_PAUSE, LINE_PAUSE = 0.04, 0.25, 0.1
#: Connections that a sender could not make are tried again after so many seconds.
AGAIN_PAUSE = 0.3


class Sender:
    """Sends as one person after the other, and tells the ledger what came of it."""

    def __init__(self, house: House, ledger: Ledger, seed: str) -> None:
        self.house, self.ledger, self.random = house, ledger, Random(seed)
        self._http = urllib3.PoolManager(maxsize=1, retries=False, timeout=HANG_SECONDS)

    def send(
        self, method: str, path: str, *, body: bytes | None = None, expected: tuple[int, ...] = (200, 204, 303), **headers: str
    ) -> urllib3.BaseHTTPResponse | None:
        """Send; return the answer, or None when there was none, after a pause."""
        fixed = {
            "User-Agent": AGENT,
            "Origin": self.house.base,
            "Sec-Fetch-Site": "same-origin",
            "X-Forwarded-For": self._address(),
        }
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        where = re.sub(r"(?<=requests/|e/verify/).+", "…", f"{method} {path.partition('?')[0]}")
        try:
            url = f"{self.house.base}{path}"
            answer = self._http.request(method, url, body=body, headers={**fixed, **named}, redirect=False)
        except urllib3.exceptions.HTTPError as error:
            if not isinstance(error, urllib3.exceptions.NewConnectionError):
                self.ledger.failed(where, error)
            time.sleep(AGAIN_PAUSE)
            return None
        self.ledger.answered(where, answer.status, expected)
        return answer

    def form(self, path: str, fields: dict[str, str], **headers: str) -> urllib3.BaseHTTPResponse | None:
        """Send a form; do the work of one that is asked once more, as the script of that page does."""
        expected = (303, 428)  # a worker that cannot count who sends asks everybody once more, and believes no work either
        kind = {"Content_Type": "application/x-www-form-urlencoded", **headers}
        answer = self.send("POST", path, body=urlencode(fields).encode(), expected=expected, **kind)
        check = re.search(rb'data-check="([^"]+)"', answer.data) if answer is not None and answer.status == 428 else None
        if check is None:
            return answer
        word = check[1].decode()
        proof = next(number for number in itertools.count() if proves(word, str(number)))
        worked = {**fields, "avow-check": word, "avow-proof": str(proof)}
        return self.send("POST", path, body=urlencode(worked).encode(), expected=expected, **kind)

    def events(self, pages: list[str], **headers: str) -> bool:
        """Send page views; return whether they were acknowledged."""
        body = json.dumps({"events": [{"point": "page-view", "page": page} for page in pages]}).encode()
        answer = self.send("POST", "/avow/events", body=body, **headers)
        if answer is None:
            self.ledger.cut_off(*pages)
        return answer is not None and answer.status == 204

    def _address(self) -> str:
        """Return a sender's address from the ranges for documentation, of a network of its own."""
        return f"2001:db8:{self.random.randrange(1 << 16):x}:{self.random.randrange(1 << 16):x}::1"


def events(sender: Sender, name: str, number: int) -> None:
    """Send one to five page views, or a pixel; some from a browser that is recognised."""
    pages = [f"/soak/{name}/{number}-{part}" for part in range(sender.random.choice((1, 1, 2, 5)))]
    cookie = {"Cookie": f"avow_visitor={sender.random.getrandbits(128):032x}"} if sender.random.random() < 0.3 else {}
    if number % 5 == 0:
        answer = sender.send("GET", f"/avow/pixel.gif?page={pages[0]}", **cookie)
        if answer is None:
            sender.ledger.cut_off(pages[0])
        elif answer.status == 200:
            sender.ledger.acknowledge("pixels", pages[0])
    elif sender.events(pages, **cookie):
        sender.ledger.acknowledge("events", *pages)
    time.sleep(EVENT_PAUSE)


def forms(sender: Sender, name: str, number: int) -> None:
    """Send the contact form; its reference is the name by which it is looked for. Every tenth time, a choice instead."""
    if number % 10 == 0:
        visitor = f"{sender.random.getrandbits(128):032x}"
        answer = sender.form("/privacy/choices", {"all": "out"}, Cookie=f"avow_visitor={visitor}")
        if answer is not None and answer.status == 303:
            sender.ledger.acknowledge("choices", visitor)
    else:
        fields = {"email": f"{name}.{number}@example.com", "message": f"message {name} {number}"}
        answer = sender.form("/avow/forms/contact-form", fields)
        if answer is not None and answer.status == 303:
            reference = re.search(r"reference=([^&]+)", answer.headers.get("location", ""))
            sender.ledger.acknowledge("forms", reference[1] if reference else f"a form without a reference {number}")
    time.sleep(FORM_PAUSE)


def line(page: str, moment: str, agent: str = AGENT) -> str:
    """Return a line of a server log."""
    return f'198.51.100.7 - - [{moment}] "GET {page} HTTP/1.1" 200 512 "-" "{agent}"\n'


def lines(sender: Sender, name: str, number: int) -> None:
    """Write a line into the log that is followed."""
    page = f"/soak/{name}/{number}"
    write(sender.house.log, line(page, f"{datetime.now(UTC):%d/%b/%Y:%H:%M:%S} +0000"))
    sender.ledger.acknowledge("log lines", page)
    time.sleep(LINE_PAUSE)


def write(log: Path, text: str) -> None:
    """Add to a log."""
    with log.open("a", encoding="utf-8") as file:
        file.write(text)


Turn = Callable[[Sender, str, int], None]
#: Who sends what; the first part of a page's name is the sender's.
SENDERS: dict[str, Turn] = {"e1": events, "e2": events, "e3": events, "f1": forms, "f2": forms, "log": lines}


def start(house: House, ledger: Ledger, seed: int, stop: threading.Event) -> list[threading.Thread]:
    """Start every sender in a thread of its own; each goes on until told to stop."""

    def work(name: str, turn: Turn) -> None:
        sender, number = Sender(house, ledger, f"{seed} {name}"), 0
        while not stop.is_set():
            number += 1
            with suppress(OSError):  # a log on a disk that somebody filled; every other fault is told by the sender
                turn(sender, name, number)

    threads = [threading.Thread(target=work, args=one, name=one[0]) for one in SENDERS.items()]
    for thread in threads:
        thread.start()
    return threads
