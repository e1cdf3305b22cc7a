"""Who filed a request has proved nothing: what their page tells of somebody whose address they named."""

from dataclasses import dataclass, replace

import pytest
from tests.answered import SIGNED, each_known
from tests.deliveries import composing
from tests.houses import ZONE, House, sites
from tests.reviewed import looked_at
from tests.rights.test_walk import carry
from tests.told import told_recipients

from avow.assurance.log_publication import publish
from avow.audit.log import Log
from avow.collection.recordings.chunks import events_read
from avow.definitions import RequestKind
from avow.gate.contacts import LastContact
from avow.gate.reads import Reads
from avow.gate.second_look import SecondLook
from avow.rights import disclosing, finding, targets, verification, walk
from avow.rights.answers import NewRequest
from avow.rights.desk import Desk
from avow.rights.execution import Telling
from avow.rights.given import Recipients
from avow.rights.keeping import Keeper, KeptRecords
from avow.rights.kept import Cases
from avow.rights.recorded import Player
from avow.rights.response import Voice
from avow.rights.reviews import Reviews
from avow.rights.states import State
from avow.rights.verification import Link

ROBIN = "robin@example.com"
PLAYER = Player("/* the player */", "")


def places_of(store, cases, versions):
    """Return the places that a deletion goes through, and what finds what is in them; nothing waits in a spool."""
    keeper = Keeper(store, versions)
    kept = KeptRecords(keeper, targets.Waiting(lambda *_meant: (0, 0), lambda *_meant: None))
    vault, rows = targets.KeyVault(store, kept.holding), targets.Rows(store, targets.CONTROL)
    return (kept, vault, rows, targets.SealedFiles(store, cases)), finding.Finder(store, keeper)


@dataclass
class Office:
    """The desk of an installation, and its walk; `log` is its audit log. `staff_look`: what waits for staff is carried out."""

    house: House
    log: Log
    staff_look: bool = True

    def __post_init__(self):
        store, rulebook = self.house.store, self.house.versions.in_force()
        self.cases = Cases(store)
        voice = Voice(sites().first, store.vault.hmac, rulebook)
        counted = LastContact(store, self.house.versions.rulebook)
        reads, now_ms = Reads(store, self.house.versions, self.house.now_ms), self.house.now_ms
        told = told_recipients(self.house, sites(), self.cases)
        reading = (events_read, composing(self.house).read, self.log.signed, PLAYER)
        discloser = disclosing.Discloser(store, self.cases, self.house.versions, *reading)
        places, finder = places_of(store, self.cases, self.house.versions)
        telling = Telling(Recipients(store, self.house.versions), 10)
        self.desk = Desk(self.cases, voice, sites(), self.house.versions, ZONE, str, counted, now_ms, reads, told, telling)
        self.tools = walk.Tools(voice, self.cases, places, finder, discloser, self.log, telling)
        second = SecondLook(store.control, self.house.versions, now_ms)
        self.reviews = Reviews(self.cases, self.house.versions, finder, telling, second, told, now_ms)

    def ask(self, kind=RequestKind.KNOW, email=ROBIN, **more):
        """File a request as the form does; return the token of its page."""
        return self.desk.receive(NewRequest(kind, email, **more))

    def walk(self):
        """Take every request as far as it goes now, and publish the log."""
        while (
            sum(walk.advance(case, self.tools, self.house.now_ms()) for case in self.cases.every())
            or carry(self.house.store, self.house.now_ms())
            or (self.staff_look and looked_at(self.reviews))
            or self._purge()
        ):  # fmt: skip
            self._purge()
            publish(self.house.store, self.log, 0)

    def _purge(self):
        """Remove rows of the erased; return whether that ended for somebody, for whom a request may wait."""
        waiting = self.house.store.vault.purging()
        self.house.store.purge(thorough=False, now_ms=self.house.now_ms())
        return waiting != self.house.store.vault.purging()

    def press(self, token):
        """Press the button behind the link that went to the address of a request; return the token of the answer."""
        request_id = token.partition("-")[0]
        email = self.cases.get(request_id).contact.email
        first, *others = each_known(self.house.store, email, self.house.versions.in_force()) or [{}]
        answer = self.desk.confirm(verification.link(Link.CONFIRM, request_id, self.house.store.vault.hmac), first, SIGNED)
        for answers in others if isinstance(answer, str) else ():
            self.desk.answered(answer, answers, "")
        return answer


@pytest.fixture
def office(published, tmp_path):
    public, private = tmp_path / "public", tmp_path / "private"
    return Office(published, Log(public, private, "marrowby.example"))


@pytest.mark.parametrize("kind", [RequestKind.KNOW, RequestKind.DELETE])
def test_who_filed_a_request_learns_nothing_of_what_is_held(office, kind):
    """State and dates alone; an employer can ask with an employee's address, and the employee press the button."""
    office.house.write(ROBIN)
    filed = office.ask(kind)
    office.walk()
    answer = office.press(filed)
    office.walk()
    shown = office.desk.status(filed)
    assert (shown.is_open, shown.documents, [one.detail for one in shown.timeline if "Carried" in one.what]) == (False, (), [])
    assert [office.desk.download(filed, name) for name in ("letter", "proof.tlog-proof", "archive.json")] == [None] * 3
    assert "Carried out" in [one.what for one in office.desk.status(answer).timeline]
    assert b"was carried out on" in office.desk.download(answer, "letter.txt").content


def test_nobody_sees_whether_others_asked_with_the_same_address(office):
    """First, held back for an hour or taken along: one page, with its own number and moments, whatever became of the link."""
    filed = [office.ask() for _ in range(3) if office.house.wait(seconds=1) is None]
    office.walk()
    office.house.wait(hours=1)
    office.walk()
    assert {case.state for case in office.cases.every()} == {State.VERIFYING, State.JOINED}
    pages = [office.desk.status(token) for token in filed]
    bare = [replace(one, reference="", code="", state="", timeline=tuple(step.what for step in one.timeline)) for one in pages]
    assert bare[0] == bare[1] == bare[2]
    office.press(filed[1])
    office.walk()
    assert [office.desk.status(token).is_open for token in filed] == [True, False, False]


def test_dates_are_the_same_behind_both_links(office):
    """Received, confirm by, answer by: the law's days are no secret of anybody's."""
    filed = office.ask()
    office.walk()
    answer = office.press(filed)
    both = [office.desk.status(token) for token in (filed, answer)]
    assert len({(one.received_on, one.acknowledge_by, one.answer_by, one.state, one.reference) for one in both}) == 1
