"""What an insider in a hurry would try: each is refused with the rule, in Python and at the command line, and nothing leaves.

The console is held to the same by `tests/web`.
"""

from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner
from tests.houses import House, NoEvents, insider
from tests.recipients.vendors import Vendor, with_network, with_vendor
from tests.rights.test_desk import Office

from avow.audit.log import Log
from avow.cli import avow
from avow.collection.arrival import Arrival
from avow.config import load
from avow.definitions import Event, IdentifierKind, Refusal, RequestKind, Signalled, identifier
from avow.gate import choices, minors, profiles
from avow.main.installation import Installation, open_store
from avow.main.operations import Operations
from avow.policy.law import rules
from avow.policy.rulebook.ages import Heard
from avow.recipients.sending import Queued, Selection
from avow.rights.receipts import is_erasing
from avow.store.control import recipients as rows

MEASURING = "campaign-measurement"
VISITOR = "0123456789abcdef0123456789abcdef"
BROWSER = identifier(IdentifierKind.VISITOR, VISITOR)


def enquiry(house, rulebook, signals=frozenset(), page="/thanks"):
    """Take in what a pixel says of an enquiry, by the permit of a browser that sends these signals; return the event."""
    permit = rulebook.permit("enquiry", rulebook.stopped_by(signals), house.now.date())
    if isinstance(permit, Refusal):
        return None
    facts = {"record_id": f"{house.now_ms():012x}{next(house.numbers):020x}", "collected_ms": house.now_ms(), "site": "marrowby"}
    return Event.under(permit, {"page": page, "visitor-id": VISITOR}, visitor=VISITOR, **facts)


@pytest.fixture
def advertising(house, receiver):
    """The example company with an advertising network, and its connection."""
    house.publisher.first(with_network(), house.now_ms())
    return Vendor(house, receiver, "network", "conversion")


@pytest.mark.parametrize("by", [None, insider("s1")], ids=["command", "member"])
@pytest.mark.parametrize("purpose", [MEASURING, "newsletter"])
def test_a_list_of_subscribers_does_not_go_to_an_advertising_network(house, advertising, receiver, by, purpose):
    """Nobody who subscribed was told of it."""
    house.write("ada@example.com", point="newsletter")
    house.wait(seconds=1)
    said = advertising.sending.send("network", purpose, Selection(point="newsletter"), by)
    assert isinstance(said, Refusal)
    assert (said.reason, said.rule) == ("“newsletter” does not go to “network”", rules.NOTICE_AT_COLLECTION)
    assert (advertising.carry(), advertising.rows(), receiver.taken) == (0, [], [])
    assert '"what":"batch.refused"' in "".join(house.logged())


@pytest.mark.parametrize("by", [None, insider("s1")], ids=["command", "member"])
def test_answers_do_not_go_to_a_vendor_without_clauses(house, receiver, by):
    """A service provider by the text, and a third party by what is known of its contract: nobody was told of a sale."""
    house.publisher.first(with_vendor(), house.now_ms())
    vendor = Vendor(house, receiver)
    record = house.write("ada@example.com")
    vendor.register.clause("crm", "no_sale_or_sharing", "", is_missing=True)
    for selection in (Selection(record), Selection(point="contact-form")):
        said = vendor.sending.send("crm", "answer-questions", selection, by)
        assert isinstance(said, Refusal)
        assert ("third party" in said.reason, said.rule) == (True, rules.WITHOUT_CONTRACT)
    assert (vendor.carry(), receiver.taken) == (0, [])


def test_a_conversion_goes_to_the_network_with_its_declared_fields(house, advertising, receiver):
    """Told as it comes in, once; the disclosure is the browser's, and nothing else of it goes."""
    rulebook = house.versions.in_force()
    record = house.view(VISITOR, "/thanks", rulebook, "enquiry")
    sent = advertising.sending.send("network", MEASURING, Selection(record), None)
    assert isinstance(sent, Queued)
    assert advertising.carry() == 1
    (body,) = receiver.bodies
    assert (body["type"], body["data"]["fields"], body["data"]["point"]) == ("record.conversion", {"page": "/thanks"}, "enquiry")
    assert VISITOR not in str(receiver.taken)


