"""Walk 2 over the real control store, with the clock as an argument: denial, extension, what is forgotten and when."""

from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from tests.houses import sites

from avow.definitions import Refusal, RequestKind
from avow.policy import compile_text, law
from avow.rights import execution, receipts, receive, response, verification, walk
from avow.rights.cases import Contact
from avow.rights.kept import Cases
from avow.rights.outcomes import Located, Outcome
from avow.rights.response import Voice
from avow.rights.states import State, Step
from avow.store.control import Control, audit, deliveries, requests
from avow.store.files import Files
from avow.store.keys import Vault
from avow.store.store import Store

POLICY = Path(__file__).parents[2] / "policies" / "marrowby" / "policy.md"
DAY = 86_400_000
RECEIVED = int(datetime(2026, 12, 19, 0, 40, tzinfo=UTC).timestamp() * 1000)  # Friday 18 December in Los Angeles


#: The archive of somebody of whom nothing is held, as far as the letter reads it.
NOTHING_HELD = b'{"categories": []}'


class Shelf:
    """A target that needs two tries, and knows what is left."""

    name = "shelf"

    def __init__(self):
        self.left, self.tries = 3, 0

    def erase(self, _erasure, _now_ms):
        self.tries += 1
        if self.tries < 2:
            return None
        self.left = 0
        return Outcome(self.name, "erased", 3)

    def remaining(self, _erasure):
        return self.left


class Parts:
    """Finder, discloser and log that fit their Protocols; of a request to know the letter needs what was found."""

    def __init__(self, cases=None):
        self.cases = cases

    applications = frozenset()

    def locate(self, _identifiers, _points=(), _until_ms=0):
        return Located(("00" * 16,), {"shelf": 3})

    keeps = False

    def parts_of(self, _contact, _rulebook):
        return ()

    def holdings(self, _identifiers, _today, _withheld=()):
        return ()

    def browsers_of(self, _identifiers):
        return ()

    def of(self, _contact):
        return ()

    def take_back(self, _contact):
        """Nothing waits to leave."""

    def are_leaving(self, _contact):
        return False

    def disclose(self, case, _now_ms):
        if self.cases is not None:
            self.cases.keep_document(case.request_id, "archive.json", NOTHING_HELD)
        return [Outcome("Page visits", "in the archive", 2)]

    def prove(self, _entry):
        return 0, (), "checkpoint\n"


@pytest.fixture
def house(tmp_path, database):
    """Tools over a real control store, vault and files; no event engine is needed."""
    rulebook = compile_text(POLICY.read_text(encoding="utf-8"), "policy.md", law.tables(), date(2026, 11, 23)).rulebook
    vault, control = Vault(tmp_path / "keys.db"), Control(database)
    cases = Cases(Store(control, None, vault, Files(tmp_path / "files")))
    parts = Parts(cases)
    voice = Voice(sites().first, vault.hmac, rulebook)
    yield walk.Tools(voice, cases, (Shelf(),), parts, parts, parts, execution.Telling(parts, 10)), control
    control.close()
    vault.close()


def file(tools, kind=RequestKind.DELETE):
    asked = receive.Asked(kind, Contact("robin@example.com"))
    return receive.receive(asked, tools.voice.rulebook, tools.cases, "America/Los_Angeles", RECEIVED)


def carry(store, now_ms):
    """Have every message leave whose turn has come; return how many did. The real way is in tests/messaging/test_outbox.py."""
    with store.control.transaction() as tx:
        leaving = [row for row in deliveries.due(tx, now_ms, 1000) if row.kind in deliveries.OF_REQUESTS]
        for row in leaving:
            deliveries.sent(tx, row.id, now_ms)
            receipts.follow(tx, row.request_id, row.id, now_ms, {"how": "a test took it"})
    return len(leaving)


def advance(tools, case, now_ms, times=20):
    """Take steps and let messages leave until nothing moves; return the request as it is then."""
    for _ in range(times):
        now = tools.cases.get(case.request_id)
        moved = now is not None and walk.advance(now, tools, now_ms)
        if not carry(tools.cases._store, now_ms) and not moved:
            break
    return tools.cases.get(case.request_id)


def test_the_form_takes_no_right_that_people_carry_out(house):
    """The policy says that a person does it; a request by telephone is filed all the same."""
    tools, _ = house
    rights = {kind: replace(right, by_people=True) for kind, right in tools.voice.rulebook.rights.items()}
    rulebook = replace(tools.voice.rulebook, rights=rights)
    contact = Contact("robin@example.com")
    taken = [
        receive.receive(receive.Asked(RequestKind.KNOW, contact, channel), rulebook, tools.cases, "UTC", RECEIVED)
        for channel in ("web", "phone")
    ]
    assert [isinstance(one, Refusal) for one in taken] == [True, False]


