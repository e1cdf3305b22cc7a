"""The Data Rights Protocol 1.0, each check of specs/data-rights-protocol.md, by an agent that signs by itself."""

import base64
import json
from datetime import datetime, timedelta

import pytest
from tests.agents import TEXT, SmallAgent
from tests.houses import compiled, insider

from avow.definitions import RequestKind
from avow.policy.checks.carried_out import EVERYTHING
from avow.rights.protocol import directory, status
from avow.rights.states import Step
from avow.rights.verification import Link
from avow.store.control import agents

from .policies import CLUB, SHARING

MINUTE = timedelta(minutes=1)
ACTIONS = ("sale:opt-out", "deletion", "access", "access:categories", "access:specific")
CALLBACK = "https://agent.example.com/drp/callback"


@pytest.fixture
def house(serving):
    """The example company, as agents know it."""
    return serving(compiled(*SHARING, *CLUB, does=EVERYTHING), website="drp_id = 'MARROWBY'")


def joined(house, **given):
    """Return an agent of the directory."""
    made = SmallAgent(house.browser(), lambda: house.now, **given)
    read = house.rooms.agents.register.read(directory.read(json.dumps([made.entry]).encode()))
    assert not read.wrong
    return made


@pytest.fixture
def agent(house):
    """An agent of the directory that has a token."""
    made = joined(house)
    assert made.set_up().status_code == 200
    return made


@pytest.fixture
def other(house):
    """Another one."""
    made = joined(house, drp_id="AA_OTHER", seed=bytes(32), web_url="https://other.example.com")
    assert made.set_up().status_code == 200
    return made


def failed(answer, status, *, fatal=None):
    """Tell whether an answer is the error object of a status: its code a string. 3.06."""
    said = answer.json()
    assert answer.status_code == status, answer.text
    assert said["code"] == str(status)
    assert isinstance(said["message"], str)
    assert fatal is None or said.get("fatal", False) is fatal
    return True


def test_a_key_is_set_up(house):
    """200 with the id of the request and a token that nobody can guess; of which the hash alone is kept."""
    agent = joined(house)
    answer = agent.set_up()
    assert answer.status_code == 200
    assert answer.json() == {"agent-id": "AA_TEST", "token": agent.token}
    assert len(base64.urlsafe_b64decode(agent.token + "=")) == 32
    kept = house.rooms.agents.register.find("AA_TEST")
    assert agent.token not in repr(kept)
    assert len(kept.token_hash) == 32


def test_an_unknown_agent_gets_403_and_nothing_else(house):
    """As does whatever fails there."""
    answer = SmallAgent(house.browser(), lambda: house.now, drp_id="AA_NOBODY").set_up()
    assert (answer.status_code, answer.content) == (403, b"")


SETUPS = {
    "signed by another key": lambda agent: SmallAgent(None, agent.clock, seed=bytes(32)).sign(agent.frame()),
    "not base64": lambda _agent: b"{not base64}",
    "shorter than a signature": lambda _agent: base64.b64encode(b"x" * 63),
    "empty": lambda _agent: b"",
    "no object": lambda agent: agent.sign(b"[1, 2]"),
    "no JSON": lambda agent: agent.sign(b"\xff"),
    "deep": lambda agent: agent.sign(b"[" * 5_000),
    "another agent": lambda agent: agent.sign(agent.frame(agent_id="AA_OTHER")),
    "another business": lambda agent: agent.sign(agent.frame(business_id="CB_OTHER")),
    "issued later": lambda agent: agent.sign(agent.frame(age=-MINUTE)),
    "expired": lambda agent: agent.sign(agent.frame(age=16 * MINUTE)),
    "20 minutes old, whatever it says": lambda agent: agent.sign(agent.frame(age=20 * MINUTE, lasts=timedelta(days=1))),
    "another version": lambda agent: agent.sign(agent.frame(drp_version="0.9")),
    "no moment": lambda agent: agent.sign(agent.frame(issued_at="yesterday")),
    "a moment without a zone": lambda agent: agent.sign(agent.frame(issued_at="2026-11-23T20:59:00")),
    "1 MB": lambda agent: agent.sign(agent.frame() | {"more": "x" * 1_000_000}),
}


