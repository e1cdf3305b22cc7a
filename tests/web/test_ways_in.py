"""The ways in for consumer requests: one form for each kind, the staff form, and a message that is one (11 CCR 7020, 7021)."""

from datetime import UTC, date, datetime, timedelta

import pytest
from tests.houses import compiled
from tests.law.test_applied import LIMIT

from avow.collection import signals
from avow.definitions import IdentifierKind, RequestKind, identifier
from avow.gate import choices
from avow.policy.checks.carried_out import EVERYTHING
from avow.policy.rulebook import refusals
from avow.rights.states import State, Step
from avow.store.paging import Place

from .serving import VISITOR

ROBIN = "robin@example.com"
DAY = {"kind": "delete", "channel": "phone", "received_on": "2026-11-24", "email": ROBIN, "details": ""}
MANY = (
    (
        "[right.correct]\n",
        "\n".join(
            f'[right.{name}]\nmethods      = ["web", "email", "phone"]\nverification = "{by}"\nlevel        = "{level}"\n'
            for name, by, level in (
                ("object", "not at all", "none"),
                ("withdraw-consent", "not at all", "none"),
                ("restrict", "by a link that we send to your e-mail address", "reasonable"),
            )
        )
        + "\n[right.correct]\n",
    ),
)


@pytest.fixture
def house(serving):
    """The example company with a form for each kind that this version carries out, on a Tuesday in November."""
    made = serving(compiled(*LIMIT, *MANY, does=EVERYTHING))
    made.now = datetime(2026, 11, 24, 20, 0, tzinfo=UTC)
    return made


@pytest.fixture
def plain(serving):
    """The example company as it is: nothing sensitive is held, so that the link proves enough."""
    made = serving(compiled())
    made.now = datetime(2026, 11, 24, 20, 0, tzinfo=UTC)
    return made


def last(house):
    """Return the request that was filed last."""
    return max(house.cases(), key=lambda one: one.entered_ms)


@pytest.mark.parametrize("kind", ["know", "delete", "opt-out", "limit", "object", "withdraw-consent", "restrict"])
def test_each_kind_has_a_form_without_account_or_script(house, kind):
    """Its page says what it does, and its form files it."""
    browser = house.browser()
    page = browser.get(f"/privacy/{kind}")
    assert page.status_code == 200
    assert f'action="/privacy/{kind}"' in page.text
    assert "<script" not in page.text.partition("<main")[2]
    answer = browser.post(f"/privacy/{kind}", data={"email": ROBIN})
    assert (answer.status_code, last(house).kind) == (303, kind)
    assert browser.get(answer.headers["location"]).status_code == 200


@pytest.mark.parametrize("kind", ["opt-out", "limit", "object", "withdraw-consent"])
def test_what_holds_at_once_asks_for_nothing(house, kind):
    """7026(d), 7027(e): no name, no address, no words; and the browser has it with the same answer."""
    browser = house.browser()
    assert 'name="details"' not in browser.get(f"/privacy/{kind}").text
    answer = browser.post(f"/privacy/{kind}", data={})
    assert answer.status_code == 303
    assert last(house).state is State.APPLYING
    kept = signals.choices_of(answer.cookies.get(signals.CHOICES_COOKIE, "").strip('"'))
    assert bool(kept) == (kind != "object")
    assert "-object" not in kept


def test_a_limit_stays_in_the_browsers_cookie(house):
    """Each page makes it new, as any no."""
    browser = house.browser()
    browser.post("/privacy/limit", data={})
    again = browser.get("/", headers={"accept": "text/html"})
    assert "-limit" in again.headers["set-cookie"]


def test_everything_is_offered_first_and_parts_are_named(house):
    """7022(g): deleting everything is more prominent than a part."""
    browser = house.browser()
    page = browser.get("/privacy/delete").text
    assert page.index("Everything you hold about me") < page.index("Only what came by")
    assert 'value="everything" checked' in page
    browser.post("/privacy/delete", data={"email": ROBIN, "what": "part", "point.contact-form": "1", "point.unknown": "1"})
    assert last(house).contact.points == ("contact-form",)
    house.wait(hours=2)
    browser.post("/privacy/delete", data={"email": ROBIN, "what": "everything", "point.contact-form": "1"})
    assert last(house).contact.points == ()


