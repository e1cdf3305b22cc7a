"""The console: who gets in, what is shown for which purpose."""

import hmac
import html
import json
import re
import threading
from datetime import date

import pytest
from tests.houses import compiled, insider, sites
from tests.messaging.test_outbox import Server

from avow.access import passwords
from avow.access.signing_in import ADDRESS_TRIES, NAME_TRIES
from avow.analytics import recordings as watched
from avow.collection import browser_reports
from avow.messaging import inbox, mailings, outbox, reports
from avow.policy import browser_policy
from avow.rights import desk
from avow.store import paging
from avow.web.console.door import back_to

from .policies import PLACE
from .serving import ORIGIN

#: Pages of the console; what is in braces is an id of `places`.
PAGES = [
    "",
    "/recordings",
    "/recordings/{recording}",
    "/inbox",
    "/requests",
    "/requests/{request}",
    "/outbox",
    "/outbox/{message}",
    "/choices",
    "/refusals",
    "/browser-reports",
    "/set-aside",
    "/policy",
    "/policy/printouts/register",
    "/audit",
    "/staff",
    "/staff/{account}/remove",
]
PASSWORD = "correct horse battery"


def _token(client, path):
    return re.search(r'name="token" value="([0-9a-f]{64})"', client.get(path).text)[1]


@pytest.mark.parametrize("page", PAGES)
def test_pages_need_a_session(visitor, staff, places, page):
    """Without a session there is the sign-in page, with one there is the page, never stored by the browser."""
    address = f"/console{page}".format(**places)
    assert visitor.get(address).headers["location"].startswith("/console/sign-in?next=")
    response = staff.get(address)
    assert response.status_code == 200
    assert response.headers["cache-control"] == "no-store"


@pytest.fixture
def robin(house, small_hashes):
    """An account with a password."""
    return house.account("robin", passwords.hashed(PASSWORD))


def sign_in(browser, name="robin", password="x", **more):
    return browser.post("/console/sign-in", data={"name": name, "password": password, **more})


def test_signing_in_sets_a_strict_cookie_for_the_console(visitor, robin):
    """The session cookie is for the console only and for no script."""
    response = sign_in(visitor, password=PASSWORD, next="/console/inbox")
    assert response.headers["location"] == "/console/inbox"
    kept = response.headers.get_list("set-cookie")
    assert [one.partition("=")[0] for one in kept] == ["avow_staff", "avow_device"]
    assert all(part in cookie for part in ("HttpOnly", "Path=/console", "SameSite=strict") for cookie in kept)
    assert ["Max-Age" in one for one in kept] == [False, True]
    assert visitor.get("/console/inbox").status_code == 200


def test_who_signs_in_is_told_by_what_came(serving, small_hashes):
    """The end of the connection, what proxies say of it, and what the browser kept of an earlier sign-in."""
    proxy = "10.0.0.1"
    house = serving(extra=f'[listen]\ntrusted_proxies = ["{proxy}"]')
    house.account("robin", passwords.hashed(PASSWORD))
    proxied, own = (house.browser(client=(peer, 1)) for peer in (proxy, "203.0.113.9"))
    proxied.headers["X-Forwarded-For"] = own.headers["X-Forwarded-For"] = "192.0.2.7"
    known = house.browser(client=(proxy, 1))
    assert sign_in(known, password=PASSWORD).status_code == 303
    statuses = [sign_in(proxied, f"nobody-{number}").status_code for number in range(ADDRESS_TRIES + 1)]
    assert statuses == [403] * ADDRESS_TRIES + [429]
    assert sign_in(own, "nobody").status_code == 403
    proxied.headers["X-Forwarded-For"] = "192.0.2.8"
    assert sign_in(proxied, "nobody").status_code == 403
    statuses = [sign_in(own).status_code for _ in range(NAME_TRIES + 1)]
    assert statuses == [403] * NAME_TRIES + [429]
    known.headers["X-Forwarded-For"] = "192.0.2.7"
    assert sign_in(known, password=PASSWORD).status_code == 303


