"""Recipients and deliveries in the console: the register of contracts, sending in two steps, batches and their second person."""

import re

import pytest
from tests.houses import insider
from tests.recipients.https import Receiver
from tests.recipients.vendors import employ, with_network, with_vendor

from avow.recipients.sending import Selection
from avow.store.control import submissions
from avow.store.paging import Place

CRM = "/console/recipients/crm"
PURPOSE = "answer-questions"
SENT = {"recipient": "crm", "purpose": PURPOSE, "point": "contact-form"}
CONVERSION = (
    '[recipient.network]\nconnector = "conversion"\naddress = "https://localhost:{receiver.port}/avow"\n'
    'key_file = "{receiver.key_file}"\nca_file = "{receiver.ca}"\nallow_private = true\n'
)


@pytest.fixture
def receiver(tmp_path):
    made = Receiver(tmp_path)
    yield made
    made.stop()


@pytest.fixture
def selling(serving, receiver):
    """The example company with a vendor, more than two records to which need a second person."""
    where = f'address = "https://localhost:{receiver.port}/avow"\nkey_file = "{receiver.key_file}"\nca_file = "{receiver.ca}"'
    house = serving(
        with_vendor(more="second_person_above = 2"), extra=f"[recipient.crm]\n{where}\nallow_private = true\non_arrival = false\n"
    )
    for name in ("ada", "berta", "carla"):
        house.send("/contact", "contact-form", email=f"{name}@example.com", message="My barometer rises when it rains.")
    house.wait(seconds=1)
    return house


@pytest.fixture
def staff(selling):
    return selling.staff()


def token(browser):
    return re.search(r'name="token" value="([0-9a-f]{64})"', browser.get(CRM).text)[1]


def post(browser, path, **fields):
    return browser.post(path, data={"token": token(browser), **fields})


def state(house):
    return [one.state for one in house.rooms.recipients.outgoing.lines(Place()).lines]


def test_the_register_says_what_stands_of_each(selling, staff):
    """By law, by contract, until when; and the words of each clause."""
    page = staff.get("/console/recipients").text
    assert "Ledger and Larch" in page
    assert "contract holds" in page
    one = staff.get(CRM).text
    assert "may not sell or share the personal information" in one
    assert "Told to delete by" in one
    assert staff.get("/console/recipients/nobody").status_code == 404


def test_the_paper_of_a_contract_is_kept_sealed_and_given_back(selling, staff):
    """With its hash; contact, days and sub-processors next to it; what is wrong changes nothing."""
    given = {"token": token(staff), "contact": "desk@crm.example", "signed": "2026-10-01", "review_on": "2027-10-01"}
    parts = [(name, (None, value)) for name, value in {**given, "sub_processors": "Fenland Post\nLorne Hosting"}.items()]
    sent = staff.post(CRM, files=[*parts, ("document", ("contract.pdf", b"%PDF-1.7 the contract"))])
    assert sent.headers["location"] == f"{CRM}?done=changed"
    page = staff.get(CRM).text
    assert all(words in page for words in ("desk@crm.example", "2027-10-01", "Fenland Post\nLorne Hosting"))
    saved = staff.get(f"{CRM}/contract")
    assert (saved.content, saved.headers["content-disposition"]) == (
        b"%PDF-1.7 the contract",
        'attachment; filename="contract-crm"',
    )
    wrong = [(name, (None, value)) for name, value in {**given, "contact": "no address"}.items()]
    refused = staff.post(CRM, files=wrong)
    assert (refused.status_code, "The contact is no e-mail address" in refused.text) == (422, True)
    assert "desk@crm.example" in staff.get(CRM).text
    assert any('"recipient.registered"' in one for one in selling.logged())


