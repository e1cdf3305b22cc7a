"""Lines that no clock or policy allows: counted, stepped over, and nobody behind them waits, whichever way they come."""

import subprocess
import time
from datetime import UTC, datetime, timedelta

from .test_log_import import line

BEFORE_1970, AFTER_ALL = "01/Jan/1970:00:00:00 +0100", "31/Dec/9999:23:59:59 +0000"
LONG = "/catalogue/" + "a" * 700


def lines(moment, start):
    """Return lines with a good one before and behind each that is out of bounds, all of one moment but two."""
    good, other = line(moment, "203.0.113.10", f"{start}/one"), line(moment, "203.0.113.10", f"{start}/two")
    written = f"{moment:%d/%b/%Y:%H:%M:%S} +0000"
    wrong = [good.replace(written, one).replace("/one", "/wrong") for one in (BEFORE_1970, AFTER_ALL)]
    return "".join([good, wrong[0], other, wrong[1], good, line(moment, "203.0.113.10", f"{start}{LONG}")])


def reaches_inbox(running, until):
    """Send a form, and see it in the console."""
    with running.browser() as person:
        words = {"name": "Kim", "email": f"kim{time.monotonic_ns()}@example.com", "message": "Hello"}
        sent = person.post("/avow/forms/contact-form", data=words, headers={"Accept": "application/json"})
    assert sent.status_code == 201, sent.text
    staff = running.staff()
    until(lambda: sent.json()["reference"] in staff.get("/console/inbox").text, what="the form in the inbox")


def test_a_log_with_moments_of_no_clock_is_imported_and_stops_nobody(running, tmp_path, until):
    """The lines before 1970 and of year 9999 are unreadable, the others stored, no trace, and a form reaches the inbox."""
    log = tmp_path / "access.log"
    log.write_text(lines(datetime.now(UTC) - timedelta(minutes=2), "/bounds-import"))
    printed = running.avow("import-log", log, stderr=subprocess.STDOUT)
    assert "6 lines read, 4 kept" in printed
    assert "2 unreadable, 0 not allowed" in printed
    assert "Traceback" not in printed
    running.drain()
    assert running.stored("/bounds-import") == {"/bounds-import/one": 2, "/bounds-import/two": 1}
    reaches_inbox(running, until)


def test_a_followed_log_goes_on_behind_moments_of_no_clock(tmp_path, installation_of, until):
    """The same lines written into a followed log, then one more, which is stored; no job fails, and a form reaches the inbox."""
    log, now = tmp_path / "access.log", datetime.now(UTC)
    log.write_text("")
    running = installation_of(extra=f'[[server_logs]]\npath = "{log}"\n', workers=1).start()

    def write(text):
        with log.open("a") as file:
            file.write(text)

    def is_followed():  # what stands there at the first look is not taken in
        write(line(now, "198.51.100.77", "/first-followed"))
        return running.stored("/first-followed")

    until(is_followed, 60, what="the first look at the log")
    write(lines(now, "/bounds-followed") + line(now, "203.0.113.10", "/bounds-followed/last"))
    until(lambda: running.stored("/bounds-followed/last"), what="the line behind them")
    stored = running.stored("/bounds-followed")
    assert stored == {"/bounds-followed/one": 2, "/bounds-followed/two": 1, "/bounds-followed/last": 1}
    reaches_inbox(running, until)
    assert "Traceback" not in running.output.read_text()
    refused = running.staff().get("/console/refusals").text
    assert ("longer than the policy allows" in refused, "a line of the log could not be read" in refused) == (True, True)