def test_too_often_is_answered_with_the_same_page(visitor, robin):
    """Whoever tried too often gets the page again with a sentence."""
    for _ in range(NAME_TRIES):
        sign_in(visitor)
    response = sign_in(visitor, password=PASSWORD)
    assert (response.status_code, response.headers.get("retry-after")) == (429, None)
    assert all(words in response.text for words in ('role="alert"', 'value="robin"', "Sign in"))


def test_too_many_are_answered_with_the_same_page(house, visitor, robin):
    """Whoever finds no place in the queue gets the page again with a sentence, at once."""
    go = threading.Event()
    waiting = [house.shared.access.staff.signs.passwords.later(go.wait, is_known=False) for _ in range(passwords.PLACES)]
    response = sign_in(visitor, password=PASSWORD)
    go.set()
    assert (response.status_code, response.headers.get("retry-after")) == (503, "5")
    assert all(words in response.text for words in ('role="alert"', 'value="robin"', "Sign in"))
    assert all(one.result() for one in waiting)
    assert sign_in(visitor, password=PASSWORD).status_code == 303


def test_a_new_password_is_chosen_by_a_link_for_one_account(house, visitor, robin):
    """The page names the account, and whatever name is sent, it stays that account's."""
    link = house.rooms.register.new_password(robin.staff_id).removeprefix(ORIGIN)
    page = visitor.get(link).text
    assert all(words in page for words in ("Choose a new password", "For robin", "Set my password"))
    assert visitor.post(link, data={"name": "kim", "password": "twelve chars and more"}).status_code == 303
    assert [one.name for one in house.rooms.register.accounts()] == ["robin"]
    assert sign_in(visitor, password=PASSWORD).status_code == 403
    assert sign_in(visitor, password="twelve chars and more").status_code == 303


def test_wrong_password_is_refused_in_words(visitor, robin):
    """A wrong password says so without saying which of the two was wrong."""
    wrong, unknown = sign_in(visitor), sign_in(visitor, "kim")
    assert (wrong.status_code, "Name and password do not belong together" in wrong.text) == (403, True)
    texts = [re.sub(r'data-options="[^"]+"', "", one.text) for one in (wrong, unknown)]  # a challenge, new each time
    assert texts[1] == texts[0].replace('value="robin"', 'value="kim"')


@pytest.mark.parametrize(
    "target", ["https://example.com", "//example.com", "/console//example.com", "/consolex", "/\\example.com", ""]
)
def test_sign_in_leads_only_into_the_console(target):
    """No address from outside decides where a sign-in ends."""
    assert back_to(target) == "/console"


def test_signing_out_needs_the_token_and_ends_the_session(staff):
    """Signing out ends the session on the server."""
    session = {"Cookie": f"avow_staff={staff.cookies['avow_staff']}"}
    assert staff.post("/console/sign-out").status_code == 403
    assert staff.get("/console/inbox").status_code == 200
    staff.post("/console/sign-out", data={"token": _token(staff, "/console/inbox")})
    assert staff.get("/console/inbox", headers=session).status_code == 303


def test_invitation_makes_an_account_with_a_long_password(house, visitor, small_hashes):
    """Twelve characters at least; then the account is signed in."""
    link = house.rooms.register.invite(["administrator", "privacy-officer"]).removeprefix(ORIGIN)
    short = visitor.post(link, data={"name": "kim", "password": "short"})
    assert (short.status_code, 'value="kim"' in short.text) == (422, True)
    assert house.rooms.register.accounts() == ()
    made = visitor.post(link, data={"name": "kim", "password": "twelve chars and more"})
    assert made.headers["location"] == "/console"
    assert [one.name for one in house.rooms.register.accounts()] == ["kim"]
    assert visitor.get("/console").status_code == 200
    assert visitor.get(link).status_code == 404


def test_an_invented_invitation_is_not_found(visitor):
    """An invitation that is used, late or invented opens nothing."""
    assert visitor.get("/console/invitations/nothing").status_code == 404


def test_a_late_invitation_is_not_found(house, visitor):
    """After three days its link opens nothing."""
    link = house.rooms.register.invite(["administrator"]).removeprefix(ORIGIN)
    assert visitor.get(link).status_code == 200
    house.wait(days=3, minutes=1)
    assert visitor.get(link).status_code == 404


MESSAGE = "My barometer <b>rises</b> when it rains.\nWhat now?"