def test_a_missing_clause_stops_it_at_once(selling, staff):
    """It is a third party from then on; mended, it gets again. The page says why."""
    assert post(staff, f"{CRM}/clauses", clause="no_combining", missing="yes").status_code == 303
    page = staff.get(CRM).text
    assert "Nothing goes there today" in page
    assert "11 CCR 7051(c)" in page
    assert "gets nothing today" in staff.get("/console/recipients").text
    refused = post(staff, "/console/deliveries/new", **SENT)
    assert (refused.status_code, "is a third party" in refused.text) == (422, True)
    assert post(staff, f"{CRM}/clauses", clause="no_combining", missing="no").status_code == 303
    assert "Nothing goes there today" not in staff.get(CRM).text


def test_a_contract_that_ended_stops_it_until_there_is_one(selling, staff):
    """Twice the same is said to be so already."""
    assert post(staff, f"{CRM}/ended", again="no").status_code == 303
    assert "contract ended" in staff.get("/console/recipients").text
    assert post(staff, f"{CRM}/ended", again="no").status_code == 409
    assert post(staff, f"{CRM}/ended", again="yes").status_code == 303
    assert "contract holds" in staff.get("/console/recipients").text


def test_what_would_happen_is_shown_before_it_is_sent(selling, staff):
    """Nothing is queued by looking; a day after the last record leaves none."""
    page = post(staff, "/console/deliveries/new", **SENT).text
    assert "What would happen" in page
    assert "Send 3 records to Ledger and Larch" in page
    assert "somebody else has to approve" in page
    assert selling.rooms.recipients.sending.listed(Place()).lines == ()
    assert "Nothing of it may go." in post(staff, "/console/deliveries/new", **SENT, since="2030-01-01").text
    for wrong in ({"since": "soon"}, {"since": "2026-11-02", "until": "2026-11-01"}, {"point": ""}):
        assert post(staff, "/console/deliveries/new", **(SENT | wrong)).status_code == 422


def test_send_that_is_pressed_twice_sends_once(selling, staff):
    """Or in a second tab with the same page; a page that is opened again is another errand."""
    page = post(staff, "/console/deliveries/new", **SENT).text
    once = re.search(r'name="once" value="([0-9a-f]{32})"', page)[1]
    places = {post(staff, "/console/deliveries/send", **SENT, once=once).headers["location"] for _ in range(2)}
    assert places == {f"/console/deliveries/batches/{once}"}
    assert [one.id for one in selling.rooms.recipients.sending.listed(Place()).lines] == [once]


def test_a_batch_waits_for_somebody_else_and_then_goes(selling, staff, receiver):
    """Who asked cannot approve; a colleague can; each record leaves once, and the page follows."""
    where = post(staff, "/console/deliveries/send", **SENT).headers["location"]
    assert "waits for a second person" in staff.get(where).text
    assert "Approve" not in staff.get(where).text
    assert post(staff, f"{where}/approve").status_code == 409
    selling.run("batches", "to-crm")
    assert receiver.ids == []
    colleague = selling.staff("kim")
    assert post(colleague, f"{where}/approve").status_code == 303
    selling.run("batches", "to-crm")
    assert len(set(receiver.ids)) == len(receiver.ids) == 3
    assert "queued" in staff.get(where).text
    assert staff.get("/console/deliveries").text.count("sent") >= 3
    assert "Ledger and Larch" in staff.get("/console/deliveries?recipient=crm&state=sent").text
    assert "What went there" in staff.get(CRM).text


def test_one_that_waits_is_taken_back_and_tried_again(selling, staff, receiver):
    """From the list; what has left is said to have left."""
    receiver.answers = [503]
    employ(selling, insider().staff_id)
    with selling.store.control.reading() as tx:
        record = submissions.listed(tx, submissions.Sought("contact-form"), Place(), 9).lines[0].record_id
    sent = selling.rooms.recipients.sending.send("crm", PURPOSE, Selection(record), insider())
    selling.run("to-crm")
    assert state(selling) == ["waiting"]
    page = staff.get("/console/deliveries").text
    assert "Try again" in page
    assert "the other side refused it (503)" in page
    assert post(staff, f"/console/deliveries/{sent.delivery}/again").headers["location"] == "/console/deliveries?done=again"
    assert post(staff, f"/console/deliveries/{sent.delivery}/withdraw").status_code == 303
    assert state(selling) == ["withdrawn"]
    assert post(staff, f"/console/deliveries/{sent.delivery}/again").status_code == 409


