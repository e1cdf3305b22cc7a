"""The HTTP door: nothing a client can send is answered with a 500, and limits hold before bytes are read."""

import contextlib
import json
import socket

import httpx
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=40),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12) | st.just("events"), inner, max_size=4),
    max_leaves=12,
)
PATHS = st.sampled_from(
    [
        "/",
        "/avow/events",
        "/avow/pixel.gif",
        "/avow/csp-reports",
        "/avow/forms/contact-form",
        "/avow/forms/nope",
        "/privacy",
        "/privacy/know",
        "/privacy/delete",
        "/privacy/choices",
        "/privacy/requests/x",
        "/privacy/verify/x",
        "/console",
        "/console/inbox",
        "/console/sign-in",
        "/console/invitations/x",
        "/console/staff",
        "/console/staff/x/remove",
        "/audit/checkpoint",
        "/audit/tile/0/000",
        "/.well-known/gpc.json",
    ]
) | st.text(max_size=30).map(lambda text: "/" + text)
KINDS = st.sampled_from(
    [
        "application/x-www-form-urlencoded",
        "multipart/form-data; boundary=x",
        "application/json",
        "application/csp-report",
        "application/reports+json; charset=utf-8",
        "text/plain",
        "",
        "a/b",
    ]
)
HEADERS = st.dictionaries(
    st.sampled_from(
        ["cookie", "referer", "user-agent", "sec-gpc", "dnt", "accept", "x-forwarded-for", "accept-language", "range"]
    ),
    st.text(st.characters(min_codepoint=0x20, max_codepoint=0xFF, exclude_characters="\x7f"), max_size=60).map(str.strip),
    max_size=4,
)

PDF = b"%PDF-1.7\n1 0 obj << >> endobj\n%%EOF\n"
APPLICATION = {"name": "Kim Example", "email": "kim.door@example.com", "position": "calibration-technician"}


def raw(port, data, seconds=20):
    """Send bytes and return what comes back until the server closes or the time is over."""
    received = b""
    with socket.create_connection(("127.0.0.1", port), timeout=seconds) as connection, contextlib.suppress(OSError):
        connection.sendall(data)
        while part := connection.recv(65536):
            received += part
    return received


@settings(max_examples=120)
@given(
    PATHS, st.sampled_from(["GET", "POST", "PUT", "DELETE", "HEAD", "OPTIONS", "PATCH"]), KINDS, HEADERS, st.binary(max_size=300)
)
@example(
    "/avow/forms/contact-form", "POST", "multipart/form-data; boundary=x", {}, b"--x\r\nContent-Disposition: form-data; name="
)
@example("/avow/forms/contact-form", "POST", "application/x-www-form-urlencoded", {}, b"email=%ff%fe&message=\x00")
@example("/privacy/know", "POST", "application/x-www-form-urlencoded", {}, b"email=a@b.c&period=since&since=9999-99-99")
def test_no_request_is_answered_with_500(running, path, method, kind, headers, body):
    """Any path, method, header and body gets an answer below 500."""
    fixed = {**headers, "content-type": kind, "sec-fetch-site": "same-origin"}
    with httpx.Client(base_url=running.base, timeout=30) as client:
        encoded = {name: value.encode("latin-1") for name, value in fixed.items()}
        try:
            request = client.build_request(method, path, headers=encoded, content=body)
            answer = client.send(request)
        except (httpx.InvalidURL, httpx.LocalProtocolError):  # the client itself refuses to send it
            return
        assert answer.status_code < 500


@settings(max_examples=120)
@given(JSON)
def test_no_json_is_answered_with_500(running, value):
    """Any JSON sent as events is kept in part, refused or called unreadable."""
    body = json.dumps(value if isinstance(value, dict) and "events" in value else {"events": value})
    assert httpx.post(f"{running.base}/avow/events", content=body).status_code in {200, 204, 400, 404}


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"not json", 400),
        (b'{"events": []}', 400),
        (b"[" * 100_000, 400),
        (b'{"events":[{"point":"nope"}]}', 404),
        (b'{"events":[{"page":"/"}, 7, {"point":7}]}', 404),
    ],
)
def test_unreadable_and_unknown_events_are_told(running, body, status):
    """A body that cannot be read is 400, an unknown collection point 404."""
    assert httpx.post(f"{running.base}/avow/events", content=body).status_code == status


def test_unknown_form_and_pixel_are_404(running):
    """A collection point that the policy does not declare does not exist."""
    browser = running.browser()
    assert browser.post("/avow/forms/wishes", data={"a": "b"}).status_code == 404
    assert browser.get("/avow/pixel.gif?page=/&point=wishes").status_code == 404


@pytest.mark.parametrize("path", ["/avow/events", "/avow/forms/contact-form", "/privacy/know"])
def test_oversized_body_is_refused_before_it_is_read(running, path):
    """Content-Length beyond the limit is answered 413 although no byte of the body was sent."""
    head = f"POST {path} HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999\r\nConnection: close\r\n\r\n"
    assert raw(running.port, head.encode()).startswith(b"HTTP/1.1 413")


