"""A no to what recordings are for takes them back with it: before the step that is written once, whatever fails in between."""

from dataclasses import replace

import pytest
from bench.requests_house import rulebook
from tests.failing import WAYS, Failing
from tests.houses import house
from tests.rights.test_desk import Office
from tests.web.serving import VISITOR

from avow.audit.log import Log
from avow.definitions import Recording, RequestKind, StoreUnavailable
from avow.rights import applying, receive
from avow.rights.cases import Contact
from avow.rights.kept import Cases
from avow.rights.states import Step
from avow.store.control import recordings

__all__ = ["house"]
RECORDING, CONTENT = "a1" * 16, b"the chunk as the drain gave it"


@pytest.fixture
def office(house, tmp_path):
    """An installation whose policy offers every right, with a recording of a browser that said yes."""
    house.publisher.first(rulebook(house.now.date()), house.now_ms())
    at_ms = house.now_ms()
    kept = Recording(
        record_id=f"{RECORDING[:16]}{0:016x}",
        collected_ms=at_ms,
        site="marrowby",
        point="session-recording",
        rulebook_id=house.versions.in_force().id,
        recording=RECORDING,
        seq=0,
        page="/",
        delete_on="2099-01-01",
        purposes=["page-improvement"],
        chunk=CONTENT,
        visitor=VISITOR,
        first_ms=at_ms,
        last_ms=at_ms + 9000,
    )
    assert house.store.write([kept]).kept == 1
    house.wait(seconds=20)
    return Office(house, Log(tmp_path / "public", tmp_path / "private", "marrowby.example"))


def readable(office):
    """Return whether the recording can be played yet."""
    store = office.house.store
    with store.control.reading() as tx:
        row = recordings.get(tx, RECORDING)
    return row is not None and store.recording_chunk(row, 0) is not None


def filed(office):
    """Keep a request to take the yes back, which nothing has carried out yet."""
    contact = Contact("", visitor_id=VISITOR, purposes=("page-improvement",))
    asked = receive.Asked(RequestKind.WITHDRAW_CONSENT, contact, "phone")
    rules = office.tools.voice.rulebook
    return receive.receive(asked, rules, office.cases, "America/Los_Angeles", office.house.now_ms())


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("at", [1, 2])
def test_what_was_recorded_goes_before_it_is_written_that_the_no_holds(office, way, at):
    """Killed at each write: where the step is there the recording is gone, and the next round does the rest, once."""
    case, rules, now_ms = filed(office), office.tools.voice.rulebook, office.house.now_ms()
    store = office.house.store
    assert readable(office)
    broken = Cases(replace(store, control=Failing(store.control, "transaction", way, at)))
    with pytest.raises(StoreUnavailable):
        applying.apply(case, rules, broken, now_ms)
    after = office.cases.get(case.request_id)
    assert after.entry(Step.APPLIED) is None or not readable(office)
    applying.apply(after, rules, office.cases, now_ms)
    done = office.cases.get(case.request_id)
    assert ([one.step for one in done.history].count(Step.APPLIED), readable(office)) == (1, False)
