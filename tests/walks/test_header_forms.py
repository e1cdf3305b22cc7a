"""However a header is spelled: what the standard calls one value is one value at every door (RFC 9110, 5.1, 5.3, 5.5)."""

import http.client
import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from avow.collection.logs import log_formats

AGENT = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"
SPACE = st.text(" \t", max_size=2)
EVENT = json.dumps({"events": [{"point": "page-view", "page": "/header-forms"}]})
LOG = log_formats.reader('$time_iso8601 "$request" "$http_sec_gpc" "$http_dnt" "$cookie_avow_choices"')


def ask(running, method, path, lines, body=None):
    """Send a request with these header lines, as they stand."""
    connection = http.client.HTTPConnection("127.0.0.1", running.port, timeout=30)
    connection.putrequest(method, path)
    for name, value in [("User-Agent", AGENT), *lines, ("Content-Length", str(len(body or "")))]:
        connection.putheader(name, value)
    connection.endheaders((body or "").encode())
    answer = connection.getresponse()
    told = answer.status, answer.headers, answer.read().decode(errors="replace")
    connection.close()
    return told


def by_log(lines):
    """Return the signals of a line that a server wrote, which joins what came in several lines (nginx, `$http_`)."""
    said = {name: ", ".join(value for found, value in lines if found.lower() == name).strip() for name in ("sec-gpc", "dnt")}
    return LOG(f'2026-11-28T10:00:00+00:00 "GET / HTTP/1.1" "{said["sec-gpc"]}" "{said["dnt"]}" "-"'.encode()).said.preferences


#: Each door, and whether it heard a signal.
DOORS = {
    "events": lambda running, lines: "Avow-Refused" in ask(running, "POST", "/avow/events", lines, EVENT)[1],
    "pixel": lambda running, lines: "Avow-Refused" in ask(running, "GET", "/avow/pixel.gif?page=/header-forms", lines)[1],
    "choices": lambda running, lines: bool(json.loads(ask(running, "GET", "/avow/choices", lines)[2])["signals"]),
    "page": lambda running, lines: "stopped by your signal" in ask(running, "GET", "/privacy/choices", lines)[2],
    "log": lambda _, lines: bool(by_log(lines)),
}


@st.composite
def spelled(draw, members):
    """Return header lines that say one list: names in any case, space where it may stand, one line or several."""
    name, lines = draw(st.sampled_from(["Sec-GPC", "sec-gpc", "SEC-GPC", "DNT", "dnt"])), [[]]
    for member in members:
        lines[-1].append(draw(SPACE) + member + draw(SPACE))
        if draw(st.booleans()):
            lines.append([])
    return [(name, ",".join(line)) for line in lines if line]


@pytest.mark.parametrize("door", DOORS)
@settings(max_examples=25)
@given(members=st.lists(st.sampled_from(["0", "", "true", "1", "11"]), min_size=1, max_size=3), data=st.data())
def test_a_signal_is_heard_at_every_door_however_it_is_spelled(running, door, members, data):
    """It counts when a member of it is `1`, and in no other case."""
    assert DOORS[door](running, data.draw(spelled(members))) == ("1" in members)


POSTED = ("/avow/events", "/avow/forms/contact-form", "/avow/preferences", "/avow/recordings")
FETCHED = ("/avow/pixel.gif?page=/p", "/avow/search.json?q=rain")


@pytest.mark.parametrize("path", [*FETCHED, *POSTED])
@settings(max_examples=10)
@given(before=SPACE, after=SPACE, beside=st.lists(st.sampled_from(["same-origin", "none", ""]), max_size=2), joined=st.booleans())
def test_a_page_of_another_site_is_told_however_it_is_spelled(running, path, before, after, beside, joined):
    """`Sec-Fetch-Site: cross-site` with space around it, or beside what no browser sends, is cross-site."""
    values = [*beside, f"{before}cross-site{after}"]
    lines = [("sec-fetch-site", value) for value in ([",".join(values)] if joined else values)]
    method, body = ("GET", None) if path in FETCHED else ("POST", EVENT)
    assert ask(running, method, path, [*lines, ("content-type", "application/json")], body)[0] == 403