def test_a_part_is_deleted_and_the_rest_stays(plain):
    """Nothing of another form, and no recipient is told to erase what it is not about."""
    mine, other = plain.write(ROBIN), plain.write(ROBIN, point="newsletter")
    filed = plain.browser().post("/privacy/delete", data={"email": ROBIN, "what": "part", "point.contact-form": "1"})
    token = filed.headers["location"].rpartition("/")[2]
    plain.walk()
    plain.confirm(token)
    plain.walk()
    assert last(plain).state is State.CLOSED
    assert plain.store.submission(mine) is None
    assert plain.store.submission(other) is not None


def test_to_know_names_a_range_and_what_is_to_be_seen(house):
    """7020(e): a range, or everything since the law's own day."""
    browser = house.browser()
    asked = {"email": ROBIN, "period": "since", "since": "2022-01-01", "until": "2023-02-28", "pieces": "categories"}
    assert browser.post("/privacy/know", data=asked).status_code == 303
    contact = last(house).contact
    assert (contact.since, contact.until, contact.pieces) == ("2022-01-01", "2023-02-28", "categories")
    for wrong in ({"since": "2021-12-31"}, {"until": "2021-01-01"}, {"since": "2023-02-29"}):
        assert browser.post("/privacy/know", data=asked | wrong).status_code == 422


def test_a_call_of_tuesday_that_is_entered_on_thursday(house):
    """7021(b): every day counts from the call."""
    house.now = datetime(2026, 11, 26, 20, 0, tzinfo=UTC)
    staff = house.staff()
    answer = staff.post("/console/requests/new", data=DAY | {"token": token_of(staff, "/console/requests/new")})
    assert answer.status_code == 303, answer.text
    case = last(house)
    assert (case.received_on, case.channel) == (date(2026, 11, 24), "phone")
    assert case.entered_ms == house.now_ms() > case.received_ms
    assert "2026" in staff.get(answer.headers["location"]).text


def token_of(staff, page):
    """Return the session's token, as a page's form has it."""
    return staff.get(page).text.partition('name="token" value="')[2].partition('"')[0]


@pytest.mark.parametrize(
    ("day", "status"),
    [
        ("2026-11-25", 422),
        ("2028-02-30", 422),
        ("2026-02-29", 422),
        ("", 422),
        ("2024-11-24", 422),
        ("2024-11-25", 303),
        ("2026-11-01", 303),
    ],
)
def test_days_of_receipt(house, day, status):
    """Tomorrow, days that there are not, and those whose record would be over are refused; before the policy existed is a day."""
    staff = house.staff()
    sent = DAY | {"received_on": day, "token": token_of(staff, "/console/requests/new")}
    assert staff.post("/console/requests/new", data=sent).status_code == status
    assert len(house.cases()) == (status == 303)


def test_a_leap_day_is_a_day_of_receipt(serving):
    """29 February 2028: 45 days later is 13 April."""
    house = serving(compiled())
    house.now = datetime(2028, 3, 1, 20, 0, tzinfo=UTC)
    staff = house.staff()
    sent = DAY | {"received_on": "2028-02-29", "token": token_of(staff, "/console/requests/new")}
    assert staff.post("/console/requests/new", data=sent).status_code == 303
    assert house.rooms.rights._line(last(house)).answer_by == date(2028, 4, 13)


def test_nobody_untrained_enters_a_call(house):
    """7100(a): who handles requests by telephone is trained."""
    untrained = house.browser(cookies={"avow_staff": house.session(house.account("kim", trained=False))})
    trained = house.staff()
    sent = DAY | {"token": token_of(trained, "/console/requests/new")}
    assert untrained.post("/console/requests/new", data=sent).status_code == 403
    assert house.cases() == []


