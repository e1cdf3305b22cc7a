"""One person is found by every spelling of their address, at every door: the domain is one, in whatever script it is typed."""

import unicodedata

import pytest
from tests.houses import FIRST_DAY, compiled, person
from tests.rights.test_desk import Office

from avow.audit.log import Log
from avow.collection.arrival import Arrival
from avow.collection.forms import submissions
from avow.definitions import IdentifierKind, RequestKind, identifier
from avow.gate import choices
from avow.gate.contacts import LastContact
from avow.publication import facts
from avow.rights.states import State
from avow.telephones import number_of
from avow.web.privacy_center.requests import asked_for

SPOKEN, ASCII = "lee@b\u00fccher.example", "lee@xn--bcher-kva.example"
#: One address as keyboards, browsers and programs write it.
SPELLINGS = (SPOKEN, unicodedata.normalize("NFD", SPOKEN), ASCII, "Lee@B\u00dcCHER.EXAMPLE", f" {ASCII.upper()} ")
#: The contact form with a second address, as a policy may declare it.
TWO = (
    ('"message"]\nrequired', '"message", "other-email"]\nrequired'),
    (
        "[data.email]\n",
        '[data.other-email]\nlabel = "Another address of yours"\ncategory = "A"\nidentifier = "email"\n\n[data.email]\n',
    ),
)
#: And with a telephone number.
PHONE = (
    ('"message"]\nrequired', '"message", "phone"]\nrequired'),
    (
        "[data.email]\n",
        '[data.phone]\nlabel = "Tel"\ncategory = "A"\nidentifier = "phone"\nregion = "US"\n\n[data.email]\n',
    ),
)


@pytest.fixture
def office(published, tmp_path):
    return Office(published, Log(tmp_path / "public", tmp_path / "private", "marrowby.example"))


def sent(house, rulebook=None, point="contact-form", **fields):
    """Send a form as the page does, with these fields beside its others; return the record that is in the store."""
    rulebook = rulebook or house.versions.in_force()
    declared = rulebook.points[point]
    known = {name for name in declared.fields if rulebook.data[name].match}  # its person can prove by it that it is theirs
    typed = {name.replace("_", "-"): text for name, text in fields.items()}
    given = {name: f"some {name}" for name in (*declared.required, *known)} | typed
    form = submissions.parse(rulebook, declared, given.items())
    assert form.errors == {}
    permit = rulebook.permit(point, frozenset(), house.now.date())
    at, number = house.now_ms(), next(house.numbers)
    facts = {"record_id": f"{at:012x}{number:020x}", "reference": f"R{number:09}", "collected_ms": at}
    record = submissions.record(rulebook, "marrowby", permit, form, **facts)
    Arrival(house.store, house.versions.rulebook).write([record])
    return record


def asked(office, kind, typed):
    """Ask as the form of the privacy centre does, confirm the link, and walk to the end; return the request."""
    request, errors = asked_for(kind, {"email": typed}, None, FIRST_DAY, facts.policy_facts(office.house.versions.in_force(), ""))
    assert errors == {}
    token = office.desk.receive(request)
    office.walk()
    office.press(token)
    office.walk()
    return office.cases.get(token.partition("-")[0])


@pytest.mark.parametrize("typed", SPELLINGS)
def test_a_deletion_by_any_spelling_erases_what_came_by_another(office, typed):
    """Said to be done, it is: before, the message of a form stayed readable, with a proof that nothing was left."""
    record = sent(office.house, email=SPOKEN, message="canary-idn-7262")
    assert office.house.store.submission(record.record_id).fields["message"] == "canary-idn-7262"
    case = asked(office, RequestKind.DELETE, typed)
    assert case.state is State.CLOSED
    assert office.house.store.submission(record.record_id) is None
    with office.house.store.control.reading() as tx:
        assert tx.exec_driver_sql("SELECT count(*) FROM submissions").scalar() == 0


def test_an_answer_goes_to_the_one_form_of_the_address(office):
    """The archive has what came by the other spelling, and the message leaves to the domain in ASCII."""
    sent(office.house, email=SPELLINGS[1], message="canary-idn-7262")
    case = asked(office, RequestKind.KNOW, SPELLINGS[3])
    assert case.contact.email == ASCII
    assert b"canary-idn-7262" in office.cases.document(case.request_id, "archive.json")


