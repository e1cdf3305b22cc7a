"""People who browse, write, and ask to know or to delete; they confirm with the link that the mail server got."""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass, field

from bench.soak.house import House
from bench.soak.ledger import Ledger
from bench.soak.load import Sender
from bench.soak.post import Post

#: A new person comes at most so often, seconds; so many are followed at a time.
PAUSE_SECONDS = 4.0
FOLLOWED = 60
#: How often one person's status is looked at, seconds.
LOOK_SECONDS = 3.0


@dataclass
class Person:
    """Somebody who asked; `canaries` are what nobody may find after a deletion."""

    kind: str
    address: str
    canaries: tuple[str, ...]
    status: str = ""  # the page of the request
    answer: str = ""  # the page behind the confirmed link
    proof: str = ""
    is_done: bool = False
    looked: float = field(default_factory=time.monotonic)


class People:
    """Everybody who asked; used from one thread, read when that has ended."""

    def __init__(self, house: House, ledger: Ledger, post: Post, seed: int) -> None:
        self._sender = Sender(house, ledger, f"{seed} people")
        self._ledger, self._post = ledger, post
        self.all: list[Person] = []
        self._number, self._next = 0, 0.0

    def go_on(self, stop: threading.Event) -> None:
        """Let people come, and follow each, until told to stop."""
        while not stop.is_set():
            if time.monotonic() >= self._next and sum(not one.is_done for one in self.all) < FOLLOWED:
                self._next = time.monotonic() + PAUSE_SECONDS
                self._come()
            self.follow()
            time.sleep(0.2)

    def follow(self) -> None:
        """Take everybody one step on whose turn it is."""
        for person in self.all:
            if not person.is_done and time.monotonic() - person.looked >= LOOK_SECONDS:
                person.looked = time.monotonic()
                self._step(person)

    def _come(self) -> None:
        """Browse, write, ask."""
        self._number += 1
        kind = ("delete", "know")[self._number % 3 == 0]
        mark = f"{self._sender.random.getrandbits(64):016x}"
        address, visitor = f"asks.{mark}@example.com", f"{self._sender.random.getrandbits(128):032x}"
        cookie = {"Cookie": f"avow_visitor={visitor}"}
        self._sender.events([f"/asked/{mark}"], **cookie)
        self._sender.form("/avow/forms/contact-form", {"email": address, "message": f"written {mark}"}, **cookie)
        answer = self._sender.form(f"/privacy/{kind}", {"email": address, "period": "everything"}, **cookie)
        if answer is not None and answer.status == 303:
            self.all.append(Person(kind, address, (mark, address, visitor), status=answer.headers["location"]))
            self._ledger.acknowledge("requests", answer.headers["location"])

    def _step(self, person: Person) -> None:
        """Confirm with the link, once it has come; then wait for the answer, and for a deletion's proof."""
        if not person.answer:
            link = self._post.link(person.address)
            answer = self._sender.send("POST", link, body=b"", expected=(303, 409)) if link else None
            if answer is not None and answer.status == 303:
                person.answer = answer.headers["location"]
                self._ledger.did("requests confirmed")
            return
        page = self._sender.send("GET", person.answer)
        if page is None or page.status != 200:
            return
        document = "proof.tlog-proof" if person.kind == "delete" else "archive.json"
        if document in page.data.decode(errors="replace"):
            file = self._sender.send("GET", f"{person.answer}/{document}")
            if file is not None and file.status == 200:
                person.proof, person.is_done = file.data.decode(), True
                self._ledger.did(f"requests to {person.kind} answered")
