"""OpenDSR against a real HTTPS server that keeps to the specification, and against those that do not."""

import base64
import json
import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy import select
from tests.recipients.https import authority
from tests.rights.test_correcting import asked as correction
from tests.rights.test_correcting import decide, write
from tests.rights.test_desk import ROBIN, Office
from tests.rights.test_instructions import case, deleted, told
from tests.told import POST, gone, policy_with, recipient

from avow import recipients
from avow.audit.log import Log
from avow.config import Configuration, Connection, Website
from avow.gate import deliveries
from avow.gate.disclosures import Leave
from avow.gate.instructions import Way
from avow.gate.parcels import Parcel
from avow.main.installation import of_requests
from avow.recipients.connectors import Answer, Said, webhook
from avow.recipients.connectors.certificates import believed
from avow.recipients.connectors.opendsr import OpenDSR
from avow.rights import downstream
from avow.rights.reminding import Reminders
from avow.rights.states import State
from avow.store.control import tables

ID = "5f0c3b1e-0000-4000-8000-000000000001"


class Processor:
    """A recipient's own server of OpenDSR 2.0: its requests by id, with their state; `spoiled` is what it does wrong."""

    def __init__(self, folder):
        self.ca, pair = authority(folder, ("localhost",))
        text = pair.read_bytes()
        self.key = serialization.load_pem_private_key(text, None)
        self.certificate = text[text.index(b"-----BEGIN CERTIFICATE") :]
        self.is_over = threading.Event()
        self.requests, self.states, self.spoiled, self.asked, self.more = {}, {}, "", [], ()
        processor = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self):
                processor.get(self)

            def do_POST(self):
                processor.post(self)

            def log_message(self, *_arguments):
                """Say nothing."""

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(pair)
        self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self.origin = f"https://localhost:{self._server.server_address[1]}"
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def get(self, handler):
        self.asked.append(("GET", handler.path))
        if self.spoiled in {"trickles", "is too long", "breaks off"}:
            self.trickle(handler)
            return
        if handler.path == "/v2/discovery":
            at = "https://elsewhere.example.com/c.pem" if self.spoiled == "certificate elsewhere" else f"{self.origin}/c.pem"
            listed = {"supported_subject_request_types": ["erasure", *self.more]}
            self.say(handler, 200, {"api_version": "2.0", "processor_certificate": at, **listed})
        elif handler.path == "/c.pem":
            self.write(handler, 200, self.certificate, {})
        else:
            wanted = handler.path.rpartition("/")[2]
            known = wanted in self.requests
            said = {"subject_request_id": wanted, "request_status": self.states.get(wanted, ""), "api_version": "2.0"}
            self.say(handler, 200 if known else 404, said if known else {})

    def post(self, handler):
        self.asked.append(("POST", handler.path))
        content = handler.rfile.read(int(handler.headers["content-length"]))
        read = json.loads(content)
        self.requests[read["subject_request_id"]], self.states[read["subject_request_id"]] = read, "pending"
        encoded = base64.b64encode(content).decode()
        self.say(handler, 201, {"subject_request_id": read["subject_request_id"], "encoded_request": encoded})

    def say(self, handler, status, words):
        content = json.dumps(words).encode()
        signature = self.key.sign(content + b" " * (self.spoiled == "signature"), ec.ECDSA(hashes.SHA256()))
        domain = "other.example.com" if self.spoiled == "domain" else "localhost"
        signed = {"X-OpenDSR-Processor-Domain": domain, "X-OpenDSR-Signature": base64.b64encode(signature).decode()}
        self.write(handler, status, content, {} if self.spoiled == "unsigned" else signed)

    def trickle(self, handler):
        """Answer without an end: a byte and no more, more than anybody reads, or less than was announced."""
        handler.send_response(200)
        handler.send_header("content-length", str(10**6))
        handler.end_headers()
        handler.wfile.write(b"{" * (1 if self.spoiled != "is too long" else 10**6))
        handler.wfile.flush()
        if self.spoiled == "trickles":
            self.is_over.wait(60)
        handler.connection.close()

    @staticmethod
    def write(handler, status, content, headers):
        handler.send_response(status)
        for name, value in {**headers, "content-length": str(len(content))}.items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(content)

    def stop(self):
        self._server.shutdown()
        self._server.server_close()