def test_the_conversion_of_a_browser_with_a_signal_is_not_told(house, advertising, receiver):
    """What came under Sec-GPC holds nothing that is for it; what a signal says later stops what waits."""
    rulebook = house.versions.in_force()
    stopped = house.view(VISITOR, "", rulebook, "enquiry")
    said = advertising.sending.send("network", MEASURING, Selection(stopped), insider("s1"))
    assert isinstance(said, Refusal)
    assert ("did not allow" in said.reason, said.rule) == (True, rules.SIGNAL_STOPS)
    earlier = house.view(VISITOR, "/thanks", rulebook, "enquiry")
    waiting = advertising.sending.send("network", MEASURING, Selection(earlier), None)
    assert isinstance(waiting, Queued)
    heard = Signalled(
        record_id="0" * 32,
        collected_ms=house.now_ms(),
        site="marrowby",
        rulebook_id=rulebook.id,
        visitor=VISITOR,
        opted_out={MEASURING: "gpc"},
    )
    profiles.keep_signals(house.store, [heard])
    said = advertising.sending.send("network", MEASURING, Selection(earlier), insider("s1"))
    assert (said.reason, said.rule) == (f"its browser said no to “{MEASURING}”", rules.SIGNAL_STOPS)
    assert (advertising.carry(), receiver.taken) == (0, [])
    assert [one.why for one in advertising.rows("withdrawn")] == [f"{said.reason} ({said.rule})"]


def test_what_comes_in_under_a_signal_is_not_even_queued(house, advertising):
    """A conversion waits for a network only where something in it says that it may."""
    rulebook = house.versions.in_force()
    house.connectors = {"network": "conversion"}
    events = [enquiry(house, rulebook, frozenset({"gpc"})), enquiry(house, rulebook)]
    house.take_in([one for one in events if one is not None])
    house.take_in([one for one in events if one is not None])
    assert [(one.kind, one.about.record) for one in advertising.rows()] == [("conversion", events[1].record_id)]


@pytest.mark.parametrize(("years", "rule"), [(12, rules.PARENT_OPTS_IN), (15, rules.MINOR_OPTS_IN)])
def test_the_conversion_of_somebody_who_is_known_to_be_young_is_not_told(house, advertising, receiver, years, rule):
    """§ 1798.120(c): asked when it is sent and at its turn; their own word or a parent's lets it go."""
    rulebook, today = house.versions.in_force(), house.now.date()
    heard = Heard(today.replace(year=today.year + 13 - years), today.replace(year=today.year + 16 - years))
    record = house.view(VISITOR, "/thanks", rulebook, "enquiry")
    assert isinstance(advertising.sending.send("network", MEASURING, Selection(record), None), Queued)
    minors.note(house.store, [BROWSER], heard)
    said = advertising.sending.send("network", MEASURING, Selection(record), insider("s1"))
    assert isinstance(said, Refusal)
    assert rule in said.rule
    assert (advertising.carry(), receiver.taken) == (0, [])
    assert [one.why for one in advertising.rows("withdrawn")] == [f"{said.reason} ({said.rule})"]
    source = minors.OWN if years > 12 else f"{minors.PARENT}:signed form"
    choices.keep_young_yes(house.store, [BROWSER], [MEASURING], source, rulebook, "marrowby", house.now_ms())
    assert isinstance(advertising.sending.send("network", MEASURING, Selection(record), None), Queued)
    assert (advertising.carry(), len(receiver.bodies)) == (1, 1)