@pytest.mark.parametrize("wrong", SETUPS)
def test_a_set_up_that_does_not_hold_gets_403_and_nothing_else(house, wrong):
    """2.05, 3.07: whichever check it is."""
    agent = joined(house)
    answer = agent.set_up(SETUPS[wrong](agent))
    assert (answer.status_code, answer.content) == (403, b"")


def test_a_set_up_for_another_address_fails(house, other):
    """The agent of the address is the one that signed."""
    agent = joined(house)
    assert agent.set_up(agent_id="AA_OTHER").status_code == 403
    assert other.info().status_code == 200


def test_a_second_set_up_ends_the_token_before(house, agent):
    """Pairwise: one token. And the first message sent again, by whoever caught it, sets up nothing."""
    first = agent.token
    house.wait(seconds=1)
    body = agent.sign(agent.frame())
    assert agent.set_up(body).status_code == 200
    assert agent.token != first
    assert agent.info(token=first).status_code == 403
    assert agent.set_up(body).content == b""
    assert agent.info().status_code == 200


def test_a_message_of_fifteen_minutes_is_taken(house):
    """Agents send fifteen, whatever the specification recommends."""
    agent = joined(house)
    body = agent.sign(agent.frame())
    house.wait(minutes=14, seconds=59)
    assert agent.set_up(body).status_code == 200


def test_a_good_token_is_told_so(agent):
    """200 and an empty object."""
    assert agent.info().json() == {}


@pytest.mark.parametrize("token", ["", "nothing", "Bearer Bearer", "ä" * 10])
def test_no_token_or_a_garbled_one_is_403(agent, token):
    """2.06."""
    headers = {"Authorization": f"Bearer {token}".encode()} if token else {}
    assert agent.client.get("/v1/agent/AA_TEST", headers=headers).status_code == 403


def test_the_token_of_another_agent_is_403(agent, other):
    """2.06."""
    assert agent.info(token=other.token).status_code == 403
    assert agent.info(agent_id="AA_OTHER").status_code == 403


@pytest.mark.parametrize("regime", ["ccpa", None, "voluntary"])
@pytest.mark.parametrize("action", ACTIONS)
def test_each_action_is_taken(agent, house, action, regime):
    """With the dates of our own clock: at most 45 days."""
    answer = agent.exercise(agent.asks(action, **({"regime": regime} if regime else {})))
    said = answer.json()
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("application/json")
    assert said["status"] == ("in_progress" if action != "sale:opt-out" else said["status"])
    expected = datetime.fromisoformat(said["expected_by"]) - datetime.fromisoformat(said["received_at"])
    assert timedelta() < expected <= timedelta(days=45)
    assert datetime.fromisoformat(said["received_at"]) == house.now
    [case] = house.cases()
    assert case.channel == "drp"
    assert case.jurisdiction == ("US-CA" if regime == "ccpa" else "")
    assert case.contact.pieces == {"access": "both", "access:categories": "categories", "access:specific": "specific"}.get(
        action, ""
    )


@pytest.mark.parametrize("action", ["sale:opt-in", "sale:opt_in", "erase", ""])
def test_what_is_not_supported_is_400(agent, action):
    """An opt-in is taken of its person alone, in two steps: 11 CCR 7028(a)."""
    answer = agent.exercise(agent.asks(action))
    assert failed(answer, 400)
    assert answer.json()["message"] == "Unsupported rights actions submitted."


def test_a_kind_that_the_policy_does_not_offer_is_not_supported(serving):
    """What is taken comes from the table of kinds and the rights of the version in force."""
    house = serving(website="drp_id = 'MARROWBY'")
    actions = house.rooms.agents.exchange.actions()
    assert ("sale:opt-out" in actions) is (RequestKind.OPT_OUT in house.versions.in_force().rights)
    assert {"deletion", "access"} <= set(actions)


@pytest.mark.parametrize("headers", [TEXT, {}, {"Content-Type": "application/json"}])
@pytest.mark.parametrize("slash", ["", "/"])
def test_paths_and_types_are_taken_as_agents_send_them(agent, headers, slash):
    """A slash at the end, text/plain, and no type at all."""
    assert agent.exercise(path=f"/v1/data-rights-request{slash}", headers=headers).status_code == 200