def test_who_takes_out_nothing_sends_and_sees_nothing(selling):
    """By a role that reads and answers: refused at each door with the rule, by a forged form too."""
    kim = selling.account("kim", roles=("support",))
    support = selling.browser(cookies={"avow_staff": selling.session(kim)})
    for path in ("/console/deliveries", "/console/deliveries/new", "/console/recipients"):
        assert support.get(path).status_code == 403, path
    held = re.search(r'name="token" value="([0-9a-f]{64})"', support.get("/console/policy").text)[1]
    for path in ("/console/deliveries/send", f"{CRM}/ended"):
        assert support.post(path, data={"token": held, **SENT}).status_code == 403, path


def test_a_list_of_subscribers_goes_to_no_advertising_network_from_the_console(serving, receiver):
    """In a hurry, by the form and by a forged one: refused with the rule, and nothing is queued."""
    house = serving(with_network(), extra=CONVERSION.format(receiver=receiver))
    house.subscribe("ada@example.com")
    house.wait(seconds=1)
    staff = house.staff()
    held = re.search(r'name="token" value="([0-9a-f]{64})"', staff.get("/console/deliveries/new").text)[1]
    for purpose in ("campaign-measurement", "newsletter"):
        wanted = {"token": held, "recipient": "network", "purpose": purpose, "point": "newsletter"}
        said = staff.post("/console/deliveries/new", data=wanted).text
        assert "“newsletter” does not go to “network”" in said
        assert "1798.100" in said
        forged = staff.post("/console/deliveries/send", data=wanted)
        assert (forged.status_code, "“newsletter” does not go to “network”" in forged.text) == (422, True)
    assert house.rooms.recipients.outgoing.lines(Place()).lines == ()
    assert receiver.taken == []


def test_what_a_browser_did_is_no_batch_of_the_console(serving, receiver):
    """Conversions go by themselves, of browsers that allow it, and by nobody's hand."""
    house = serving(with_network(), extra=CONVERSION.format(receiver=receiver))
    staff = house.staff()
    held = re.search(r'name="token" value="([0-9a-f]{64})"', staff.get("/console/deliveries/new").text)[1]
    wanted = {"token": held, "recipient": "network", "purpose": "campaign-measurement", "point": "enquiry"}
    assert 'value="enquiry"' not in staff.get("/console/deliveries/new").text
    assert staff.post("/console/deliveries/send", data=wanted).status_code == 422
    assert receiver.taken == []


def test_a_day_that_nothing_can_be_counted_from_is_refused(selling, staff):
    """Nothing of it is written down, and every page opens; a last day at the end of time is one."""
    for field, day in (("review_on", "0001-01-01"), ("signed", "0001-01-01"), ("review_on", "9999-12-31")):
        parts = [(name, (None, value)) for name, value in {"token": token(staff), field: day}.items()]
        assert staff.post(CRM, files=parts).status_code == 422, day
    assert staff.get("/console/recipients").status_code == 200
    assert post(staff, "/console/deliveries/new", **SENT, until="9999-12-31").status_code == 200


def test_what_somebody_typed_stands_in_no_log(selling, staff):
    """The log is public, and for ever; it says that something was refused, and by which rule."""
    typed = {"recipient": "ada@example.com", "purpose": "Dr Ada Roe 4111", "point": "contact-form"}
    assert post(staff, "/console/deliveries/send", **typed).status_code == 422
    said = "".join(selling.logged())
    assert '"batch.refused"' in said
    assert not any(words in said for words in ("ada@example.com", "Roe"))