def test_who_came_by_letter_without_an_address_is_told_by_hand(plain):
    """7021(a): by the way on which they came; no mail server gets it."""
    staff = plain.staff()
    sent = DAY | {"email": "", "channel": "mail", "name": "Robin", "token": token_of(staff, "/console/requests/new")}
    assert staff.post("/console/requests/new", data=sent).status_code == 303
    plain.run("requests")
    (message,) = plain.messages("waiting")
    plain.pass_on(message)
    assert last(plain).state is State.VERIFYING


def test_a_message_in_the_inbox_becomes_a_request_of_the_day_it_came(house):
    """REQ-03: whatever form they took, and its own words are read before anything is planned."""
    record = house.write(ROBIN, fields={"email": ROBIN, "message": "Please delete only my message."})
    house.wait(days=3)
    staff = house.staff()
    page = f"/console/inbox/{record}?purpose=answer-questions"
    assert "Make a consumer request of it" in staff.get(page).text
    sent = {"kind": "delete", "token": token_of(staff, page)}
    answer = staff.post(f"/console/inbox/{record}/request", data=sent)
    assert answer.status_code == 303
    case = last(house)
    assert (case.received_on, case.channel, case.contact.record) == (date(2026, 11, 24), "message", record)
    assert "only my message" in case.contact.details
    assert staff.post(f"/console/inbox/{record}/request", data=sent).status_code == 403  # twice is once


def test_words_are_read_before_anything_is_planned(plain):
    """Who writes "only my message, please" is not erased entirely; the clock runs on, and the desk shows it."""
    mine, other = plain.write(ROBIN), plain.write(ROBIN, point="newsletter")
    filed = plain.browser().post("/privacy/delete", data={"email": ROBIN, "details": "only my message, please"})
    status = filed.headers["location"].rpartition("/")[2]
    plain.walk()
    plain.confirm(status)
    plain.walk()
    case = last(plain)
    assert (case.state, case.entry(Step.PLANNED)) == (State.VERIFIED, None)
    staff = plain.staff()
    assert "its words have to be read" in staff.get("/console/requests").text
    page = f"/console/requests/{case.request_id}"
    shown = staff.get(page).text
    assert "only my message, please" in shown
    sent = {"what": "part", "point.contact-form": "1", "token": token_of(staff, page), "purpose": "answer-requests"}
    assert staff.post(f"{page}/scope", data=sent).status_code == 303
    plain.wait(minutes=2)
    plain.walk()
    assert last(plain).state is State.CLOSED
    assert (plain.store.submission(mine), plain.store.submission(other) is not None) == (None, True)


def test_a_request_whose_words_nobody_reads_is_late_and_never_denied(plain):
    """7021(b): a verified request that waits for staff is shown late."""
    filed = plain.browser().post("/privacy/delete", data={"email": ROBIN, "details": "all of it"})
    plain.walk()
    plain.confirm(filed.headers["location"].rpartition("/")[2])
    plain.wait(days=60)
    plain.run("requests")
    (line,) = plain.rooms.rights.desk(Place()).lines
    assert (line.is_late, last(plain).state) == (True, State.VERIFIED)


def test_the_same_once_more_keeps_the_earlier_receipt(house):
    """A duplicate names the request that it repeats, and has its day: a second request moves none."""
    first = house.ask(RequestKind.DELETE).partition("-")[0]
    house.now += timedelta(days=5)
    staff = house.staff()
    reference = house.rooms.rights.cases.get(first).reference
    sent = DAY | {"received_on": "2026-11-29", "parent": reference, "token": token_of(staff, "/console/requests/new")}
    assert staff.post("/console/requests/new", data=sent).status_code == 303
    assert (last(house).parent, last(house).received_on) == (first, date(2026, 11, 24))
    assert house.rooms.rights.cases.get(first).received_on == date(2026, 11, 24)
    sent["parent"] = "FFFFFFFFFF"
    assert staff.post("/console/requests/new", data=sent).status_code == 422


def test_the_visitors_number_goes_with_what_holds_at_once(house):
    """The browser's own number is one of the keys by which a no finds whom it is for."""
    browser = house.browser(cookies={"avow_visitor": VISITOR})
    browser.post("/privacy/opt-out", data={})
    assert VISITOR in {one.value for one in last(house).contact.match_keys()}