@pytest.fixture
def processor(tmp_path):
    made = Processor(tmp_path)
    yield made
    made.stop()


def way(processor, **more):
    return OpenDSR(f"{processor.origin}/v2", believed(processor.ca, "recipient.crm"), allows_private=True, **more)


def parcel():
    content = json.dumps({"subject_request_id": ID, "subject_request_type": "erasure"}).encode()
    return Parcel("d1", "instruction", 1, content, Leave(None, "crm", "p", "", "", "m"))


def test_it_is_told_once_and_then_asked_how_far_it_is(processor):
    """The receipt and each status are signed; completed is done."""
    reached = way(processor)
    assert reached.hand_over(parcel(), 1).answer is Answer.TAKEN
    assert reached.hand_over(parcel(), 1).answer is Answer.TAKEN
    processor.states[ID] = "completed"
    said = reached.hand_over(parcel(), 1)
    assert (said.answer, said.receipt) == (Answer.DONE, "200 completed, signed by localhost")
    assert [one for one in processor.asked if one[0] == "POST"] == [("POST", "/v2/requests")]


@pytest.mark.parametrize("spoiled", ["signature", "unsigned", "domain", "certificate elsewhere"])
def test_what_is_not_signed_by_its_own_certificate_is_no_answer(processor, spoiled):
    """Neither a receipt nor a word that it is done."""
    processor.spoiled = spoiled
    assert way(processor).hand_over(parcel(), 1).answer is Answer.NOT_NOW
    processor.states[ID] = "completed"
    assert way(processor).hand_over(parcel(), 1).answer is Answer.NOT_NOW


def test_a_certificate_of_another_authority_is_not_believed(processor, tmp_path):
    """The connection itself is refused: that is nobody's try."""
    (tmp_path / "other").mkdir()
    ca, _ = authority(tmp_path / "other", ("localhost",))
    reached = OpenDSR(f"{processor.origin}/v2", believed(ca, "recipient.crm"), allows_private=True)
    assert reached.hand_over(parcel(), 1) == Said(Answer.AWAY, receipt="its certificate is not believed")
    assert processor.requests == {}


def test_who_does_not_listen_is_away(processor):
    """Nobody's try: it has no bound, and staff see why."""
    reached = OpenDSR("https://localhost:1/v2", believed(processor.ca, "recipient.crm"), allows_private=True)
    assert reached.hand_over(parcel(), 1) == Said(Answer.AWAY, receipt="no connection (NewConnectionError)")


@pytest.mark.parametrize("spoiled", ["trickles", "is too long", "breaks off"])
def test_an_answer_that_does_not_end_holds_nobody_up(processor, spoiled, monkeypatch):
    """By time and by size; where it breaks off nobody knows what became of it."""
    monkeypatch.setattr(webhook, "ANSWER_SECONDS", 0.0 if spoiled == "trickles" else webhook.ANSWER_SECONDS)
    processor.spoiled = spoiled
    said = way(processor).hand_over(parcel(), 1)
    processor.is_over.set()
    assert said.answer is (Answer.LOST if spoiled == "breaks off" else Answer.NOT_NOW)


def test_a_name_that_leads_into_our_own_network_is_not_asked(processor):
    """Unless the configuration says so."""
    reached = OpenDSR(f"{processor.origin}/v2", believed(processor.ca, "recipient.crm"))
    assert (reached.hand_over(parcel(), 1).answer, processor.asked) == (Answer.AWAY, [])


@pytest.fixture
def office(house, tmp_path):
    """An installation that tells a recipient by OpenDSR, which was given something of Robin's."""
    house.publisher.first(policy_with(recipient("crm", "Copperline Contacts", 730, "opendsr"), POST), house.now_ms())
    made = Office(house, Log(tmp_path / "public", tmp_path / "private", "marrowby.example"))
    object.__setattr__(made.tools.telling, "connected", {"crm": frozenset({Way.OPENDSR})})
    gone(house, ROBIN, "crm")
    return made