@pytest.fixture
def letter(house):
    """The id of what Robin wrote, with a field that the policy does not declare."""
    house.send("/contact", "contact-form", email="robin@example.com", message=MESSAGE, **{"favourite-colour": "red"})
    [line] = house.rooms.inbox.lines(paging.Place(), insider()).lines
    return line.record_id


def reads(house):
    """Return how often what was read for which purpose, and how often that was refused."""
    return [(one.purpose, one.allowed, one.refused) for one in house.rooms.evidence.purpose_reads(date.min)]


def test_inbox_shows_nothing_about_the_person(house, staff, letter):
    """The list has reference, date and the form's label; nothing is read for it."""
    text = staff.get("/console/inbox").text
    assert house.rooms.inbox.line(letter, insider()).reference in text
    assert "<td>Contact form</td>" in text
    assert "robin@example.com" not in text
    assert reads(house) == []


def test_submission_is_read_for_a_declared_purpose(house, staff, letter):
    """The fields show for the purpose that may have them, escaped, with what was dropped."""
    text = staff.get(f"/console/inbox/{letter}?purpose=answer-questions").text
    assert "robin@example.com" in text
    assert "&lt;b&gt;rises&lt;/b&gt;" in text
    assert "favourite-colour" in text
    assert reads(house) == [("answer-questions", 1, 0)]


def test_submission_is_not_read_for_another_purpose(house, staff, letter):
    """A purpose that the policy does not allow gets the reason and the rule, and no field (§ 1798.100(a)(1))."""
    response = staff.get(f"/console/inbox/{letter}?purpose=security")
    assert response.status_code == 403
    assert "1798.100(a)(1)" in response.text
    assert "robin@example.com" not in response.text
    assert reads(house) == [("security", 0, 1)]


def test_marking_needs_the_form_token(house, staff, letter):
    """A form of the console without its token changes nothing."""
    path = f"/console/inbox/{letter}/state"
    assert staff.post(path, data={"state": "answered"}).status_code == 403
    assert house.rooms.inbox.line(letter, insider()).state == "new"
    token = _token(staff, f"/console/inbox/{letter}?purpose=answer-questions")
    assert staff.post(path, data={"state": "answered", "token": token}).status_code == 303
    assert staff.post(path, data={"state": "bogus", "token": token}).status_code == 422
    assert house.rooms.inbox.line(letter, insider()).state == "answered"


def test_a_form_without_a_session_changes_nothing(house, visitor, letter):
    """Nor with the token of no session, which anybody can work out: it leads to the sign-in page."""
    token = hmac.new(b"", b"avow console form", "sha256").hexdigest()
    sent = visitor.post(f"/console/inbox/{letter}/state", data={"state": "answered", "token": token})
    assert (sent.status_code, sent.headers["location"]) == (303, "/console/sign-in?next=/console")
    assert house.rooms.inbox.line(letter, insider()).state == "new"


def test_extension_needs_a_reason(house, staff):
    """The reason is told to the person, so it must say something (11 CCR 7021(b))."""
    request_id = house.ask().partition("-")[0]
    house.walk()
    path, token = f"/console/requests/{request_id}/extension", _token(staff, f"/console/requests/{request_id}")
    assert staff.post(path, data={"token": token, "reason": "busy"}).status_code == 422
    assert house.messages("waiting") == []
    reason = "The records lie with a service provider that answers slowly."
    assert staff.post(path, data={"token": token, "reason": reason}).status_code == 303
    [message] = house.messages("waiting")
    assert reason in staff.get(f"/console/outbox/{message}").text


def test_late_request_stands_out(house):
    """The desk says how late a request is and marks demonstration data."""
    house.ask()
    house.wait(days=46)
    house.ask(email="kim@example.com", demonstration=True)
    text = house.staff().get("/console/requests").text
    assert "2 days late" in text
    assert "1 request is late." in text
    assert "demonstration" in text


@pytest.mark.parametrize("place", ["x", "0", "-1", "9" * 30, "0.1." + "a" * 200, "0.1.a' OR 1"])
def test_a_place_that_is_none_is_the_first_page(house, staff, place):
    """Whatever stands in the address."""
    house.ask()
    answer = staff.get("/console/requests", params={"after": place})
    assert (answer.status_code, answer.text) == (200, staff.get("/console/requests").text)


