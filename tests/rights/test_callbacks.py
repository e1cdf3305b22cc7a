"""Agents are told what becomes of their requests (DRP 1.0, 2.03): a real HTTPS server of an agent, the job, and real stores."""

import json

import pytest
from tests.houses import compiled
from tests.recipients.https import Receiver
from tests.web.conftest import serving  # noqa: F401 - a fixture
from tests.web.policies import CLUB, SHARING
from tests.web.test_protocol import confirmed, joined

from avow.policy.checks.carried_out import EVERYTHING
from avow.recipients.connectors.callback import Callback
from avow.recipients.connectors.certificates import believed
from avow.rights.protocol import directory
from avow.store.control import agents, set_aside


@pytest.fixture
def receiver(tmp_path):
    """The agent's own server, over TLS."""
    made = Receiver(tmp_path)
    yield made
    made.stop()


def house_of(serving, receiver, *, private="['localhost']"):  # noqa: F811 - the fixture
    """Return an installation that may reach the agent on this machine, and believes its certificate."""
    extra = f"[data_rights_protocol]\nprivate_hosts = {private}\nca_file = '{receiver.ca}'\n"
    return serving(compiled(*SHARING, *CLUB, does=EVERYTHING), website="drp_id = 'MARROWBY'", extra=extra)


@pytest.fixture
def house(serving, receiver):  # noqa: F811 - the fixture
    return house_of(serving, receiver)


def agent_of(house, receiver):
    """Return an agent at that server, that has a token."""
    made = joined(house, web_url=f"https://localhost:{receiver.port}")
    assert made.set_up().status_code == 200
    return made


def asked(house, receiver, **more):
    """Exercise a right with a callback; return agent, id and our request."""
    agent = agent_of(house, receiver)
    callback = f"https://localhost:{receiver.port}/drp?key=abc"
    request_id = agent.exercise(agent.asks(status_callback=callback, **more)).json()["request_id"]
    house.run("agents")
    return agent, request_id, house.cases()[-1]


def told(receiver):
    """Return state and reason of each status object that came."""
    return [(one["status"], one.get("reason", "")) for one in receiver.bodies]


def test_an_agent_is_told_of_each_change_and_of_the_last_state(house, receiver):
    """One POST for each change, the object that GET has, and nothing of the person."""
    agent, request_id, case = asked(house, receiver)
    assert told(receiver) == []  # it was answered with it
    house.walk()
    house.run("agents")
    assert told(receiver) == [("in_progress", "need_user_verification")]
    confirmed(house, case)
    house.run("agents")
    house.walk()
    house.run("agents")
    assert told(receiver)[-1] == ("fulfilled", "")
    assert len(told(receiver)) == len(set(told(receiver)))
    assert receiver.bodies[-1] == agent.status(request_id).json()
    assert receiver.taken[-1][0] == "/drp?key=abc"
    assert b"robin" not in b"".join(content for _, _, content in receiver.taken)


def test_it_is_tried_again_until_it_is_taken(house, receiver):
    """500, a connection that breaks, then 200: and no more after it."""
    receiver.answers = [500, lambda handler: handler.connection.close(), 200]
    asked(house, receiver)
    house.walk()
    for _ in range(6):
        house.run("agents")
        house.wait(minutes=30)
    assert len(receiver.taken) == 3
    assert len(set(told(receiver))) == 1


def test_a_pause_by_a_clock_that_was_ahead_is_over(house, receiver):
    """Nobody waits three years for what was to be told half an hour later."""
    receiver.answers = [500, 200]
    asked(house, receiver)
    house.walk()
    house.wait(days=1000)
    house.run("agents")
    house.wait(days=-1000)
    house.run("agents")
    assert len(receiver.taken) == 2


def test_the_last_state_wins(house, receiver):
    """What happened while an agent could not be reached is told once, as it is then."""
    receiver.answers = [503]
    agent, request_id, _ = asked(house, receiver)
    house.walk()
    house.run("agents")
    agent.revoke(request_id)
    house.run("agents")
    assert told(receiver) == [("in_progress", "need_user_verification"), ("revoked", "")]


