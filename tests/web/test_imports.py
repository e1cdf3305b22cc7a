"""Server logs uploaded in the console: counted first, taken in by a job when confirmed, and destroyed when they are over."""

import gzip
import html
import re
from datetime import timedelta

import pytest

from avow.collection.logs import uploaded
from avow.collection.logs.uploaded import Asked

from .serving import NOW, policy_of

PAGE = "/console/imports"


def line(number, path="/imported", host="198.51.100.7", back=timedelta(minutes=5)):
    """A line of a log, some minutes ago."""
    at = NOW - back - timedelta(seconds=number)
    agent = "Mozilla/5.0 (X11; Linux x86_64) Firefox/145.0"
    return f'{host} - - [{at:%d/%b/%Y:%H:%M:%S} +0000] "GET {path} HTTP/1.1" 200 512 "-" "{agent}"\n'


LOG = "".join([*(line(number) for number in range(3)), line(9, back=timedelta(days=900)), "no line of a log\n"])


@pytest.fixture
def token(staff):
    return re.search(r'name="token" value="([0-9a-f]{64})"', staff.get(PAGE).text)[1]


@pytest.fixture
def upload(house, staff, token):
    """Upload a log, and return the answer."""

    def sent(content=LOG, **fields):
        parts = [(name, (None, value)) for name, value in {"token": token, **fields}.items()]
        return staff.post(PAGE, files=[*parts, ("file", ("access.log", content))])

    return sent


def states(house):
    return [one.state for one in house.rooms.imports.lines(uploaded.Place()).lines]


def first(house):
    return house.rooms.imports.lines(uploaded.Place()).lines[0]


def files(house):
    return house.store.files.names("log-import-"), house.store.vault.names("log-import")


def decide(house, staff, token, what):
    return staff.post(f"{PAGE}/{first(house).id}/{what}", data={"token": token})


def test_an_upload_is_counted_and_nothing_of_it_is_kept(house, staff, upload):
    """As the command counts: what would be kept, what without identifiers, what cannot be read."""
    assert upload().headers["location"] == f"{PAGE}?done=taken"
    assert states(house) == ["waiting"]
    house.run("imports")
    one = first(house)
    assert (one.state, one.lines, one.kept, one.without_identifiers, one.unreadable) == ("counted", 5, 4, 1, 1)
    assert house.engine.inserted == []
    page = html.unescape(staff.get(PAGE).text)
    assert all(words in page for words in ("Would be kept", "Take it in", "Give it up", "4, 1 of them without identifiers"))


def test_it_is_taken_in_when_somebody_says_so(house, staff, token, upload):
    """By the job; then its file and key are gone, and the log has who and how many."""
    upload()
    house.run("imports")
    assert decide(house, staff, token, "confirm").headers["location"] == f"{PAGE}?done=confirmed"
    house.run("imports", "audit")
    assert (first(house).state, first(house).kept, first(house).done) == ("done", 4, len(LOG.encode()))
    assert len(house.engine.inserted) == 4
    assert files(house) == ((), ())
    log = staff.get("/console/audit", params={"about": first(house).id}).text
    assert "An uploaded server log was taken in." in log
    assert decide(house, staff, token, "confirm").status_code == 409


def test_the_same_log_twice_has_the_same_records(house, staff, token, upload):
    """So that the store, which keeps a record once, adds nothing."""
    for _ in range(2):
        upload()
        house.run("imports")
        decide(house, staff, token, "confirm")
        house.run("imports")
        house.wait(seconds=1)
    rows = [row.record_id for row in house.engine.inserted]
    assert len(rows) == 8
    assert len(set(rows)) == 4


def test_begun_again_after_a_crash_it_has_the_same_records(house, staff, token, upload, monkeypatch):
    """A process that ended in the middle leaves the upload as it was; the next one goes through it from the beginning."""
    monkeypatch.setattr(uploaded, "STEP_LINES", 2)
    upload()
    house.run("imports")
    decide(house, staff, token, "confirm")
    job = house._jobs["imports"]
    assert job.run()
    assert first(house).state == "confirmed"
    assert 0 < first(house).done < first(house).size
    house.__dict__.pop("_jobs")  # another process
    house.run("imports")
    rows = [row.record_id for row in house.engine.inserted]
    assert len(rows) == 6
    assert len(set(rows)) == 4
    assert (first(house).state, first(house).kept) == ("done", 4)