def test_unverified_request_is_denied_on_its_target_day(house):
    """T06: due 29 January 2027; the day before it still waits, on the day it is denied and the person is told."""
    tools, control = house
    case = file(tools)
    on_target = int(datetime(2027, 1, 29, 20, tzinfo=UTC).timestamp() * 1000)
    assert advance(tools, case, on_target - DAY).state is State.VERIFYING
    denied = advance(tools, case, on_target)
    assert denied.state is State.CLOSED
    told = {"outcome": "denied", "reason": "unverified", "how": "a test took it"}
    assert denied.entry(Step.RESPONDED).detail == told
    with control.reading() as tx:
        assert len(deliveries.newest(tx, 10)) == 2
    assert isinstance(verification.confirm(denied, tools.cases, on_target + 2 * DAY), Refusal)


def test_verified_deletion_goes_to_its_end_by_repeated_steps(house):
    """A target that is not ready is asked again; the proof follows the last outcome; each step is logged once."""
    tools, control = house
    case = advance(tools, file(tools), RECEIVED)
    assert verification.confirm(case, tools.cases, RECEIVED) is None
    assert advance(tools, case, RECEIVED).state is State.FULFILLING
    assert advance(tools, case, RECEIVED).state is State.CLOSED
    with control.reading() as tx:
        entries = b"".join(entry for _, entry in audit.pending(tx, 100))
    assert entries.count(b"request.delete.done") == 1
    assert b"robin" not in entries


def test_letter_names_outcomes_and_nobody(house):
    """The letter says what was erased where, and holds no personal information."""
    tools, _ = house
    case = advance(tools, file(tools), RECEIVED)
    verification.confirm(case, tools.cases, RECEIVED)
    advance(tools, case, RECEIVED)
    letter = response.letter(advance(tools, case, RECEIVED), Step.ANSWER_WRITTEN, tools.cases).text
    assert "shelf: erased (3 records)" in letter
    assert "robin" not in letter


def test_contact_is_forgotten_after_a_week_and_the_record_after_two_years(house):
    """Seven days after closing nobody can read the address; 24 months after the answer the record is gone."""
    tools, control = house
    case = advance(tools, file(tools), RECEIVED)
    verification.confirm(case, tools.cases, RECEIVED)
    advance(tools, case, RECEIVED)
    assert advance(tools, case, RECEIVED).contact is not None
    forgotten = advance(tools, case, RECEIVED + 8 * DAY)
    assert (forgotten.state, forgotten.contact) == (State.RECORD_ONLY, None)
    assert advance(tools, case, RECEIVED + 700 * DAY) is not None
    assert advance(tools, case, RECEIVED + 740 * DAY) is None
    with control.reading() as tx:
        assert requests.every(tx) == ()


def test_extension_needs_a_reason_in_time_and_comes_once(house):
    """Refused without a reason, refused after the first period, refused twice; the person is told the new date."""
    tools, _ = house
    case = advance(tools, file(tools), RECEIVED)

    def extend(reason, now_ms):
        return response.extend(tools.cases.get(case.request_id), reason, "staff-1", tools.voice, tools.cases, now_ms)

    assert "reason" in extend(" ", RECEIVED).reason
    assert "last day" in extend("Too many", RECEIVED + 60 * DAY).reason
    assert extend("The archive is large.", RECEIVED + DAY) is None
    assert "extended before" in extend("Again", RECEIVED + DAY).reason
    carry(tools.cases._store, RECEIVED + DAY)
    assert tools.cases.get(case.request_id).entry(Step.EXTENDED).detail["until"] == "2027-03-17"


def test_right_that_is_not_offered_is_refused(house):
    """The answer is a refusal with its rule, and nothing is kept."""
    tools, _ = house
    object.__setattr__(tools.voice.rulebook, "rights", {})
    assert isinstance(file(tools), Refusal)
    assert tools.cases.every() == ()


@pytest.mark.parametrize("purpose", verification.Link)
def test_a_link_opens_nothing_else(house, purpose):
    """A token of one purpose, or with a changed sign, is none of another."""
    keyed = house[0].voice.keyed
    token = verification.link(purpose, "ab" * 12, keyed)
    assert verification.request_of(purpose, token, keyed) == "ab" * 12
    assert all(verification.request_of(other, token, keyed) is None for other in verification.Link if other is not purpose)
    assert verification.request_of(purpose, token[:-1] + ("0" if token[-1] != "0" else "1"), keyed) is None
    assert verification.request_of(purpose, "é-1", keyed) is None