LISTS = (
    ("/console/requests", ""),
    ("/console/inbox", "?point=contact-form"),
    ("/console/outbox", ""),
    ("/console/recordings", "?page=/products/rain-gauge"),
    ("/console/mailings", ""),
)


@pytest.fixture
def three(house):
    """Three of everything that is listed."""
    for number in range(3):
        house.wait(minutes=1)
        house.ask(email=f"person-{number}@example.com")
        house.write(f"person-{number}@example.com")
        house.record(f"{number:032x}", "/products/rain-gauge", f"{number + 1:032x}")
        letters = mailings.Mailings(house.store, house.versions, "mail-service", sites(origin=ORIGIN))
        letters.begin(letters.plan("newsletter", f"Letter {number}", "Rain.\n", house.now_ms()).mailing)
    house.run("requests")


@pytest.mark.parametrize(("path", "filters"), LISTS)
def test_every_list_has_pages_that_keep_its_filters(three, staff, monkeypatch, path, filters):
    """One part of a page for all of them: the first, the one before, the one behind; none where all is on one."""
    assert 'aria-label="Pages"' not in staff.get(f"{path}{filters}").text
    for room in (desk, inbox, outbox, watched, reports):
        monkeypatch.setattr(room, "LINES", 1)
    begin = links(staff, f"{path}{filters}")
    assert list(begin) == ["Next"]
    middle = links(staff, begin["Next"])
    assert list(middle) == ["First", "Previous", "Next"]
    assert list(links(staff, middle["Next"])) == ["First", "Previous"]
    assert links(staff, middle["Previous"]) == links(staff, middle["First"]) == begin
    query = filters.replace("/", "%2F")
    assert middle["First"] == f"{path}{query}"
    assert all(one.startswith(f"{path}{query or '?'}") for name, one in middle.items() if name != "First")


def links(staff, address):
    """Return where the parts of a list lead, by their names."""
    found = re.findall(r'<a href="([^"]+)"(?: rel="(?:prev|next)")?>(First|Previous|Next) page<', staff.get(address).text)
    return {name: html.unescape(way) for way, name in found}


@pytest.fixture
def server():
    """A real SMTP server, which knows nobody whose name is "gone"."""
    made = Server()
    yield made
    made.controller.stop()


@pytest.fixture
def refused(serving, server):
    """An installation of whose two messages the mail server refused the older one; its id, and that of the one that waits."""
    sender = 'recipient = "mail-service"\nsender = "privacy@marrowby.example"'
    house = serving(extra=f'[mail]\nhost = "127.0.0.1"\nport = {server.port}\nstarttls = false\n{sender}')
    house.ask(email="gone@example.com")
    house.run("requests", "mail")
    house.wait(minutes=1)
    house.ask(email="sam@example.com")
    house.run("requests")
    return house, house.messages("failed")[0], house.messages("waiting")[0]


def test_a_failed_message_is_sent_again_or_elsewhere(refused, server):
    """It comes first, with why; a wrong address is refused in words; both need the session's token."""
    house, failed, waiting = refused
    staff = house.staff()
    listed = staff.get("/console/outbox").text
    assert listed.index(f"/console/outbox/{failed}") < listed.index(f"/console/outbox/{waiting}")
    assert "the mail server refused it (550)" in listed
    path = f"/console/outbox/{failed}"
    token = _token(staff, path)
    assert staff.post(f"{path}/again").status_code == 403
    assert house.messages("failed") == [failed]
    assert staff.post(f"{path}/again", data={"token": token}).status_code == 303
    assert house.messages("failed") == []
    assert "needs an address" in staff.post(f"{path}/address", data={"token": token, "address": "jo..hn@example.com"}).text
    assert staff.post(f"{path}/address", data={"token": token, "address": " kim@example.com "}).status_code == 303
    house.run("mail")
    assert sorted(server.taken) == ["kim@example.com", "sam@example.com"]
    assert "or it has left" in staff.post(f"/console/outbox/{waiting}/again", data={"token": token}).text