def test_what_was_limited_is_allowed_again_in_two_steps(house):
    """7028(a): asked once more, and nothing is changed before."""
    browser = house.browser(cookies={"avow_visitor": VISITOR})
    browser.post("/privacy/limit", data={})
    page = browser.get("/privacy/choices").text
    assert "The use of your sensitive information is limited" in page
    first = browser.post("/privacy/choices", data={"-limit": "in"})
    assert (first.status_code, "Do you mean it?" in first.text) == (200, True)
    assert "-limit" in browser.cookies["avow_choices"]
    assert browser.post("/privacy/choices", data={"-limit": "in", "confirmed": "yes"}).status_code == 303
    assert "-limit" not in browser.cookies["avow_choices"]
    assert refusals.LIMIT not in choices.opted_out_by(house.store, [identifier(IdentifierKind.VISITOR, VISITOR)])


def test_nobody_is_asked_by_a_form_for_what_they_refused(house):
    """§ 1798.135(c)(4): the box of a subscription is not there in a browser that said no to it."""
    browser = house.browser()
    shown = browser.get("/newsletter").text
    assert 'name="avow-agree"' in shown
    refused = [name for name, one in house.versions.in_force().purposes.items() if one.optional]
    browser.post("/avow/choices", json={"opt_out": refused})
    assert 'name="avow-agree"' not in browser.get("/newsletter").text


def test_no_way_is_promised_that_nothing_takes():
    """AV0712: there are no accounts of customers, whatever the policy says; an appeal has a form, as every other kind."""
    words = (
        '[right.appeal]\nmethods      = ["web", "email", "phone"]\nverification = "by the reference"\nlevel        = "none"\n\n'
    )
    with pytest.raises(AssertionError, match="AV0712"):
        compiled(("[right.correct]\n", words.replace('"web"', '"account"') + "[right.correct]\n"))
    assert compiled(("[right.correct]\n", words + "[right.correct]\n")).rights["appeal"].by_form


PROGRAM = (
    "[right.correct]\n",
    (
        '[right.automated-decision]\nmethods      = ["web", "email", "phone"]\nverification = "not at all"\n'
        'level        = "none"\nform         = "rights-request"\nby_people    = true\n'
        'gives        = ["opt-out", "access"]\n\n[right.correct]\n'
    ),
)


def test_what_is_asked_of_a_programs_decision_has_a_form_and_people_decide_it(serving):
    """7221, 7222: in the list of rights; what is wanted, an address for the answer, nothing to prove; staff see what it is."""
    house = serving(compiled(PROGRAM))
    house.now = datetime(2027, 1, 5, 20, 0, tzinfo=UTC)
    browser = house.browser()
    assert 'href="/privacy/automated-decision"' in browser.get("/privacy").text
    page = browser.get("/privacy/automated-decision").text
    assert ("Have people decide in the place of the program" in page, "visitor number" in page) == (True, False)
    nothing = browser.post("/privacy/automated-decision", data={"pieces": "access"})
    assert (nothing.status_code, "Our answer goes there" in nothing.text) == (422, True)
    asked = {"email": ROBIN, "pieces": "access", "details": "Which of my applications were put last in November?"}
    answer = browser.post("/privacy/automated-decision", data=asked)
    assert answer.status_code == 303
    assert "visitor" not in answer.cookies
    house.run("requests")
    case = last(house)
    assert (case.kind, case.channel, case.state, case.contact.pieces) == ("automated-decision", "web", State.REVIEWING, "access")
    status = browser.get(answer.headers["location"]).text
    assert ("A person looks at your request" in status, "confirmed your address" in status) == (True, False)
    inside = house.staff().get(f"/console/requests/{case.request_id}").text
    assert ("how the decision came about" in inside, "put last in November" in inside) == (True, True)


def test_without_that_right_there_is_no_such_form(house):
    """Nor in the list; the page says who takes it."""
    browser = house.browser()
    assert "automated-decision" not in browser.get("/privacy").text
    assert browser.get("/privacy/automated-decision").status_code == 404
    assert browser.post("/privacy/automated-decision", data={"email": ROBIN}).status_code == 404