@pytest.fixture
def carrier(office, tmp_path, processor):
    """The round that tells it."""
    key = tmp_path / "k"
    key.write_text(f"whsec_{'A' * 44}\n")
    connected = Connection(
        "https://localhost:1/avow", key, opendsr=f"{processor.origin}/v2", ca_file=processor.ca, allow_private=True
    )
    websites = (Website("marrowby", "https://www.marrowby.example"),)
    configuration = Configuration(tmp_path, tmp_path, "America/Los_Angeles", websites=websites, recipient={"crm": connected})
    confirmed = lambda tx, one, now_ms: downstream.confirmed(office.cases, tx, one, now_ms)  # noqa: E731
    house = office.house
    asked = (house.store, house.versions, configuration, of_requests().is_erasing, confirmed, lambda: True, house.now_ms)
    return next(one for one in recipients.carriers(*asked) if one.recipient == "crm-opendsr")


def completed(office, carrier, processor):
    """Let the recipient say that it is done, when it is reminded."""
    processor.states = dict.fromkeys(processor.states, "completed")
    office.house.wait(days=3)
    Reminders(office.house.store, (3, 7, 14), lambda: True, office.house.now_ms).once()
    assert carrier.send_due(office.house.now_ms()) == 1
    office.walk()


def test_a_deletion_is_done_when_its_computers_say_so(office, carrier, processor):
    """Told with the plan, asked again with a reminder; the signed word that it is completed ends the wait."""
    house, answer = office.house, deleted(office)
    assert carrier.send_due(house.now_ms()) == 1
    (sent,) = processor.requests.values()
    assert sent["subject_identities"] == [{"identity_type": "email", "identity_value": ROBIN, "identity_format": "raw"}]
    assert (case(office).state, told(office)[0].answer) == (State.DOWNSTREAM, "")
    completed(office, carrier, processor)
    assert case(office).state is State.CLOSED
    assert "has confirmed that it erased it" in office.desk.download(answer, "letter").content.decode()
    with house.store.control.reading() as tx:
        rows = tx.execute(select(tables.deliveries.c.receipt).where(tables.deliveries.c.kind == "instruction")).scalars().all()
    assert "200 completed, signed by localhost" in rows


def corrected(office):
    """Have a name corrected that the recipient was given too; return the token of the answer."""
    record = write(office)
    answer = correction(office)
    decide(office, records=(record,))
    office.walk()
    return answer


def test_a_correction_carries_what_is_right_where_its_computers_take_that(office, carrier, processor):
    """By its own extension, with a link to the same on its page; completed is corrected."""
    processor.more = ("rectification",)
    answer = corrected(office)
    assert carrier.send_due(office.house.now_ms()) == 1
    (sent,) = processor.requests.values()
    assert sent["subject_request_type"] == "rectification"
    said = sent["extensions"]["localhost"]
    assert said["corrections"] == [{"item": "Name", "before": "Robyn", "after": "Robin"}]
    assert said["page"].startswith("https://www.marrowby.example/privacy/instructions/")
    completed(office, carrier, processor)
    assert told(office)[0].answer == "corrected"
    assert "has confirmed that it corrected it" in office.desk.download(answer, "letter.txt").content.decode()


def test_a_correction_that_its_computers_do_not_take_is_passed_on_by_staff(office, carrier, processor):
    """The specification knows none: nothing of it has left, and its reminders are staff's as well."""
    corrected(office)
    assert (carrier.send_due(office.house.now_ms()), processor.requests) == (0, {})
    (one,) = told(office)
    assert (one.way, one.told_ms, one.answer) == ("page", None, "")
    with office.house.store.control.reading() as tx:
        rows = [row for row in deliveries.of_request(tx, one.request_id) if row.kind == "instruction"]
    assert [(row.connector, row.state) for row in rows] == [("page", "waiting")]
    office.house.wait(days=1)
    assert (carrier.send_due(office.house.now_ms()), processor.requests) == (0, {})
