"""The console: who gets in, what is shown for which purpose."""

import re

import pytest
from starlette.testclient import TestClient

from avow.access.answers import Sender
from avow.web.console.door import _next

from .fakes import ORIGIN, FakeEvidence, FakeOutbox, house, make_app, make_house, staff, visitor

__all__ = ["house", "staff", "visitor"]

PAGES = [
    "",
    "/recordings",
    f"/recordings/{'ab' * 16}",
    "/inbox",
    "/requests",
    "/requests/r1",
    "/outbox",
    "/outbox/m1",
    "/choices",
    "/refusals",
    "/browser-reports",
    "/set-aside",
    "/policy",
    "/policy/printouts/register",
    "/audit",
    "/staff",
    "/staff/s2/remove",
]


def _token(client, path):
    return re.search(r'name="token" value="([0-9a-f]{64})"', client.get(path).text)[1]


@pytest.mark.parametrize("page", PAGES)
def test_pages_need_a_session(visitor, staff, page):
    """Without a session there is the sign-in page, with one there is the page, never stored by the browser."""
    assert visitor.get(f"/console{page}").headers["location"].startswith("/console/sign-in?next=")
    response = staff.get(f"/console{page}")
    assert response.status_code == 200
    assert response.headers["cache-control"] == "no-store"


def test_signing_in_sets_a_strict_cookie_for_the_console(visitor):
    """The session cookie is for the console only and for no script."""
    form = {"name": "robin", "password": "correct horse battery", "next": "/console/inbox"}
    response = visitor.post("/console/sign-in", data=form)
    assert response.headers["location"] == "/console/inbox"
    kept = response.headers.get_list("set-cookie")
    assert [one.partition(";")[0] for one in kept] == ["avow_staff=open-session", "avow_device=known-device"]
    assert all(part in cookie for part in ("HttpOnly", "Path=/console", "SameSite=strict") for cookie in kept)
    assert ["Max-Age" in one for one in kept] == [False, True]


def test_who_signs_in_is_told_by_what_came(visitor, house):
    """The end of the connection, what proxies say of it, and what the browser kept of an earlier sign-in."""
    visitor.cookies.set("avow_device", "of-before")
    visitor.post("/console/sign-in", data={"name": "robin", "password": "x"}, headers={"X-Forwarded-For": "192.0.2.7"})
    assert house.staff.senders == [Sender("testclient", "192.0.2.7", "of-before")]


@pytest.mark.parametrize(("name", "status", "waits"), [("often", 429, None), ("busy", 503, "5")])
def test_too_often_and_too_many_are_answered_with_the_same_page(visitor, name, status, waits):
    """Whoever tried too often, or finds no place in the queue, gets the page again with a sentence, at once."""
    response = visitor.post("/console/sign-in", data={"name": name, "password": "x"})
    assert (response.status_code, response.headers.get("retry-after")) == (status, waits)
    assert all(words in response.text for words in ('role="alert"', f'value="{name}"', "Sign in"))


def test_a_new_password_is_chosen_by_a_link_for_one_account(visitor, house):
    """The page names the account, and whatever name is sent, it stays that account's."""
    page = visitor.get("/console/invitations/password-token").text
    assert all(words in page for words in ("Choose a new password", "For robin", "Set my password"))
    form = {"name": "kim", "password": "twelve chars and more"}
    assert visitor.post("/console/invitations/password-token", data=form).status_code == 303
    assert house.staff.accepted == [("password-token", "robin", "twelve chars and more")]


def test_wrong_password_is_refused_in_words(visitor):
    """A wrong password says so without saying which of the two was wrong."""
    response = visitor.post("/console/sign-in", data={"name": "robin", "password": "x"})
    assert (response.status_code, "Name or password is wrong." in response.text) == (403, True)


@pytest.mark.parametrize(
    "target", ["https://example.com", "//example.com", "/console//example.com", "/consolex", "/\\example.com", ""]
)
def test_sign_in_leads_only_into_the_console(target):
    """No address from outside decides where a sign-in ends."""
    assert _next(target) == "/console"


def test_signing_out_needs_the_token_and_ends_the_session(staff, house):
    """Signing out ends the session on the server."""
    assert staff.post("/console/sign-out").status_code == 403
    staff.post("/console/sign-out", data={"token": _token(staff, "/console/inbox")})
    assert house.staff.ended == ["open-session"]


