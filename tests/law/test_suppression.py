"""Deleted stays deleted, and a no stays a no, at every way in: 11 CCR 7022 (LAW.md DEL-07, DEL-11), 7026(f).

Whatever comes in, by whichever door, is one of a few kinds of records, and all of them arrive through one function.
"""

import ast
import typing
from pathlib import Path

import pytest
from tests.houses import compiled, person
from tests.store.store_records import Writer
from tests.web.conftest import serving  # noqa: F401 - a fixture
from tests.web.policies import RECORDING

from avow.collection.arrival import Arrival
from avow.definitions import (
    Event,
    EventBatch,
    IdentifierKind,
    LogLine,
    MailEvent,
    Recording,
    Signalled,
    Spooled,
    Submission,
    identifier,
)
from avow.gate import refused
from avow.store.control import recordings

NUMBER = "ab" * 16
ROBIN, BROWSER = person("robin@example.com"), identifier(IdentifierKind.VISITOR, NUMBER)


@pytest.fixture
def house(serving):  # noqa: F811 - the fixture
    return serving(compiled(*RECORDING))


def made(house, kind, at_ms):
    """Return a record of Robin, or of Robin's browser, as its door spools it; `at_ms` is the moment that it is of."""
    rulebook, writer = house.versions.in_force(), Writer()
    own = {"rulebook_id": rulebook.id}
    if kind is Event:
        return writer.event(NUMBER, at_ms, **own)
    if kind is MailEvent:
        opened = writer.event("", at_ms, **own, point="letter-opened", name="opened")
        return MailEvent(**{name: getattr(opened, name) for name in Event.__struct_fields__}, email="robin@example.com")
    if kind is EventBatch:
        return writer.batch(NUMBER, at_ms, ("page-view",), **own)
    if kind is Submission:
        fields = {"email": "robin@example.com", "message": "What now?"}
        return writer.submission("robin@example.com", at_ms, **own, fields=fields, purposes=["answer-questions"])
    [point] = rulebook.recorded_points
    return Recording(
        record_id=f"{at_ms:012x}{7:020x}",
        collected_ms=at_ms,
        site="marrowby",
        point=point.name,
        rulebook_id=rulebook.id,
        recording="cd" * 16,
        seq=0,
        page="/",
        delete_on="2099-01-01",
        purposes=sorted(point.purposes),
        chunk=b"{}",
        visitor=NUMBER,
    )


def held(house):
    """Return how many letters, recordings and rows for the engine there are."""
    with house.store.control.reading() as tx:
        recording = recordings.get(tx, "cd" * 16)
    return len(house.store.submissions_of(ROBIN, "contact-form")), int(recording is not None), len(house.store.events.inserted)


KINDS = [kind for kind in typing.get_args(Spooled) if kind not in {Signalled, LogLine}]


def test_these_are_all_kinds_that_name_somebody():
    """A line of a server's log names nobody. A new kind of record fails here until it is looked at below."""
    assert set(typing.get_args(Spooled)) == {Event, EventBatch, LogLine, MailEvent, Recording, Signalled, Submission}


@pytest.mark.parametrize("kind", KINDS)
def test_what_is_of_before_an_erasure_stays_out_by_every_door(house, kind):
    """A spool that was late, a feed that delivers again, an import, a report: by the moment that it is of."""
    arrival, before = Arrival(house.store, house.versions.rulebook), house.now_ms()
    house.wait(hours=1)
    house.store.erase([ROBIN, BROWSER], house.now_ms())
    house.wait(hours=1)
    arrival.write([made(house, kind, before)])
    assert held(house) == (0, 0, 0)
    arrival.write([made(house, kind, house.now_ms())])
    assert sum(held(house)) == 1  # who comes back of themselves is nobody whom we know


@pytest.mark.parametrize("kind", [Event, EventBatch, Recording])
def test_a_no_of_the_browser_is_asked_by_every_door(house, kind):
    """Kept by its number, whatever the request said that brought the record."""
    rulebook = house.versions.in_force()
    purposes = sorted(name for name, one in rulebook.purposes.items() if one.optional)
    with house.store.control.transaction() as tx:
        refused.refuse(house.store, tx, [BROWSER], purposes, "r1", rulebook, "marrowby", house.now_ms(), demonstration=False)
    Arrival(house.store, house.versions.rulebook).write([made(house, kind, house.now_ms())])
    assert held(house) == (0, 0, 0)


def test_nothing_comes_into_the_store_by_another_way():
    """Only the arrival hands what came in to the store; whatever door there is appends to the spool."""
    source = Path(__file__).parents[2] / "src" / "avow"
    found = set()
    for path in (source / "collection").rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "write":
                asked = ast.unparse(node.func.value)
                if "store" in asked:
                    found.add(str(path.relative_to(source)))
    assert found == {"collection/arrival.py"}
