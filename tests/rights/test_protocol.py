"""The Data Rights Protocol 1.0, what of it asks no store: signatures over exact bytes, states by one table, the directory."""

import base64
import json
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.agents import SmallAgent

from avow.definitions import RequestKind
from avow.rights.protocol import directory, envelope, status
from avow.rights.protocol.envelope import Key, Opened
from avow.rights.protocol.faults import Fault
from avow.rights.protocol.status import FINAL, TABLE, Facts, Reason, Status
from avow.rights.states import TABLES, State

#: The vector of the specification's reference agent.
KEY = "A6EHv/POEL4dcN0Y50vAmWfk1jCbpQ1fHdyGZBJVMbg="
BODY = (
    "epPvkDwPWvdbqwv5xfJtqcd3WZlKdx62OGqMZdMPtpwBLGUXzVzlRyHDzA+1P0o4FC2RZm0BPCHMkeQUxISbBHsiYWdlbnQtaWQiOiAiQUFfVEVTVCIsICJi"
    "dXNpbmVzcy1pZCI6ICJDQl9URVNUIiwgImlzc3VlZC1hdCI6ICIyMDMwLTAxLTAxVDAwOjAwOjAwLjAwMCswMDowMCIsICJleHBpcmVzLWF0IjogIjIwMzAt"
    "MDEtMDFUMDA6MTA6MDAuMDAwKzAwOjAwIiwgImRycC52ZXJzaW9uIjogIjEuMCJ9"
)
NOW = datetime(2030, 1, 1, 0, 5, tzinfo=UTC)
MADE = st.sampled_from(sorted(TABLES))


def test_the_vector_of_the_reference_agent_holds():
    """And nothing of it can be changed."""
    found = envelope.opened(BODY.encode(), Key(KEY))
    assert isinstance(found, Opened)
    assert envelope.fault(found.said, "AA_TEST", "CB_TEST", NOW) is None
    assert SmallAgent(None, None).entry["verify_key"] == KEY
    plain = base64.b64decode(BODY)
    for place in range(0, len(plain), 7):
        changed = plain[:place] + bytes([plain[place] ^ 1]) + plain[place + 1 :]
        assert isinstance(envelope.opened(base64.b64encode(changed), Key(KEY)), Fault)


@given(st.binary(max_size=300))
def test_whatever_comes_is_answered(body):
    """Nothing that somebody sends raises."""
    assert isinstance(envelope.opened(body, Key(KEY)), Fault)


MORE = st.dictionaries(
    st.sampled_from(["agent-id", "business-id", "issued-at", "expires-at", "drp.version"]),
    st.one_of(st.none(), st.integers(), st.text(max_size=30), st.lists(st.integers()), st.just("0001-01-01T00:00:00+14:00")),
)


@given(MORE)
def test_whatever_is_signed_is_judged(changed):
    """A frame of any types is a fault or holds, and never raises; nothing but the whole of it holds."""
    whole = {
        "agent-id": "AA",
        "business-id": "CB",
        "issued-at": "2030-01-01T00:00:00Z",
        "expires-at": "2030-01-01T00:10:00Z",
        "drp.version": "1.0",
    }
    found = envelope.fault(whole | changed, "AA", "CB", NOW)
    assert (found is None) is (whole | changed == whole) or found is None


def test_the_checks_are_in_their_order():
    """3.07: the agent, the business, the beginning, the end."""
    said = {"agent-id": "AA", "business-id": "CB", "issued-at": "2031-01-01T00:00:00Z", "expires-at": "2029-01-01T00:00:00Z"}
    words = []
    for mended in ({"agent-id": "AA_TEST"}, {"business-id": "CB_TEST"}, {"issued-at": "2029-12-31T23:59:00Z"}, {}):
        words.append(envelope.fault(said, "AA_TEST", "CB_TEST", NOW).message)
        said |= mended
    assert ["agent-id" in words[0], "business-id" in words[1], "later" in words[2], "expired" in words[3]] == [True] * 4