def test_an_address_inside_our_own_network_is_asked_nothing(serving, receiver):  # noqa: F811 - the fixture
    """Unless the configuration says so of this host; and another host's permission is none of this one's."""
    house = house_of(serving, receiver, private="['other.example.com']")
    asked(house, receiver)
    house.walk()
    house.run("agents")
    assert receiver.taken == []
    callback = Callback(believed(receiver.ca, "a test"), frozenset())
    for address in ("10.0.0.1", "127.0.0.1", "[::1]", "[::ffff:10.0.0.1]", "169.254.169.254", "localhost", "0.0.0.0"):
        assert "own network" in callback.post(f"https://{address}:{receiver.port}/", b"{}")
    assert receiver.taken == []


def test_a_name_that_leads_to_both_is_not_asked(receiver):
    """One address that is public next to one that is not: somebody tries."""
    both = Callback(believed(receiver.ca, "a test"), frozenset(), lambda *_: ["8.8.8.8", "127.0.0.1"])
    assert "own network" in both.post(f"https://localhost:{receiver.port}/", b"{}")
    lost = Callback(believed(receiver.ca, "a test"), frozenset(), _no_name)
    assert "not resolved" in lost.post("https://agent.example.com/", b"{}")


def _no_name(*_):
    raise OSError


def test_a_redirect_is_not_followed_and_no_certificate_of_others_is_believed(house, receiver, tmp_path):
    """It would lead to where nobody said."""
    receiver.answers = [302]
    asked(house, receiver)
    house.walk()
    house.run("agents")
    assert len(receiver.taken) == 1
    other = tmp_path / "other"
    other.mkdir()
    foreign = Receiver(other)
    stranger = Callback(believed(foreign.ca, "a test"), {"localhost"})
    foreign.stop()
    assert "no answer" in stranger.post(f"https://localhost:{receiver.port}/", b"{}")


def test_an_agent_that_moved_is_called_where_it_is_now(house, receiver):
    """The address is judged again: one that is not its own any more is called no more."""
    agent, _, case = asked(house, receiver)
    moved = agent.entry | {"web_url": "https://elsewhere.example.com"}
    house.rooms.agents.register.read(directory.read(json.dumps([moved]).encode()))
    house.walk()
    house.run("agents")
    assert receiver.taken == []
    with house.store.control.reading() as tx:
        assert agents.said(tx, case.request_id).wakes_ms is None


def test_who_asks_for_no_callback_is_not_called(house, receiver):
    """And costs nothing at rest."""
    agent = agent_of(house, receiver)
    assert agent.exercise().status_code == 200
    house.walk()
    with house.store.control.reading() as tx:
        assert agents.waking(tx, house.now_ms() + 10**12, 10) == ()


def test_one_that_is_damaged_stops_no_other(house, receiver):
    """It is set aside; its neighbours are told."""
    agent, _, first = asked(house, receiver)
    callback = f"https://localhost:{receiver.port}/drp"
    house.wait(seconds=1)
    second = agent.exercise(agent.asks(email="kim@example.com", status_callback=callback)).json()["request_id"]
    with house.store.control.transaction() as tx:
        agents.said_again(tx, first.request_id, b"damaged", None)
    house.walk()
    house.run("agents")
    assert [one["request_id"] for one in receiver.bodies] == [second]
    with house.store.control.reading() as tx:
        assert set(set_aside.names(tx, "agents")) == {first.request_id}


def test_what_was_shown_is_forgotten_on_its_own_day(house, receiver):
    """Claims, hints and permission go; that somebody permitted it, and where the agent is called, stay until the request ends."""
    _, _, case = asked(house, receiver, **{"loyalty-number": 17})
    house.run("permissions")
    progress = house.rooms.agents.exchange.progress
    with house.store.control.reading() as tx:
        assert progress.said(agents.said(tx, case.request_id))["claims"] == {"loyalty-number": 17}
    house.wait(days=92)
    house.run("permissions")
    with house.store.control.reading() as tx:
        left = progress.said(agents.said(tx, case.request_id))
    assert not {"claims", "hints", "permission"} & set(left)
    assert left["callback"]