MESSAGES = {
    "expired": (lambda agent: agent.asks() | agent.frame(age=16 * MINUTE), 400, True),
    "of 20 minutes ago": (lambda agent: agent.asks() | agent.frame(age=20 * MINUTE, lasts=timedelta(hours=2)), 400, True),
    "issued later": (lambda agent: agent.asks() | agent.frame(age=-MINUTE), 400, False),
    "of another agent": (lambda agent: agent.asks() | {"agent-id": "AA_OTHER"}, 403, True),
    "for another business": (lambda agent: agent.asks() | {"business-id": "CB_OTHER"}, 403, True),
    "of another version": (lambda agent: agent.asks() | {"drp.version": "0.9"}, 400, True),
    "two actions": (lambda agent: agent.asks() | {"exercise": ["deletion", "access"]}, 400, True),
    "another law": (lambda agent: agent.asks(regime="gdpr"), 400, True),
    "no address": (lambda agent: agent.asks(email=None), 400, True),
    "an address that is none": (lambda agent: agent.asks(email="robin"), 400, True),
    "a number that is none": (lambda agent: agent.asks(phone_number="12"), 400, True),
    "a name that is no text": (lambda agent: agent.asks(name=["Robin"]), 400, True),
    "verified, more or less": (lambda agent: agent.asks(email_verified="perhaps"), 400, True),
    "an address that is no object": (lambda agent: agent.asks(address="Main Street"), 400, True),
    "claims without an end": (lambda agent: agent.asks(more="x" * 40_000), 400, True),
}


@pytest.mark.parametrize("wrong", MESSAGES)
def test_a_message_that_does_not_hold_is_an_error_and_no_request(agent, house, wrong):
    """3.06, 3.07: the error object, and nothing is kept."""
    message, code, fatal = MESSAGES[wrong]
    assert failed(agent.exercise(message(agent)), code, fatal=fatal)
    assert house.cases() == []


def test_the_signature_of_another_agent_with_my_token_is_403(agent, other, house):
    """The key is that of the token's agent."""
    message = agent.asks()
    assert failed(agent.exercise(body=other.sign(message)), 403)
    assert failed(agent.exercise(token=other.token), 403)
    assert failed(agent.exercise(token=""), 403)
    assert house.cases() == []


def test_a_megabyte_is_413(agent):
    """With the error object, whoever refused it first."""
    assert failed(agent.exercise(agent.asks(more="x" * 1_000_000)), 413, fatal=True)


def test_a_message_that_comes_twice_is_answered_as_the_first(agent, house):
    """And makes no second request, however its base64 is written."""
    body = agent.sign(agent.asks())
    first = agent.exercise(body=body).json()
    house.wait(minutes=10)
    assert agent.exercise(body=body + b"\n").json()["request_id"] == first["request_id"]
    assert len(house.cases()) == 1
    house.wait(minutes=10)
    assert failed(agent.exercise(body=body), 400, fatal=True)  # after its time it is refused for that
    assert len(house.cases()) == 1


def test_claims_are_kept_and_what_an_agent_verified_is_a_hint(agent, house):
    """Unknown ones, too; `email_verified` proves nothing: the person is asked."""
    address = {"street_address": "1 Main Street", "locality": "Marrow", "region": "CA", "postal_code": "90000", "country": "US"}
    given = {"address": address, "loyalty-number": 17, "name": "Robin Example", "email_verified": True}
    answer = agent.exercise(agent.asks("access", phone_number="+14155550132", **{"agent-request-id": "A-1"}, **given))
    assert answer.json()["agent_request_id"] == "A-1"
    [case] = house.cases()
    assert (case.contact.name, case.contact.phone) == ("Robin Example", "+14155550132")
    assert case.entry(Step.VERIFIED) is None
    with house.store.control.reading() as tx:
        kept = house.rooms.agents.exchange.progress.said(agents.said(tx, case.request_id))
    assert kept["claims"] == {"address": address, "loyalty-number": 17}
    assert kept["hints"] == ["email_verified"]
    house.walk()
    assert agent.status(answer.json()["request_id"]).json()["reason"] == "need_user_verification"


