"""The search of a night for what is left of erased people: counted, proved, told to each; through restarts and poison."""

import json
import logging
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path

import pytest
from tests.erased import answered
from tests.houses import ZONE, House, over_both
from tests.rights.test_desk import Office

from avow.assurance import nightly
from avow.assurance.log_publication import publish
from avow.assurance.nightly import Nightly
from avow.audit import note, proof
from avow.audit.log import Log
from avow.definitions import RequestKind
from avow.rights.kept import Cases
from avow.rights.left_over import QUEUE, Erased
from avow.rights.states import State, Step
from avow.store.control import set_aside, settings, tables

ROBIN, SAM = "robin@example.com", "sam.other@example.com"
VISITOR = "c0ffee" + "5" * 26


@dataclass
class Night:
    """The job over a house with two folders, and the process that may end; `restarted` is the next one."""

    house: House
    folder: Path
    log: Log
    rounds_left: int = 10**9
    made: list = field(default_factory=list)

    def __post_init__(self):
        self.cases = Cases(self.house.store)
        self.folders = (self.folder / "data", self.folder / "backups")
        for one in self.folders:
            one.mkdir(exist_ok=True)
        self.erased = Erased(self.cases, self.house.store.aside, self.log, self.house.now_ms)
        self.restarted()

    def restarted(self):
        store, now_ms = self.house.store, self.house.now_ms
        asks = (self.erased.due, self.erased.note, lambda: ZONE)
        self.job = Nightly(store, self.folders, *asks, lambda: True, self.is_over, now_ms, QUEUE)

    def is_over(self):
        self.rounds_left -= 1
        return self.rounds_left < 0

    def erase(self, email, *visitors):
        return answered(self.house, self.cases, email, *visitors)

    def run(self, rounds=50):
        """Run the job, and publish the log, until nothing moves, where the control store can tell."""
        for _ in range(rounds):
            before = self.house.store.control.changes()
            self.job.once()
            publish(self.house.store, self.log, 0)
            if before is not None and self.house.store.control.changes() == before:
                return

    def proved(self, case):
        """Return the statement that was proved to a person, checked with the log's key."""
        text = self.cases.get(case.request_id).entry(Step.RESIDUE_PROVED).detail["proof"]
        key = note.Verifier.parse((self.folder / "public" / "key").read_text(encoding="utf-8"))
        return proof.verify_against(proof.read(text), key, self.folder / "public")


@pytest.fixture
def night(published, tmp_path):
    return Night(published, tmp_path, Log(tmp_path / "public", tmp_path / "private", "www.marrowby.example/audit"))


@over_both
def test_all_of_a_night_are_looked_for_in_one_pass(night):
    """In the data and the backups: each is told what was found of them, and nobody what was found of others."""
    robin, sam = night.erase(ROBIN, VISITOR), night.erase(SAM)
    (night.folders[0] / "left").write_bytes(b"x" * 70 + VISITOR.encode() + b" " + ROBIN.upper().encode())
    (night.folders[1] / "old").write_bytes(ROBIN.encode())
    night.run()
    found = night.proved(robin)
    assert (found["what"], found["left"]) == ("residue.searched", 3)
    assert found["targets"] == {
        "data folder": {"did": "1 file searched, found 2 times", "records": 2},
        "backup folder 1": {"did": "1 file searched, found once", "records": 1},
    }
    assert night.proved(sam)["left"] == 0
    assert night.proved(sam)["targets"]["data folder"]["records"] == 0
    assert {night.cases.get(one.request_id).state for one in (robin, sam)} == {State.CLOSED}
    assert night.cases.residue_due(date(2099, 1, 1), 10) == []


def test_the_log_names_nobody_and_not_how_much_was_where(night):
    """The entry says how often somebody was found; whom, and where, is under the salt."""
    robin = night.erase(ROBIN)
    (night.folders[0] / "left").write_bytes(ROBIN.encode())
    night.run()
    entry = json.loads(proof.read(night.cases.get(robin.request_id).entry(Step.RESIDUE_PROVED).detail["proof"]).entry)
    assert entry.keys() == {"what", "at", "about", "left", "found"}
    assert robin.reference not in json.dumps(entry)


def test_nobody_is_looked_for_before_their_night(night):
    """The day that the letter names begins at three o'clock, when few visit."""
    night.erase(ROBIN)
    named = date.fromisoformat(night.cases.every()[0].answer["residue_on"])
    early = datetime(named.year, named.month, named.day, 2, 59, tzinfo=night_zone())
    night.house.now = early.astimezone(UTC)
    night.run()
    assert night.cases.every()[0].entry(Step.RESIDUE) is None
    night.house.wait(minutes=1)
    night.run()
    assert night.cases.every()[0].entry(Step.RESIDUE_PROVED) is not None


def night_zone():
    from zoneinfo import ZoneInfo  # noqa: PLC0415 - of this test alone

    return ZoneInfo(ZONE)


def test_a_restart_goes_on_behind_the_last_file(night, monkeypatch):
    """What was counted before the end counts once, and is not read again; nobody's path is kept in clear."""
    monkeypatch.setattr(nightly, "ROUND_SECONDS", -1.0)
    robin = night.erase(ROBIN)
    for number in range(4):
        (night.folders[0] / f"{number}-{ROBIN}").write_bytes(ROBIN.encode())
    night.job.once()
    night.job.once()
    with night.house.store.control.reading() as tx:
        kept = settings.get(tx, "residue.pass")
    assert kept
    assert ROBIN not in kept
    (night.folders[0] / f"0-{ROBIN}").unlink()
    night.restarted()
    night.run()
    assert night.proved(robin)["targets"]["data folder"] == {"did": "4 files searched, found 4 times", "records": 4}
    with night.house.store.control.reading() as tx:
        assert settings.get(tx, "residue.pass") == ""