def test_invitation_makes_an_account_with_a_long_password(visitor, house):
    """Twelve characters at least; then the account is signed in."""
    short = visitor.post("/console/invitations/invitation-token", data={"name": "kim", "password": "short"})
    assert (short.status_code, 'value="kim"' in short.text) == (422, True)
    form = {"name": "kim", "password": "twelve chars and more"}
    assert visitor.post("/console/invitations/invitation-token", data=form).headers["location"] == "/console"
    assert house.staff.accepted == [("invitation-token", "kim", "twelve chars and more")]


def test_used_invitation_is_not_found(visitor):
    """An invitation that is used, late or invented opens nothing."""
    assert visitor.get("/console/invitations/nothing").status_code == 404


def test_inbox_shows_nothing_about_the_person(staff, house):
    """The list has reference, date and the form's label; nothing is read for it."""
    text = staff.get("/console/inbox").text
    assert "MB-4F7Q2" in text
    assert "<td>Contact form</td>" in text
    assert "robin@example.com" not in text
    assert house.inbox.asked == []


def test_submission_is_read_for_a_declared_purpose(staff, house):
    """The fields show for the purpose that may have them, escaped, with what was dropped."""
    text = staff.get("/console/inbox/c1?purpose=answer-questions").text
    assert "robin@example.com" in text
    assert "&lt;b&gt;rises&lt;/b&gt;" in text
    assert "favourite-colour" in text
    assert house.inbox.asked == [("c1", "answer-questions", "s1")]


def test_submission_is_not_read_for_another_purpose(staff):
    """A purpose that the policy does not allow gets the reason and the rule, and no field (§ 1798.100(a)(1))."""
    response = staff.get("/console/inbox/c1?purpose=security")
    assert response.status_code == 403
    assert "1798.100(a)(1)" in response.text
    assert "robin@example.com" not in response.text


def test_marking_needs_the_form_token(staff, house):
    """A form of the console without its token changes nothing."""
    path = "/console/inbox/c1/state"
    assert staff.post(path, data={"state": "answered"}).status_code == 403
    token = _token(staff, "/console/inbox/c1?purpose=answer-questions")
    assert staff.post(path, data={"state": "answered", "token": token}).status_code == 303
    assert staff.post(path, data={"state": "bogus", "token": token}).status_code == 422
    assert house.inbox.marked == [("c1", "answered", "s1")]


def test_extension_needs_a_reason(staff, house):
    """The reason is told to the person, so it must say something (11 CCR 7021(b))."""
    path, token = "/console/requests/r1/extension", _token(staff, "/console/requests/r1")
    assert staff.post(path, data={"token": token, "reason": "busy"}).status_code == 422
    reason = "The records lie with a service provider that answers slowly."
    assert staff.post(path, data={"token": token, "reason": reason}).status_code == 303
    assert house.rights.extended == [("r1", reason, "s1")]


def test_late_request_stands_out(staff):
    """The desk says how late a request is and marks demonstration data."""
    text = staff.get("/console/requests").text
    assert "2 days late" in text
    assert "1 request is late." in text
    assert "demonstration" in text


@pytest.mark.parametrize("place", ["x", "0", "-1", "9" * 30, "0.1." + "a" * 200, "0.1.a' OR 1"])
def test_a_place_that_is_none_is_the_first_page(staff, place):
    """Whatever stands in the address."""
    answer = staff.get("/console/requests", params={"after": place})
    assert (answer.status_code, answer.text) == (200, staff.get("/console/requests").text)


LISTS = (
    ("/console/requests", ""),
    ("/console/inbox", "?point=contact-form"),
    ("/console/outbox", ""),
    ("/console/recordings", "?page=/products/rain-gauge"),
    ("/console/mailings", ""),
)


@pytest.mark.parametrize(("path", "filters"), LISTS)
def test_every_list_has_pages_that_keep_its_filters(staff, path, filters):
    """One part of a page for all of them: the first, the one before, the one behind; none where all is on one."""
    query = filters.replace("/", "%2F").lstrip("?")
    text = staff.get(f"{path}{filters}{'&' if filters else '?'}after=0.5.a").text
    links = dict(re.findall(r'<a href="([^"]+)"(?: rel="(prev|next)")?>(?:First|Previous|Next) page<', text))
    kept = f"{query}&amp;" if query else ""
    assert links == {
        f"{path}{'?' if query else ''}{query}": "",
        f"{path}?{kept}before=0.1.before": "prev",
        f"{path}?{kept}after=0.9.after": "next",
    }
    assert 'aria-label="Pages"' not in staff.get(f"{path}{filters}").text


