"""A contract that ends stops what pages load and hand over, and the letters that a vendor carries."""

import pytest
from tests.recipients.vendors import with_vendor

from avow.collection.parties import Browsers
from avow.collection.signals import Signals
from avow.definitions import StoreUnavailable
from avow.gate.disclosures import PartyLoads
from avow.gate.stopped import STOPPED_SECONDS, Stopped
from avow.recipients.register import Register


def register(house):
    return Register(house.store, house.versions, house.now_ms)


@pytest.fixture
def clock():
    """A clock that a test moves: a list with its seconds."""
    return [0.0]


def test_pages_know_within_a_second_that_a_contract_has_ended(house, clock):
    """The register is asked once a second, and not for each page."""
    house.publisher.first(with_vendor(), house.now_ms())
    stopped = Stopped(house.store.control, house.versions, lambda: clock[0])
    assert stopped.names() == frozenset()
    register(house).withdraw("crm", "")
    assert stopped.names() == frozenset()
    clock[0] += STOPPED_SECONDS
    assert stopped.names() == {"crm"}
    register(house).renew("crm", "")
    clock[0] += STOPPED_SECONDS
    assert stopped.names() == frozenset()


def test_while_the_store_does_not_answer_nobody_is_let_in_anew(house, clock, monkeypatch):
    """What was known counts on; who knows nothing stops everybody."""
    house.publisher.first(with_vendor(), house.now_ms())
    old, new = (Stopped(house.store.control, house.versions, lambda: clock[0]) for _ in range(2))
    assert old.names() == frozenset()

    def away(_self):
        raise StoreUnavailable("away")

    house.versions.refresh()
    monkeypatch.setattr(type(house.store.control), "reading", away)
    clock[0] += 10
    assert old.names() == frozenset()
    assert new.names() == set(house.versions.in_force().recipients)


def test_the_script_of_who_is_stopped_is_not_loaded(published, complete_policy):
    """It is declared, its browser said yes, and the page leaves it out."""
    said = Signals(frozenset(), frozenset(), "", frozenset(complete_policy.purposes))
    facts = [
        Browsers(complete_policy, "shop", "shop", PartyLoads(), published.now_ms, lambda names=names: names).facts(said)
        for names in (frozenset(), frozenset({"ad-network"}))
    ]
    assert [{one.name: one.allowed for one in each.parties}["ad-script"] for each in facts] == [True, False]