def test_an_end_in_the_middle_of_a_file_searches_it_again(night):
    """The process is told to end while a file is in hand: it is not said to be searched, and is by the next one."""
    robin = night.erase(ROBIN)
    (night.folders[0] / "left").write_bytes(ROBIN.encode())
    night.rounds_left = 2
    night.job.once()
    assert night.cases.get(robin.request_id).entry(Step.RESIDUE) is None
    night.rounds_left = 10**9
    night.restarted()
    night.run()
    assert night.proved(robin)["left"] == 1


def test_a_backup_folder_that_is_not_there_is_said_not_to_be(night):
    """Absent is not empty."""
    robin = night.erase(ROBIN)
    night.folders[1].rmdir()
    night.run()
    assert night.proved(robin)["targets"]["backup folder 1"] == {"did": "0 files searched, 1 could not be read", "records": 0}


def test_an_address_too_short_to_mean_anything_is_said_to_be(night):
    """What chance could have written is not looked for."""
    short = night.erase("a@b.de", VISITOR)
    (night.folders[0] / "left").write_bytes(b"a@b.de")
    night.run()
    found = night.proved(short)
    assert (found["left"], found["targets"]["data folder"]["did"]) == (0, "1 file searched, 1 too short to be looked for")


def test_who_was_forgotten_before_is_said_not_to_have_been_looked_for(night):
    """The contact is kept no longer for the search."""
    robin, sam = night.erase(ROBIN), night.erase(SAM)
    night.cases.forget_contact(robin.request_id)
    night.run()
    assert night.cases.get(robin.request_id).entry(Step.RESIDUE).detail == {"residue_on": "", "missed": True}
    assert night.proved(sam)["left"] == 0
    assert night.cases.residue_due(date(2099, 1, 1), 10) == []


def test_a_request_that_cannot_be_read_stops_nobody(night):
    """It is set aside, and no pass begins for it alone."""
    first, poison, last = (night.erase(f"{name}.person@example.com") for name in ("first", "poison", "last"))
    with night.house.store.control.transaction() as tx:
        own = tables.consumer_requests.c.id == poison.request_id
        tx.execute(tables.consumer_requests.update().where(own).values(kind="poison"))
    night.run()
    assert (night.proved(first)["left"], night.proved(last)["left"]) == (0, 0)
    with night.house.store.control.reading() as tx:
        assert set(set_aside.names(tx, QUEUE)) == {poison.request_id}


def test_at_rest_one_question_is_asked_of_an_index(night):
    """Where nobody was erased no folder is opened; a round is left out while nothing is written."""
    night.erase(ROBIN)
    night.run()
    asked = []
    night.job.folders = [night.folder / "nowhere"] * 2
    night.job.due = lambda *given: asked.append(given) or {}
    first = night.job.changes()
    assert (night.job.once(), len(asked), night.job.changes()) == (False, 1, first)
    with night.house.store.control.reading() as tx:
        plan = tx.exec_driver_sql("EXPLAIN QUERY PLAN SELECT id FROM consumer_requests WHERE residue_on <= '2026-01-01'")
        assert "consumer_requests_residue" in str(plan.all())


def test_what_is_found_is_in_the_log_of_the_process_without_its_person(night, caplog):
    """By the request's id, for whoever looks into it."""
    robin = night.erase(ROBIN)
    (night.folders[0] / "left").write_bytes(ROBIN.encode())
    with caplog.at_level(logging.WARNING):
        night.run()
    assert robin.request_id in caplog.text
    assert ROBIN not in caplog.text


def test_the_letter_names_the_day_and_the_page_has_the_proof(published, tmp_path):
    """By the whole walk of a request to delete: the day after, and then a second proof behind the link to the answer alone."""
    office = Office(published, Log(tmp_path / "public", tmp_path / "private", "www.marrowby.example/audit"))
    filed = office.ask(RequestKind.DELETE)
    office.walk()
    answer = office.press(filed)
    office.walk()
    letter = office.desk.download(answer, "letter.txt").content.decode()
    assert "On 25 November 2026 we look once more" in letter
    assert [one.name for one in office.desk.proofs(answer)] == ["proof.tlog-proof"]
    published.wait(days=1)
    night = Night(published, tmp_path, office.log)
    night.run()
    shown = office.desk.proofs(answer)
    assert [(one.name, one.searched, one.left) for one in shown] == [
        ("proof.tlog-proof", "Found when searched again", 0),
        ("residue.tlog-proof", "Found", 0),
    ]
    assert office.desk.download(answer, "residue.tlog-proof").content.decode() == shown[1].text
    assert "nothing was found" in {step.detail for step in office.desk.status(answer).timeline}
    assert office.desk.download(filed, "residue.tlog-proof") is None
    assert "nothing was found" not in {step.detail for step in office.desk.status(filed).timeline}


def test_a_letter_about_what_was_not_erased_names_no_day(published, tmp_path):
    """To know erases nothing; and of nobody real nothing is looked for."""
    office = Office(published, Log(tmp_path / "public", tmp_path / "private", "www.marrowby.example/audit"))
    known, invented = office.ask(RequestKind.KNOW), office.ask(RequestKind.DELETE, "x.person@example.com", demonstration=True)
    office.walk()
    for token in (known, invented):
        answer = office.press(token)
        office.walk()
        assert "we look once more" not in office.desk.download(answer, "letter.txt").content.decode()
    assert office.cases.residue_due(date(2099, 1, 1), 10) == []
