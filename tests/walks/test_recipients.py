"""A record to a vendor, end to end: written in a browser, taken by the vendor's HTTPS server, told to its person; then no more.

Over a real installation and a real HTTPS server that checks signatures by itself.
"""

import pytest
from tests.conftest import wait_for
from tests.recipients.https import Receiver
from tests.recipients.vendors import with_vendor

CONFIGURATION = """[recipient.crm]
address = "https://localhost:{port}/avow"
key_file = "{key}"
ca_file = "{ca}"
allow_private = true
"""


@pytest.fixture(scope="module")
def receiver(tmp_path_factory):
    """The vendor's server."""
    made = Receiver(tmp_path_factory.mktemp("vendor"))
    yield made
    made.stop()


@pytest.fixture(scope="module")
def house(shared_installation_of, receiver, mailbox, tmp_path_factory):
    """An installation that is connected to the vendor."""
    policy = tmp_path_factory.mktemp("policy") / "policy.md"
    policy.write_text(with_vendor().text, encoding="utf-8")
    extra = CONFIGURATION.format(port=receiver.port, key=receiver.key_file, ca=receiver.ca)
    return shared_installation_of(policy=str(policy), mail_port=mailbox.port, extra=extra).start()


def write(house, address):
    """Write by the contact form, as a person does."""
    browser = house.browser()
    answer = browser.post("/avow/forms/contact-form", data={"email": address, "message": "Which vane fits a mast of 40 mm?"})
    assert answer.status_code == 303, answer.text
    return browser


def of(receiver, address):
    return [body for body in receiver.bodies if body["data"]["fields"]["email"] == address]


def test_what_a_person_writes_reaches_the_vendor_and_is_in_the_log(house, receiver):
    """Signed, once; the command line lists it, and names nobody."""
    write(house, "ada@example.com")
    (body,) = wait_for(lambda: of(receiver, "ada@example.com"), what="the letter at the vendor")
    assert body["data"]["fields"]["message"] == "Which vane fits a mast of 40 mm?"
    assert all(receiver.is_signed(number) for number in range(len(receiver.taken)))
    listed = wait_for(
        lambda: (found := house.avow("deliveries", "list", "--state", "sent")) and "1 deliveries" in found and found
    )
    assert ("contact-form to crm for answer-questions" in listed, "ada" in listed) == (True, False)


def test_nothing_more_reaches_it_once_its_contract_has_ended(house, receiver):
    """What is written meanwhile waits, and goes when there is one again and somebody says so."""
    house.avow("recipients", "withdraw", "crm")
    write(house, "ben@example.com")
    held = wait_for(lambda: (found := house.avow("deliveries", "list", "--state", "waiting")) and "has ended" in found and found)
    assert of(receiver, "ben@example.com") == []
    house.avow("recipients", "renew", "crm")
    house.avow("deliveries", "again", held.split()[0])
    wait_for(lambda: of(receiver, "ben@example.com"), what="the letter at the vendor")


def test_a_vendor_that_is_away_gets_what_waited_after_a_restart(house, receiver):
    """Killed while it could not be reached, the installation hands over what waited, once."""
    receiver.answers = [503] * 2
    write(house, "cem@example.com")
    wait_for(lambda: of(receiver, "cem@example.com"), what="the first try")
    house.kill()
    house.start()
    listed = wait_for(lambda: (found := house.avow("deliveries", "list", "--state", "waiting")) and "503" in found and found)
    receiver.answers = []
    house.avow("deliveries", "again", listed.split()[0])
    wait_for(lambda: "3 deliveries" in house.avow("deliveries", "list", "--state", "sent"), what="the second try")
    assert len({one["webhook-id"] for _, one, content in receiver.taken if b"cem@" in content}) == 1