def test_an_opt_out_by_one_spelling_holds_for_another(published):
    """It is one person's, whatever their next browser writes."""
    published.write(SPOKEN, opted_out={"returning-visitors": "link"})
    assert choices.opted_out_by(published.store, [person(ASCII)]) == {"returning-visitors"}


@pytest.mark.parametrize("kind", [RequestKind.KNOW, RequestKind.DELETE])
@pytest.mark.parametrize("typed", ["lee@work.example", "lee@home.example"])
def test_a_form_with_two_addresses_is_found_by_either(house, tmp_path, typed, kind):
    """Both are of who sent it: to know shows it, and to delete leaves nothing; before, the last alone found it."""
    house.publisher.first(compiled(*TWO), house.now_ms())
    office = Office(house, Log(tmp_path / "public", tmp_path / "private", "marrowby.example"))
    record = sent(house, email="lee@work.example", other_email="lee@home.example", message="canary-two")
    case = asked(office, kind, typed)
    shown = office.cases.document(case.request_id, "archive.json") or b""
    is_held = house.store.submission(record.record_id) is not None
    assert (b"canary-two" in shown, is_held) == ((True, True) if kind is RequestKind.KNOW else (False, False))


def test_a_list_writes_to_the_first_address_of_a_form(house):
    """In the order of the policy, whatever order a browser sends; the opt-outs of either hold."""
    house.publisher.first(compiled(*TWO), house.now_ms())
    record = sent(house, other_email="lee@home.example", email="lee@work.example")
    assert record.people == (person("lee@work.example"), person("lee@home.example"))
    assert house.store.submission(record.record_id).address == "lee@work.example"


NUMBERS = (
    "+14155550132", "(415) 555-0132", "1-415-555-0132", "+1 415 555 0132", " 415.555.0132 ",
    "\u202a+1\u00a0415\u00a0555\u20110132\u202c",
)  # fmt: skip


@pytest.mark.parametrize("typed", NUMBERS)
def test_a_telephone_number_is_one_however_it_is_typed(house, typed):
    """It is kept in E.164 and finds its person, whose opt-out holds for a form with the number and another address."""
    house.publisher.first(compiled(*PHONE), house.now_ms())
    record = sent(house, email="lee@example.com", phone=typed)
    number = identifier(IdentifierKind.PHONE, "+14155550132")
    assert (record.fields["phone"], record.people[1]) == (number.value, number)
    assert [one.record_id for one in house.store.find([number]).submissions] == [record.record_id]
    house.store.erase([person("lee@example.com")], house.now_ms())
    assert house.store.find([number]).submissions == ()


@pytest.mark.parametrize("typed", ["call me", "123", "+1 415 555", "555-0132 or 555-0133", "+0 415 555 0132"])
def test_what_is_no_number_is_refused_and_nothing_typed_is_lost(house, typed):
    """With a sentence at the field; the page shows what was typed."""
    rulebook = compiled(*PHONE)
    given = [("email", "lee@example.com"), ("message", "Hello"), ("phone", typed)]
    form = submissions.parse(rulebook, rulebook.points["contact-form"], given)
    assert "needs a telephone number" in form.errors["phone"]
    assert form.fields == dict(given)


def test_an_extension_is_kept_and_finds_nobody_else():
    """E.164 has none: the number is the company's, and the extension a word about it."""
    assert number_of("(415) 555-0132 ext. 7", "US") == "+14155550132 ext. 7"
    assert identifier(IdentifierKind.PHONE, "+14155550132 ext. 7").value == "+14155550132"
    assert number_of("030 901820", "DE") == "+4930901820"
    assert number_of("030 901820") is None


def test_a_proved_address_moves_no_dates_of_a_number(house):
    """Anybody can write anybody's number into a form, or a household has one."""
    house.publisher.first(compiled(*PHONE), house.now_ms())
    theirs = sent(house, email="berta@example.com", phone=NUMBERS[0])
    house.wait(days=40)
    sent(house, email="lee@example.com", phone=NUMBERS[0])
    counted = LastContact(house.store, house.versions.rulebook)
    assert counted.followed([person("lee@example.com")]) == 0
    assert house.store.submission(theirs.record_id).delete_on.isoformat() == theirs.delete_on