def test_a_message_that_was_passed_on_by_hand_is_told_as_that(refused):
    """Its page asks how; a way that is none of them is refused in words; it needs the session's token."""
    house, failed, _ = refused
    staff, path = house.staff(), f"/console/outbox/{failed}"
    assert "<option>telephone</option>" in staff.get(path).text
    token = _token(staff, path)
    assert staff.post(f"{path}/passed-on", data={"way": "post"}).status_code == 403
    assert "say how" in staff.post(f"{path}/passed-on", data={"token": token, "way": "dove"}).text
    assert house.messages("failed") == [failed]
    assert staff.post(f"{path}/passed-on", data={"token": token, "way": "post"}).status_code == 303
    assert house.messages("sent") == [failed]
    [case] = [one for one in house.cases() if one.contact.email == "gone@example.com"]
    assert "passed on by hand: post" in staff.get(f"/console/requests/{case.request_id}").text


@pytest.mark.parametrize("path", ["/console/inbox/x", "/console/requests/x", "/console/outbox/x", "/console/nothing"])
def test_what_is_not_there_is_not_found(staff, path):
    """An id that nothing has gets the friendly page."""
    assert staff.get(path).status_code == 404


def test_a_printout_for_machines_is_handed_out_as_a_file(staff):
    """The register as a table for a spreadsheet has its media type and a name; what is not there is not found."""
    response = staff.get("/console/policy/printouts/register?format=csv")
    assert response.headers["content-type"] == "text/csv; charset=utf-8; header=present"
    assert response.headers["content-disposition"] == 'attachment; filename="register.csv"'
    assert staff.get("/console/policy/printouts/nonsense").status_code == 404


def test_the_policy_page_lists_what_can_be_printed(staff):
    """Each printout is one click away, in each of its formats."""
    page = staff.get("/console/policy").text
    assert 'href="/console/policy/printouts/register?format=csv"' in page


CHROME = "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/142.0.0.0 Safari/537.36"


def report(house, blocked, directive, *pages):
    """Have a browser report what these pages load."""
    declared = frozenset(browser_policy.declared_origins(house.versions.in_force()))
    for page in pages:
        said = {"document-uri": f"{ORIGIN}{page}", "blocked-uri": blocked, "effective-directive": directive}
        body, today = json.dumps({"csp-report": said}).encode(), house.versions.today()
        for row in browser_reports.rows(body, browser_reports.CSP_REPORT, CHROME, declared, "marrowby", today):
            house.shared.intake.reports.add(row)
    house.shared.flush()


def test_parties_that_are_not_declared_stand_apart(serving):
    """Undeclared, declared but not in the header, and the page's own; many pages are counted; then how to start."""
    house = serving(compiled(*PLACE))
    report(house, "https://tracker.example/t.js", "script-src-elem", "/", "/contact")
    report(house, "https://tracker.example/t.gif", "img-src", "/")
    report(house, "https://place.farsight.example/", "frame-src", "/careers")
    report(house, "inline", "script-src-elem", *(f"/p{letter}" for letter in "abcdefghijk"))
    text = house.staff().get("/console/browser-reports").text
    parties = ("tracker.example", "place.farsight.example", "&#39;inline&#39;")
    tracker, place, own = (text.index(f">{party}</th>") for party in parties)
    order = [text.index(f"<h2>{words}") for words in ("Not declared", "Declared, but", "Parts of your own", "How reports come")]
    assert order[0] < tracker < order[1] < place < order[2] < own < order[3]
    assert "<td>img-src, script-src-elem</td><td>/, /contact</td>" in text
    assert '/ph <span class="muted">and 3 more</span>' in text
    assert "add_header Content-Security-Policy-Report-Only" in text


def test_without_reports_the_page_says_how_to_get_them(staff):
    """No report at all is no good news: perhaps nobody asks for them."""
    text = staff.get("/console/browser-reports").text
    assert "None has reported anything: look whether your pages send the headers below." in text
    assert "<h2>Declared, but" not in text


def test_the_desk_speaks_to_staff(house, staff):
    """Of the person as of a third one; their own page speaks to them."""
    filed = house.ask()
    house.walk()
    desk, one = staff.get("/console/requests").text, staff.get(f"/console/requests/{filed.partition('-')[0]}").text
    assert "not confirmed yet" in desk
    assert "The person has not confirmed yet." in one
    assert "their e-mail address" in one
    assert "We are waiting for you" not in one