def confirmed(house, case):
    """Follow the link that went to the person's address."""
    return house.rooms.rights.confirm(house.link(case.request_id, Link.CONFIRM))


def asked(agent, house, action="access", **more):
    """Exercise a right, and let the message to the person leave; return its id and our request."""
    request_id = agent.exercise(agent.asks(action, **more)).json()["request_id"]
    house.walk()
    return request_id, house.cases()[-1]


def schema(said):
    """Tell whether a status object has what its state may have, and nothing else."""
    may = status.FIELDS.get((status.Status(said["status"]), said.get("reason", "")), frozenset())
    return set(said) <= {"request_id", "agent_request_id", "status", "reason", "received_at"} | may


def test_a_request_goes_its_way(agent, house):
    """in_progress, need_user_verification with where the person goes, fulfilled with where the answer is, while we have it."""
    request_id, case = asked(agent, house)
    waits = agent.status(request_id).json()
    assert schema(waits)
    assert waits["reason"] == "need_user_verification"
    assert waits["user_verification_url"].startswith("http://testserver/privacy/agents/")
    assert waits["expires_at"]
    confirmed(house, case)
    assert "reason" not in agent.status(request_id).json()
    house.walk()
    done = agent.status(request_id).json()
    assert schema(done)
    assert (done["status"], "reason" in done) == ("fulfilled", False)
    assert house.browser().get(done["results_url"]).status_code == 200


def test_a_deletion_has_no_results_for_the_agent(agent, house):
    """The letter is the person's."""
    request_id, case = asked(agent, house, "deletion")
    confirmed(house, case)
    house.walk()
    done = agent.status(request_id).json()
    assert done["status"] == "fulfilled"
    assert "results_url" not in done


def test_who_never_confirms_is_denied_on_the_day(agent, house):
    """insuf_verification; and a final state is read for seven days and longer, then not any more."""
    request_id, _ = asked(agent, house, "deletion")
    house.wait(days=46)
    house.walk()
    denied = agent.status(request_id).json()
    assert (denied["status"], denied["reason"]) == ("denied", "insuf_verification")
    assert schema(denied)
    house.wait(days=8)
    house.walk()
    assert agent.status(request_id).json()["status"] == "denied"
    house.wait(days=60)
    assert failed(agent.status(request_id), 403)


def test_an_opt_out_needs_no_verification(agent, house):
    """Never need_user_verification or insuf_verification: it holds at once, by number alone as well."""
    request_id = agent.exercise(agent.asks("sale:opt-out", email=None, phone_number="+14155550132")).json()["request_id"]
    said = agent.status(request_id).json()
    assert said["status"] in {"in_progress", "fulfilled"}
    assert "reason" not in said
    house.run("opt-outs", "requests")
    assert agent.status(request_id).json()["status"] == "fulfilled"
    assert house.cases()[0].entry(Step.PERMITTED) is not None


def test_an_extension_moves_the_day_and_says_so(agent, house):
    """3.08: expected_by and processing_details together."""
    request_id, case = asked(agent, house, "deletion")
    before = agent.status(request_id).json()
    assert house.rooms.rights.extend(case.request_id, "We have to ask another company first.", "s1") is None
    house.walk()
    after = agent.status(request_id).json()
    assert after["expected_by"] > before["expected_by"]
    assert "More time" in after["processing_details"]
    assert "processing_details" not in before
    assert schema(after)


def test_anothers_request_and_none_are_the_same(agent, other):
    """403 for both, in the same words."""
    request_id = agent.exercise().json()["request_id"]
    theirs, none = other.status(request_id), other.status("00000000-0000-4000-8000-000000000000")
    assert failed(theirs, 403)
    assert theirs.content == none.content
    assert other.revoke(request_id).content == theirs.content
    assert agent.status(request_id).json()["status"] == "in_progress"


def test_a_request_is_taken_back(agent, house):
    """Without a Content-Type, twice the same, and its link does nothing after."""
    request_id, case = asked(agent, house, "deletion")
    first = agent.revoke(request_id)
    assert (first.status_code, first.json()["status"]) == (200, "revoked")
    assert agent.revoke(request_id).json() == first.json()
    confirmed(house, case)
    house.walk()
    assert house.cases()[0].entry(Step.PLANNED) is None
    assert agent.status(request_id).json()["status"] == "revoked"


