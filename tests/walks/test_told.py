"""A deletion that reaches a vendor: written in a browser, sent on, erased here, told to the vendor, answered, and in the letter.

Over a real installation, a real mail server and the vendor's HTTPS server.
"""

import re

import httpx
import pytest
from tests.conftest import wait_for
from tests.recipients.https import Receiver
from tests.recipients.vendors import with_vendor
from tests.walks.test_recipients import CONFIGURATION, write

KEEPS = ('country = "United States"\nkeeps_days = 0', 'country = "United States"\nkeeps_days = 730\ninstruct = "webhook"')
ADA = "ada.told@example.com"


@pytest.fixture(scope="module")
def receiver(tmp_path_factory):
    """The vendor's server."""
    made = Receiver(tmp_path_factory.mktemp("vendor"))
    yield made
    made.stop()


@pytest.fixture(scope="module")
def house(shared_installation_of, receiver, mailbox, tmp_path_factory):
    """An installation that is connected to a vendor which keeps what it gets."""
    policy = tmp_path_factory.mktemp("policy") / "policy.md"
    policy.write_text(with_vendor("crm", KEEPS).text, encoding="utf-8")
    extra = CONFIGURATION.format(port=receiver.port, key=receiver.key_file, ca=receiver.ca)
    return shared_installation_of(policy=str(policy), mail_port=mailbox.port, extra=extra).start()


def told(receiver):
    return [body["data"] for body in receiver.bodies if body["type"] == "instruction.erase"]


def test_a_deletion_reaches_the_vendor_and_its_answer_the_person(house, receiver, mailbox):
    """Nothing of the person is left here meanwhile; the letter waits for the vendor, and says what it answered."""
    browser = write(house, ADA)
    wait_for(lambda: receiver.bodies, what="the letter at the vendor")
    assert browser.post("/privacy/delete", data={"email": ADA, "period": "everything"}).status_code == 303
    link = re.search(r"http://\S+/privacy/verify/\S+", mailbox.to(ADA, "confirm").get_body(("plain",)).get_content())[0]
    page = browser.post(link).headers["location"]
    (said,) = wait_for(lambda: told(receiver), what="the instruction at the vendor")
    record = receiver.bodies[0]["data"]["record"]
    assert said["people"] == [{"by": "e-mail address", "value": ADA}, {"by": "our number of a record", "value": record}]
    wait_for(lambda: "waiting for companies" in browser.get(page).text, what="the state downstream")
    assert house.avow("assurance", "residue", ADA).startswith("0 found")
    assert not [one for one in mailbox.messages if "done" in one["Subject"] and one["To"] == ADA]
    path = re.sub(r"^https?://[^/]+", "", said["answer_at"])
    answer = httpx.post(f"{house.base}{path}", json={"answer": "kept", "reason": "Invoices, by Rev. & Tax. Code 19530."})
    assert answer.status_code == 204
    text = mailbox.to(ADA, "done").get_body(("plain",)).get_content()
    assert "Ledger and Larch: has confirmed, and says that it has to keep some of it. It says: Invoices, by Rev." in text
    assert house.avow("assurance", "residue", ADA).startswith("0 found")