def test_given_up_it_is_destroyed(house, staff, token, upload):
    """Nothing of it is left but a line of the list."""
    upload()
    house.run("imports")
    assert decide(house, staff, token, "discard").status_code == 303
    house.run("imports")
    assert states(house) == ["discarded"]
    assert files(house) == ((), ())
    assert house.engine.inserted == []


def test_what_nobody_confirms_is_destroyed_after_a_day(house, upload):
    """It holds addresses that nobody asked to keep; after 90 days the list forgets it."""
    upload()
    house.run("imports")
    house.wait(hours=25)
    house.run("imports")
    assert states(house) == ["discarded"]
    assert files(house) == ((), ())
    house.wait(days=91)
    house.run("imports")
    assert states(house) == []


def test_no_line_lies_on_the_disk_in_clear(house, upload):
    """Sealed under a key of its own until it is over."""
    upload()
    house.run("imports")
    assert files(house)[0]
    found = [one for one in house.installation.data.rglob("*") if one.is_file() and b"198.51.100.7" in one.read_bytes()]
    assert found == []


def test_a_packed_log_is_read(house, upload):
    """As the command reads it."""
    upload(gzip.compress(LOG.encode()))
    house.run("imports")
    assert (first(house).state, first(house).kept) == ("counted", 4)


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (gzip.compress(LOG.encode() * 50)[:-20], "damaged"),
        (gzip.compress(b"x" * 200_000), "unpacks to more than"),
    ],
    ids=["cut", "too-large"],
)
def test_a_damaged_upload_fails_and_the_next_goes_on(house, staff, upload, monkeypatch, content, words):
    """It says why, and its file is destroyed."""
    monkeypatch.setattr(uploaded, "UNPACKED_BYTES", 100_000)
    upload(content)
    house.wait(seconds=1)
    upload()
    house.run("imports")
    assert states(house) == ["counted", "failed"]
    assert words in staff.get(PAGE).text
    assert len(files(house)[0]) == 1


def test_an_upload_on_which_anything_fails_stops_no_other(house, upload, monkeypatch):
    """Whatever it raises: poison."""
    upload("poison\n")
    house.wait(seconds=1)
    upload()
    real = uploaded.Import.records

    def poisoned(self, lines):
        if b"poison\n" in lines:
            raise KeyError("poison")
        return real(self, lines)

    monkeypatch.setattr(uploaded.Import, "records", poisoned)
    house.run("imports")
    assert states(house) == ["counted", "failed"]
    assert "KeyError" in house.rooms.imports.lines(uploaded.Place()).lines[1].trouble


def test_a_file_whose_key_is_gone_fails(house, upload):
    """After a restore of the data under another vault."""
    upload()
    house.store.vault.destroy_key("log-import", first(house).id)
    house.run("imports")
    assert (first(house).state, "send it again" in first(house).trouble) == ("failed", True)


@pytest.mark.parametrize(
    ("content", "fields", "words"),
    [
        ("", {}, "A file has 1 to"),
        (LOG, {"format": "no such format $"}, "format"),
        (LOG, {"point": "contact-form"}, "declares no server log"),
        (LOG, {"site": "elsewhere"}, "elsewhere"),
        (LOG, {"log": "x" * 1001}, "at most 1,000 characters"),
    ],
)
def test_what_is_not_taken_is_said_at_the_form(house, upload, content, fields, words):
    """With what was typed; nothing is kept."""
    answer = upload(content, **fields)
    assert answer.status_code == 422
    assert words in html.unescape(answer.text)
    assert states(house) == []
    assert files(house) == ((), ())


def test_few_wait_at_once(house, upload):
    """The next one is refused until somebody decided."""
    for _ in range(uploaded.AT_ONCE):
        assert upload().status_code == 303
    assert "uploads wait already" in upload().text


def test_a_large_file_is_refused(house):
    """Beyond the limit, whoever asks."""
    refused = house.rooms.imports.take(bytes(uploaded.UPLOAD_BYTES + 1), Asked(), "s1")
    assert "16,777,216 bytes" in refused.reason


def test_without_a_declared_log_there_is_no_form(serving):
    """It says why."""
    page = serving(policy_of("minimal")).staff().get(PAGE).text
    assert "no collection point with the technology server-log" in page
    assert 'type="file"' not in page