def test_what_is_done_cannot_be_taken_back(agent, house):
    """An error, and nothing changes: what is erased stays erased."""
    request_id, case = asked(agent, house, "deletion")
    confirmed(house, case)
    house.walk()
    before = agent.status(request_id).json()
    assert failed(agent.revoke(request_id), 409)
    assert agent.status(request_id).json() == before
    assert before["status"] == "fulfilled"


def test_an_opt_out_that_holds_is_taken_back_by_its_person_alone(agent):
    """11 CCR 7028(a)."""
    request_id = agent.exercise(agent.asks("sale:opt-out")).json()["request_id"]
    assert failed(agent.revoke(request_id), 409)


def test_a_revocation_has_to_be_signed(agent, other):
    """By the agent of the token."""
    request_id = agent.exercise().json()["request_id"]
    assert failed(agent.revoke(request_id, body=other.sign({"reason": "x"})), 403)
    assert failed(agent.revoke(request_id, body=b"x"), 400)
    assert agent.status(request_id).json()["status"] == "in_progress"


@pytest.mark.parametrize(
    "address",
    [
        "http://agent.example.com/callback",
        "https://other.example.com/callback",
        "https://agent.example.com.evil.example/callback",
        "https://agent.example.com@evil.example/callback",
        "https://evil.example\\@agent.example.com/",
        "https://10.0.0.1/callback",
        "ftp://agent.example.com/",
        "https:///callback",
    ],
)
def test_an_agent_is_called_back_at_its_own_host_alone(agent, house, address):
    """https, at the host of its web_url: nothing is sent anywhere else."""
    assert failed(agent.exercise(agent.asks(status_callback=address)), 400)
    assert house.cases() == []
    assert agent.exercise(agent.asks(status_callback=CALLBACK)).status_code == 200


def test_a_directory_that_changes_a_key_changes_nothing(agent, house):
    """The pinned one goes on; the other opens nothing until an operator pins it, and then the token ends."""
    changed = SmallAgent(agent.client, agent.clock, seed=b"\x01" * 32)
    read = house.rooms.agents.register.read(directory.read(json.dumps([changed.entry]).encode()))
    assert read.differ == ("AA_TEST",)
    assert changed.set_up().status_code == 403
    assert agent.info().status_code == 200
    assert house.rooms.agents.register.pin("AA_TEST") is None
    assert agent.info().status_code == 403
    assert changed.set_up().status_code == 200
    assert [one for one in ("key-differs", "key-pinned") if any(f"agent.{one}" in line for line in house.logged())] == [
        "key-differs",
        "key-pinned",
    ]


def test_nothing_is_taken_of_an_agent_that_has_ended(agent, house):
    """Neither by its token nor by its key."""
    assert house.rooms.agents.register.end("AA_TEST") is None
    assert failed(agent.exercise(), 403)
    assert agent.set_up().status_code == 403


def test_two_agents_for_one_person_have_a_link_each(agent, other, house):
    """Who permits one permits no other: each is confirmed by a message that names it."""
    one, two = agent.exercise().json()["request_id"], other.exercise().json()["request_id"]
    house.walk()
    told = [house.rooms.outbox.read(message, insider()).text for message in house.messages("sent")]
    assert sorted(name for name in ("Agent AA", "AA_TEST", "AA_OTHER") for text in told if f"{name} asked" in text) == [
        "AA_OTHER",
        "AA_TEST",
    ]
    case = next(case for case in house.cases() if case.agent == house.rooms.agents.register.find("AA_TEST").id)
    confirmed(house, case)
    house.walk()
    assert agent.status(one).json()["status"] == "fulfilled"
    assert other.status(two).json()["reason"] == "need_user_verification"


def test_a_site_without_an_id_speaks_no_protocol(serving):
    """Every call is refused."""
    house = serving()
    agent = joined(house)
    assert agent.set_up().status_code == 403
    assert failed(agent.exercise(), 403)