def test_what_comes_in_of_somebody_who_is_known_to_be_young_is_not_even_queued(house, advertising):
    """Whether or not the browser is recognised at that point: its number came along."""
    rulebook, today = house.versions.in_force(), house.now.date()
    house.connectors = {"network": "conversion"}
    minors.note(house.store, [BROWSER], Heard(today, today.replace(year=today.year + 3)))
    house.take_in([enquiry(house, rulebook)])
    assert advertising.rows() == []


def test_no_form_goes_by_conversion_and_no_event_by_webhook(house, receiver):
    """Each way takes what it is for."""
    house.publisher.first(with_network(), house.now_ms())
    wrong = Vendor(house, receiver, "network", "webhook")
    record = house.view(VISITOR, "/thanks", house.versions.in_force(), "enquiry")
    said = wrong.sending.send("network", MEASURING, Selection(record), None)
    assert said.reason == "an event is told to a third party alone, as a conversion"


CONFIGURATION = """
data = "data"
policy = "p.md"
timezone = "UTC"
[website]
name = "marrowby"
origin = "https://www.marrowby.example"
[recipient.{name}]
address = "https://vendor.example.com/avow"
key_file = "key"
connector = "{connector}"
"""


@pytest.fixture
def typed(tmp_path, monkeypatch):
    """Return a function that types a command over an installation with a version in force; it is given what was taken in."""
    monkeypatch.chdir(tmp_path)

    def run(rulebook, name, connector, take_in, *words):
        Path("p.md").write_text(rulebook.text, encoding="utf-8")
        Path("key").write_text(f"whsec_{'A' * 44}", encoding="ascii")
        Path("avow.toml").write_text(CONFIGURATION.format(name=name, connector=connector), encoding="utf-8")
        configuration = load(Path("avow.toml").resolve())
        Installation(configuration).prepare()
        with closing(open_store(configuration)) as store:
            made = House(replace(store, events=NoEvents()))
            made.publisher.first(rulebook, made.now_ms())
            take_in(made)
        return CliRunner().invoke(avow, ["deliveries", "send", "--to", name, *words], obj=Operations, env={"AVOW_CONFIG": None})

    return run


def test_typed_a_list_of_subscribers_is_refused(typed):
    """With the rule, and exit status 1."""
    words = ("--for", MEASURING, "--point", "newsletter")
    said = typed(with_network(), "network", "conversion", lambda house: house.write("a@example.com", point="newsletter"), *words)
    assert (said.exit_code, "“newsletter” does not go to “network” (Cal. Civ. Code § 1798.100(a)(1))" in said.stderr) == (1, True)


def test_typed_answers_to_a_vendor_without_clauses_are_refused(typed):
    """The same."""

    def take_in(house):
        house.write("a@example.com")
        with house.store.control.transaction() as tx:
            rows.put(tx, rows.Registered("crm", missing=("no_other_use",)))

    said = typed(with_vendor(), "crm", "webhook", take_in, "--for", "answer-questions", "--point", "contact-form")
    assert (said.exit_code, "its contract lacks no_other_use (11 CCR 7051(c), 7053(c))" in said.stderr) == (1, True)


def test_what_comes_in_of_a_browser_that_is_being_erased_is_not_even_queued(house, advertising, tmp_path):
    """Its plan is made: nobody would be told to erase it."""
    rulebook = house.versions.in_force()
    house.take_in([enquiry(house, rulebook)])
    office = Office(house, Log(tmp_path / "public", tmp_path / "private", "marrowby.example"))
    filed = office.ask(RequestKind.DELETE, visitor_id=VISITOR)
    office.walk()
    assert isinstance(office.press(filed), str)
    assert is_erasing(house.store, BROWSER)
    asked = (house.store, house.versions.rulebook, {"network": "conversion"})
    Arrival(*asked, is_erasing).write([enquiry(house, rulebook)])
    assert advertising.rows() == []
    Arrival(*asked).write([enquiry(house, rulebook)])
    assert len(advertising.rows()) == 1