def test_a_failed_message_is_sent_again_or_elsewhere(built):
    """It comes first, with why; a wrong address is refused in words; both need the session's token."""
    outbox = FakeOutbox(failed=True)
    app = make_app(make_house(outbox=outbox), built)
    staff = TestClient(app, headers={"Origin": ORIGIN}, follow_redirects=False, cookies={"avow_staff": "open-session"})
    listed = staff.get("/console/outbox").text
    assert listed.index("/console/outbox/m2") < listed.index("/console/outbox/m1")
    assert "the mail server refused it (550)" in listed
    path = "/console/outbox/m2"
    token = _token(staff, path)
    assert staff.post(f"{path}/again").status_code == 403
    assert staff.post(f"{path}/again", data={"token": token}).status_code == 303
    assert "needs an address" in staff.post(f"{path}/address", data={"token": token, "address": "jo..hn@example.com"}).text
    assert staff.post(f"{path}/address", data={"token": token, "address": " kim@example.com "}).status_code == 303
    assert outbox.asked == [("m2", "s1"), ("m2", "kim@example.com", "s1")]
    assert "or it has left" in staff.post("/console/outbox/m1/again", data={"token": token}).text


def test_a_message_that_was_passed_on_by_hand_is_told_as_that(built):
    """Its page asks how; a way that is none of them is refused in words; it needs the session's token."""
    outbox = FakeOutbox(failed=True)
    app = make_app(make_house(outbox=outbox), built)
    staff = TestClient(app, headers={"Origin": ORIGIN}, follow_redirects=False, cookies={"avow_staff": "open-session"})
    path = "/console/outbox/m2"
    assert "<option>telephone</option>" in staff.get(path).text
    token = _token(staff, path)
    assert staff.post(f"{path}/passed-on", data={"way": "post"}).status_code == 403
    assert "say how" in staff.post(f"{path}/passed-on", data={"token": token, "way": "dove"}).text
    assert staff.post(f"{path}/passed-on", data={"token": token, "way": "post"}).status_code == 303
    assert outbox.asked == [("m2", "dove", "s1"), ("m2", "post", "s1")]


@pytest.mark.parametrize("path", ["/console/inbox/x", "/console/requests/x", "/console/outbox/x", "/console/nothing"])
def test_what_is_not_there_is_not_found(staff, path):
    """An id that nothing has gets the friendly page."""
    assert staff.get(path).status_code == 404


def test_a_printout_for_machines_is_handed_out_as_a_file(staff):
    """The register as a table for a spreadsheet has its media type and a name; what is not there is not found."""
    response = staff.get("/console/policy/printouts/register?format=csv")
    assert response.headers["content-type"] == "text/csv; charset=utf-8"
    assert response.headers["content-disposition"] == 'attachment; filename="register.csv"'
    assert staff.get("/console/policy/printouts/nonsense").status_code == 404


def test_the_policy_page_lists_what_can_be_printed(staff):
    """Each printout is one click away, in each of its formats."""
    page = staff.get("/console/policy").text
    assert 'href="/console/policy/printouts/register?format=csv"' in page


def test_parties_that_are_not_declared_stand_apart(staff):
    """Undeclared, declared but not in the header, and the page's own; many pages are counted; then how to start."""
    text = staff.get("/console/browser-reports").text
    tracker, place, own = (text.index(f">{party}</th>") for party in ("tracker.example", "place.example", "&#39;inline&#39;"))
    order = [text.index(f"<h2>{words}") for words in ("Not declared", "Declared, but", "Parts of your own", "How reports come")]
    assert order[0] < tracker < order[1] < place < order[2] < own < order[3]
    assert "<td>img-src, script-src-elem</td><td>/, /contact</td>" in text
    assert '/ph <span class="muted">and 3 more</span>' in text
    assert "add_header &#34;x&#34; always;" in text


def test_without_reports_the_page_says_how_to_get_them(built):
    """No report at all is no good news: perhaps nobody asks for them."""
    house = make_house(evidence=FakeEvidence(reports=()))
    client = TestClient(make_app(house, built), cookies={"avow_staff": "open-session"})
    text = client.get("/console/browser-reports").text
    assert "None has reported anything: look whether your pages send the headers below." in text
    assert "<h2>Declared, but" not in text