def test_body_without_length_is_refused(running):
    """Chunked bodies, with or without a length beside them, are answered 411."""
    chunk = "\r\n5\r\nhello\r\n0\r\n\r\n"
    for length in ("", "Content-Length: 5\r\n"):
        head = f"POST /avow/events HTTP/1.1\r\nHost: x\r\n{length}Transfer-Encoding: chunked\r\nConnection: close\r\n{chunk}"
        assert raw(running.port, head.encode()).startswith((b"HTTP/1.1 411", b"HTTP/1.1 400"))


def announcing(running, stack, path, kind, count):
    """So many connections that announce a megabyte for a path and send none of it yet."""
    head = f"POST {path} HTTP/1.1\r\nHost: x\r\nSec-Fetch-Site: same-origin\r\nContent-Type: {kind}\r\n"
    head += "Content-Length: 1048576\r\n\r\n"
    held = [stack.enter_context(socket.create_connection(("127.0.0.1", running.port), timeout=30)) for _ in range(count)]
    for connection in held:
        connection.sendall(head.encode())
    return held


def test_bodies_that_are_only_announced_refuse_nobody(running):
    """280 connections that say a megabyte comes, and send none of it: events and choices of others are taken."""
    with contextlib.ExitStack() as stack:
        announcing(running, stack, "/privacy/choices", "application/x-www-form-urlencoded", 280)
        event = b'{"events":[{"point":"page-view","page":"/"}]}'
        assert {httpx.post(f"{running.base}/avow/events", content=event).status_code for _ in range(20)} == {204}
        assert {running.browser().post("/privacy/choices", data={"all": "out"}).status_code for _ in range(4)} == {303}


def test_applications_that_drip_close_no_form(running):
    """Eight connections that begin an application and go on by a byte now and then: an honest one is kept."""
    files = {"resume": ("cv.pdf", PDF, "application/pdf")}
    with contextlib.ExitStack() as stack:
        dripping = announcing(running, stack, "/avow/forms/job-application", "multipart/form-data; boundary=x", 8)
        for piece in (b"--x\r\n", b"C", b"o"):
            for connection in dripping:
                connection.sendall(piece)
            answer = running.browser().post("/avow/forms/job-application", data=APPLICATION, files=files)
            assert answer.status_code == 303


def test_slow_headers_are_cut_off(running):
    """A connection that does not finish its headers is closed."""
    with socket.create_connection(("127.0.0.1", running.port), timeout=30) as slow:
        slow.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n")
        assert b"200" not in slow.recv(4096)


def test_slow_body_is_cut_off(running):
    """A body that stops half way is answered 408, and the connection is not kept waiting for ever."""
    with socket.create_connection(("127.0.0.1", running.port), timeout=40) as slow:
        slow.sendall(b"POST /avow/events HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\n{")
        assert b"408" in slow.recv(4096)


def test_huge_head_is_refused(running):
    """More header bytes than are read are answered with an error."""
    answer = raw(running.port, b"GET / HTTP/1.1\r\nHost: x\r\nX: " + b"a" * 200_000 + b"\r\n\r\n")
    assert not answer.startswith(b"HTTP/1.1 200")


def test_requests_from_other_sites_are_refused(running):
    """Another site cannot make a visitor's browser write here."""
    other = running.browser(**{"Sec-Fetch-Site": "cross-site", "Origin": "https://other.example"})
    assert other.post("/avow/events", content=b'{"events":[{"point":"page-view","page":"/"}]}').status_code == 403
    assert other.post("/avow/forms/contact-form", data={"email": "a@example.com", "message": "x"}).status_code == 403
    assert other.post("/privacy/delete", data={"email": "a@example.com"}).status_code == 403
    assert other.post("/privacy/choices", data={"all": "out"}).status_code == 403


def test_nothing_was_logged_as_an_error(running):
    """After all of this the server's log holds no error, no trace and nobody's address."""
    running.drain()
    log = running.output.read_text()
    assert "Traceback" not in log
    assert "@example.com" not in log


@pytest.mark.parametrize(
    ("kind", "content", "status"),
    [
        ("application/csp-report", b'{"csp-report": {"blocked-uri": "https://tracker.example"}}', 204),
        ("application/reports+json", b'[{"type": "csp-violation", "body": {"blockedURL": "https://tracker.example"}}]', 204),
        ("application/reports+json", b"[1, null]", 204),
        ("application/reports+json", b"[" * 60_000, 400),
        ("application/csp-report", b"", 400),
        ("application/json", b"[]", 415),
        ("application/csp-report", b"x" * 70_000, 413),
    ],
)
def test_reports_of_browsers_are_answered_by_what_they_are(running, kind, content, status):
    """Counted, refused, or not read; no cookie is set."""
    answer = httpx.post(f"{running.base}/avow/csp-reports", content=content, headers={"content-type": kind})
    assert answer.status_code == status
    assert "set-cookie" not in answer.headers
    assert httpx.get(f"{running.base}/avow/csp-reports").status_code == 405
