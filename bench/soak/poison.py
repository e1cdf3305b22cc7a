"""Odd input at the doors, and damaged items below them: what may be refused or set aside, and may stop nobody else."""

from __future__ import annotations

import asyncio
import secrets
import sqlite3
import time
from contextlib import closing

import msgspec

from avow.definitions import AfterRetention, Event
from avow.spool.spool import Spool
from avow.store.keys import Vault
from bench.soak.house import House
from bench.soak.ledger import Ledger
from bench.soak.load import Sender, line, write

ADDRESSES = (
    "jo..hn@example.com",
    "john.@example.com",
    "jörg@example.com",
    "a\x07b@example.com",
    "@example.com",
    '"a b"@example.com',
)
BODIES = (b"", b"\0\1\2", b"{", b'{"events": 7}', b'{"events": [{"point": "nobody"}]}', b"[" * 20_000, "ÿ".encode("latin-1"))
#: The answers that odd input may have: anything but an error of the server.
TAKEN = (200, 204, 303, 400, 403, 404, 409, 411, 413, 414, 422, 428, 503)
MOMENTS = ("01/Jan/1969:00:00:00 +0000", "31/Dec/9999:23:59:59 +0000", "00/Foo/0000:99:99:99 +9999")
#: Moments that no store takes, milliseconds.
BEYOND_MS = (-(10**14), -1, 10**14, 253_402_300_800_000)


def at_the_doors(house: House, ledger: Ledger, sender: Sender) -> None:
    """Send what no browser sends, and write lines that no calendar has."""
    for address in ADDRESSES:
        for path in ("/avow/forms/contact-form", "/privacy/know", "/avow/forms/newsletter"):
            fields = f"email={address}&message=x".encode("utf-8", "replace")
            sender.send("POST", path, body=fields, expected=TAKEN, Content_Type="application/x-www-form-urlencoded")
    for body in BODIES:
        sender.send("POST", "/avow/events", body=body, expected=TAKEN)
        sender.send("POST", "/avow/forms/contact-form", body=body, expected=TAKEN, Content_Type="application/json")
    for moment in MOMENTS:
        write(house.log, line("/poison", moment))
    write(house.log, "no line of a log\n")
    ledger.did("rounds of odd input at the doors")


def below_the_doors(house: House, ledger: Ledger) -> None:
    """Put records into the spool that the store does not take, between good ones; damage a message and a request."""
    _in_the_spool(house, ledger)
    _in_the_control_store(house)
    ledger.did("rounds of damaged items below the doors")


def _in_the_spool(house: House, ledger: Ledger) -> None:
    """Be a third writer for a moment."""
    batch = secrets.token_hex(6)
    pages = [f"/soak/beside/{batch}-{number}" for number in range(len(BEYOND_MS) + 2)]
    now = time.time_ns() // 1_000_000
    good = [_event(page, now) for page in pages]
    bad = [_event("/poison", moment) for moment in BEYOND_MS] + [_event("/poison", now, delete_on="never")]
    mixed = [one for pair in zip(good, bad, strict=False) for one in pair] + good[-1:]

    async def append(vault: Vault) -> None:
        spool = Spool(house.data / "spool", vault, 1 << 30)
        try:
            await spool.append([msgspec.msgpack.encode(one) for one in mixed])
        finally:
            spool.close()

    with closing(Vault(house.data / "keys.db")) as vault:
        asyncio.run(append(vault))
    ledger.acknowledge("neighbours of poison", *pages)


def _event(page: str, moment_ms: int, delete_on: str = "2028-01-01") -> Event:
    return Event(
        record_id=secrets.token_hex(16),
        collected_ms=moment_ms,
        site="marrowby.example",
        point="page-pixel",
        rulebook_id="",
        name="page-pixel",
        delete_on=delete_on,
        then=AfterRetention.ERASE,
        fields={"page": page},
    )


def _in_the_control_store(house: House) -> None:
    """Add a message that no key opens, and a request of a kind that no version knows."""
    now, name = time.time_ns() // 1_000_000, secrets.token_hex(16)
    with closing(sqlite3.connect(house.data / "control.db", timeout=30)) as connection, connection:
        connection.execute(
            "INSERT INTO deliveries (id, kind, batch, is_many, recipient, connector, purpose, rulebook_id, site, state, attempts, "
            "next_ms, holder, approver, trouble, code, receipt, made_ms) "
            "VALUES (?, 'letter', '', 0, '', 'smtp', '', '', '', 'waiting', 0, ?, '', '', '', 0, '', ?)",
            (name, now, now),
        )
        connection.execute(
            "INSERT INTO delivery_people (delivery, number, request_id, record, items) VALUES (?, 0, ?, '', 'A')", (name, name)
        )
        connection.execute("INSERT INTO letters (delivery, sealed) VALUES (?, ?)", (name, b"damaged"))
        connection.execute(
            "INSERT INTO consumer_requests (id, kind, received_ms, received_on, rulebook_id, channel, sealed, demonstration) "
            "VALUES (?, 'none', ?, '2026-01-01', '', 'web', ?, 0)",
            (name, now, b"damaged"),
        )
