"""Anybody can file with anybody's address: nobody's mailbox is filled by it, and nobody's right is lost."""

from datetime import UTC, datetime

import pytest

from avow.definitions import RequestKind
from avow.rights import asked_again, receive, response, verification
from avow.rights.cases import Contact
from avow.rights.states import State, Step
from avow.store.control import audit, deliveries

from .test_walk import DAY, RECEIVED, advance, house

__all__ = ["house"]
HOUR = 3_600_000


def file(tools, at_ms=RECEIVED, kind=RequestKind.KNOW, email="robin@example.com", **words):
    """File a request with an address at a moment."""
    asked = receive.Asked(kind, Contact(email, **words))
    return receive.receive(asked, tools.voice.rulebook, tools.cases, "America/Los_Angeles", at_ms)


def pass_by(tools, now_ms):
    """Let the job look at every request; return the states, oldest request first."""
    for case in tools.cases.every():
        advance(tools, case, now_ms)
    return [case.state for case in tools.cases.every()]


def sent(control):
    """Return how many messages there are."""
    with control.reading() as tx:
        return len(deliveries.newest(tx, 1000))


def test_many_requests_are_two_messages(house):
    """The first at once, the second after an hour, for all the others of its day; each keeps its own record."""
    tools, control = house
    for number in range(40):
        file(tools, RECEIVED + number)
    pass_by(tools, RECEIVED + 1000)
    assert sent(control) == 1
    pass_by(tools, RECEIVED + HOUR)
    assert sent(control) == 1
    states = pass_by(tools, RECEIVED + 1000 + HOUR)
    assert sent(control) == 2
    assert (states.count(State.VERIFYING), states.count(State.JOINED)) == (2, 38)


@pytest.mark.parametrize("other", [{"kind": RequestKind.DELETE}, {"email": "kim@example.com"}])
def test_another_kind_or_address_waits_for_nobody(house, other):
    """One link an hour is for one kind and one address."""
    tools, control = house
    file(tools)
    file(tools, **other)
    pass_by(tools, RECEIVED)
    assert sent(control) == 2


def test_an_address_is_the_same_however_it_is_written(house):
    """Or capital letters would be as many mailboxes to fill."""
    tools, control = house
    file(tools)
    file(tools, email="Robin@Example.com ")
    pass_by(tools, RECEIVED)
    assert sent(control) == 1


def test_the_expiry_of_a_request_that_somebody_else_filed_denies_no_other(house):
    """Filed by a stranger on one day, by the person on the next: the stranger's expires, the person's can be confirmed."""
    tools, _ = house
    midnight = int(datetime(2026, 12, 19, 8, 0, tzinfo=UTC).timestamp() * 1000)  # in Los Angeles
    file(tools, midnight - 1200_000)
    held, own = file(tools, midnight - 600_000), file(tools, midnight + 600_000)
    pass_by(tools, midnight + 700_000)
    pass_by(tools, midnight + HOUR)
    pass_by(tools, midnight + 3 * HOUR)
    on_last = int(datetime(2027, 1, 30, 20, tzinfo=UTC).timestamp() * 1000)
    assert pass_by(tools, on_last) == [State.CLOSED, State.CLOSED, State.VERIFYING]
    assert verification.confirm(tools.cases.get(own.request_id), tools.cases, on_last) is None
    assert tools.cases.get(held.request_id).entry(Step.RESPONDED).detail["outcome"] == "denied"


def test_what_goes_together_is_answered_together(house):
    """The person presses once; whoever filed, each record has its answer, and one letter leaves."""
    tools, control = house
    first, lead, joined = (file(tools, RECEIVED + number) for number in range(3))
    pass_by(tools, RECEIVED + 10)
    pass_by(tools, RECEIVED + HOUR + 10)
    before = sent(control)
    assert verification.confirm(tools.cases.get(lead.request_id), tools.cases, RECEIVED + 2 * HOUR) is None
    pass_by(tools, RECEIVED + 2 * HOUR)
    pass_by(tools, RECEIVED + 2 * HOUR)
    assert sent(control) == before + 1
    told = tools.cases.get(joined.request_id)
    assert (told.state, told.entry(Step.RESPONDED).detail) == (State.CLOSED, {"outcome": "granted", "with": lead.request_id})
    assert tools.cases.get(first.request_id).state is State.VERIFYING