@given(MADE, st.sampled_from(State), st.sampled_from(["", "granted", "partial", "denied"]), st.text(max_size=20), st.booleans())
def test_state_and_reason_are_always_in_the_table(kind, state, outcome, why, is_withdrawn):
    """Whatever our own state is; an opt-out never asks who somebody is, and only access is asked too often."""
    facts = Facts("id", kind, state, NOW, NOW, "", is_withdrawn, outcome, why, "x", "https://x", NOW, "https://y", NOW)
    for one in (why, *status.REASONS):
        found, reason = status.judged(Facts(**{**{f: getattr(facts, f) for f in facts.__slots__}, "why": one}))
        assert reason in TABLE[found]
        assert kind is not RequestKind.OPT_OUT or reason not in status.NEVER_OF_OPT_OUTS
        assert kind is RequestKind.KNOW or reason not in status.OF_ACCESS
    said = status.written(facts)
    assert {"request_id", "status", "received_at"} <= set(said)


@given(MADE, st.sampled_from(["granted", "partial", "denied"]), st.lists(st.sampled_from(State), max_size=5))
def test_a_final_state_is_never_left(kind, outcome, later):
    """Once it is answered, whatever follows of its record."""
    after = {State.RESPONDED, State.CONFIRMED, State.CLOSED, State.RECORD_ONLY}
    first = status.judged(Facts("id", kind, State.RESPONDED, NOW, NOW, outcome=outcome))
    assert first[0] in FINAL
    for state in (one for one in later if one in after):
        assert status.judged(Facts("id", kind, state, NOW, NOW, outcome=outcome)) == first


def test_each_reason_of_ours_has_one_of_the_protocol():
    """What is not in the table is "other"."""
    assert set(status.REASONS.values()) <= set(Reason)
    assert status.judged(Facts("id", RequestKind.DELETE, State.CLOSED, NOW, NOW, outcome="denied", why="D1")) == (
        Status.DENIED,
        Reason.OTHER,
    )


ENTRY = SmallAgent(None, None).entry
WRONG = {
    "no object": 7,
    "no id": ENTRY | {"id": None},
    "an id with a slash": ENTRY | {"id": "../AA"},
    "a short key": ENTRY | {"verify_key": base64.b64encode(b"x" * 31).decode()},
    "a key that is none": ENTRY | {"verify_key": "?"},
    "no website": ENTRY | {"web_url": "agent"},
    "a website in clear": ENTRY | {"web_url": "http://agent.example.com"},
}


def test_an_entry_that_is_none_stops_no_other():
    """Each is named by its number, and why; ids are as they are in practice."""
    last = ENTRY | {"id": "permission-slip_2"}
    read = directory.read(json.dumps([ENTRY, *WRONG.values(), last]).encode())
    assert [one.id for one in read.agents] == ["AA_TEST", "permission-slip_2"]
    assert [number for number, _ in read.wrong] == list(range(2, 2 + len(WRONG)))
    assert directory.read(json.dumps([ENTRY, ENTRY]).encode()).agents == ()


@pytest.mark.parametrize("content", [b"", b"7", b"[" * 5000, b" " * 2_000_000, json.dumps([{}] * 1001).encode()])
def test_what_is_no_directory_is_refused(content):
    """Before anything of it is taken."""
    with pytest.raises(ValueError, match=r"directory|Expecting"):
        directory.read(content)


def test_our_entry_has_both_spellings():
    """Readers look for the one that is misspelt."""
    made = directory.entry_of_business(
        "MARROWBY", "Marrowby", "https://www.marrowby.example", ("deletion",), ("email",), ("a@example.com", "b@example.com")
    )
    assert made["supported_verifications"] == made["supported_verfications"] == ["email"]
    assert made["api_base"] == "https://www.marrowby.example"
    assert set(made) >= {"id", "name", "logo", "supported_actions", "privacy_policy_url", "web_url", "technical_contact"}


@pytest.mark.parametrize("age", [timedelta(minutes=15, seconds=1), timedelta(minutes=20), timedelta(days=1)])
def test_no_message_holds_longer_than_its_hash_is_kept(age):
    """Whatever it says itself."""
    issued = NOW - age
    said = {"agent-id": "AA", "business-id": "CB", "issued-at": issued.isoformat(), "drp.version": "1.0"}
    found = envelope.fault(said | {"expires-at": (NOW + timedelta(days=9)).isoformat()}, "AA", "CB", NOW)
    assert found.is_fatal