def test_what_others_named_is_looked_for_as_well(house):
    """A stranger's request takes nothing from the person's: their browser and the longer time are asked about."""
    tools, _ = house
    file(tools)
    lead = file(tools, RECEIVED + 1, visitor_id="a" * 32, since="2026-05-01")
    file(tools, RECEIVED + 2, visitor_id="b" * 32, details="All of it, please")
    pass_by(tools, RECEIVED + 3)
    contact = tools.cases.get(lead.request_id).contact
    assert {one.value for one in contact.identifiers()} == {"robin@example.com", "a" * 32, "b" * 32}
    assert contact.since == ""
    assert [case.contact.details for case in tools.cases.every()] == ["", "All of it, please", "All of it, please"]


def test_asking_again_later_is_linked_to_the_earlier_request(house):
    """A case with its own date, and the desk sees what it follows."""
    tools, control = house
    first = advance(tools, file(tools), RECEIVED)
    second = advance(tools, file(tools, RECEIVED + 3 * DAY), RECEIVED + 3 * DAY)
    assert second.entry(Step.ACKNOWLEDGED).detail["after"] == first.request_id
    assert second.received_on > first.received_on
    assert sent(control) == 2


def test_a_link_that_was_pressed_meanwhile_answers_its_own_request_alone(house):
    """What waits is asked about after its hour all the same: nobody is refused a right."""
    tools, control = house
    first = advance(tools, file(tools), RECEIVED)
    second = file(tools, RECEIVED + 1)
    assert verification.confirm(first, tools.cases, RECEIVED + 2) is None
    pass_by(tools, RECEIVED + HOUR - 1)
    assert tools.cases.get(second.request_id).state is State.RECEIVED
    pass_by(tools, RECEIVED + HOUR)
    assert tools.cases.get(second.request_id).state is State.VERIFYING
    assert sent(control) == 3  # link, letter, link


def test_nothing_that_tells_who_asked_is_left_behind(house):
    """The log names nobody, and the mark that requests of one address share goes with the contact."""
    tools, control = house
    case = file(tools)
    file(tools, RECEIVED + 1)
    file(tools, RECEIVED + 2)
    pass_by(tools, RECEIVED + 3)
    tools.cases.forget_contact(case.request_id)
    assert tools.cases.alike(case).asked == ""
    with control.reading() as tx:
        assert not any(b"robin" in entry for _, entry in audit.pending(tx, 100))


def test_an_extension_holds_for_what_goes_together(house):
    """The message about it went to the one address of all."""
    tools, _ = house
    _, lead, joined = (file(tools, RECEIVED + number) for number in range(3))
    pass_by(tools, RECEIVED + 10)
    reason = "We have to ask our archive."
    assert response.extend(tools.cases.get(lead.request_id), reason, "s", tools.voice, tools.cases, RECEIVED + DAY) is None
    assert tools.cases.get(joined.request_id).entry(Step.EXTENDED) is None  # nobody was told yet
    pass_by(tools, RECEIVED + DAY)
    pass_by(tools, RECEIVED + DAY)
    both = [tools.cases.get(one.request_id).entry(Step.EXTENDED).detail["until"] for one in (lead, joined)]
    assert both == ["2027-03-17"] * 2


def test_what_goes_together_keeps_the_words_of_both_and_is_of_a_part_only_where_both_are():
    """Before, the words of the second were lost, and a part could have stood for everything."""
    part = Contact("robin@example.com", details="only my application", points=("application",), until="2025-01-01")
    other = Contact("robin@example.com", details="and my letter", points=("contact-form",), until="2026-01-01")
    both = asked_again._both(part, other)
    assert (both.details, both.points) == ("only my application\n\nand my letter", ("application", "contact-form"))
    assert both.until == "2026-01-01"
    assert asked_again._both(part, Contact("robin@example.com")).points == ()
