"""Joining and leaving a financial incentive, on its page, for an address, and by no other way (11 CCR 7016)."""

import re

import pytest
from tests.houses import compiled, person

from avow.definitions import RequestKind
from avow.gate.incentives import Incentives

from .policies import INCENTIVE
from .serving import VISITOR
from .test_choices import BROWSER, recorded, said_by

CLUB = "gauge-club"
PAGE = "/privacy/incentives"


@pytest.fixture
def house(serving):
    """An installation whose policy has a financial incentive."""
    return serving(compiled(*INCENTIVE))


def cookie(answer):
    return answer.headers["set-cookie"].replace('"', "")


def test_a_person_joins_next_to_the_notice_and_withdraws_there(visitor, house):
    """Without script: both are kept for the browser's number, with the version of the day, and in its cookie."""
    visitor.cookies.set("avow_visitor", VISITOR)
    page = visitor.get(PAGE).text
    assert ("a new measuring glass" in page, "You do not take part." in page) == (True, True)
    joined = visitor.post(f"{PAGE}/{CLUB}", data={"answer": "in"})
    assert (joined.status_code, joined.headers["location"]) == (303, f"{PAGE}?saved=1#{CLUB}")
    assert f"+{CLUB}" in cookie(joined)
    assert said_by(house, BROWSER)[CLUB] is False
    assert f'"rulebook":"{house.versions.in_force().id}"' in "".join(house.logged()).replace(" ", "")
    visitor.cookies.set("avow_choices", f"v1.+{CLUB}")
    shown = visitor.get(f"{PAGE}?saved=1").text
    assert ("You take part." in shown, "Your answer is processed." in shown) == (True, True)
    left = visitor.post(f"{PAGE}/{CLUB}", data={"answer": "out"})
    assert f"v1.{CLUB}" in cookie(left)
    assert said_by(house, BROWSER)[CLUB] is True
    visitor.cookies.set("avow_choices", f"v1.{CLUB}")
    assert re.search(r"we do not ask you before <time[^>]*>\d+ May 2028", visitor.get(PAGE).text)
    assert recorded(house) == {(CLUB, "incentive", False): 1, (CLUB, "incentive", True): 1}


@pytest.mark.parametrize("form", [{}, {"answer": "maybe"}])
def test_what_says_neither_is_no_yes(visitor, form):
    """An answer that did not arrive joins nobody."""
    assert f"+{CLUB}" not in cookie(visitor.post(f"{PAGE}/{CLUB}", data=form))


def test_nothing_but_its_page_joins_anybody(visitor, house):
    """Allow all, its own switch on the page of choices, a script by name and by all: none is a yes next to the notice."""
    visitor.cookies.set("avow_visitor", VISITOR)
    assert f"choice.{CLUB}" not in visitor.get("/privacy/choices").text
    for form in ({"all": "in"}, {f"choice.{CLUB}": "in"}):
        assert f"+{CLUB}" not in cookie(visitor.post("/privacy/choices", data=form))
    refused = visitor.post("/avow/choices", json={"opt_in": [CLUB]})
    assert (refused.status_code, PAGE in refused.text) == (409, True)
    taken = house.browser().post("/avow/choices", json={"opt_in": ["all"]})
    assert (taken.status_code, f"+{CLUB}" in cookie(taken)) == (204, False)
    assert said_by(house, BROWSER).get(CLUB) is not False


def test_no_banner_asks_for_it(visitor):
    """The banner has no notice, so it has no such question; a page's script is told the same."""
    told = visitor.get("/avow/choices").json()["choices"]
    assert [one["ask"] for one in told if one["name"] == CLUB] == [False]
    assert "The gauge club" not in re.search(r'class="asking".*?</section>', visitor.get("/").text, re.DOTALL)[0]


def test_opting_out_of_all_leaves_it_too(visitor):
    """A no is taken wherever choices are: from the page of choices, and from a script."""
    visitor.cookies.set("avow_choices", f"v1.+{CLUB}")
    assert f"+{CLUB}" not in cookie(visitor.post("/privacy/choices", data={"all": "out"}))
    assert CLUB in cookie(visitor.post("/avow/choices", json={"opt_out": [CLUB]}))


def test_a_yes_after_a_no_is_asked_once_more(visitor):
    """11 CCR 7028(a): two steps here as on every other page of ours; the first keeps nothing."""
    visitor.cookies.set("avow_choices", f"v1.{CLUB}")
    asked = visitor.post(f"{PAGE}/{CLUB}", data={"answer": "in"})
    assert (asked.status_code, "Do you mean it?" in asked.text, "set-cookie" in asked.headers) == (200, True, False)
    joined = visitor.post(f"{PAGE}/{CLUB}", data={"answer": "in", "confirmed": "yes"})
    assert (joined.status_code, f"+{CLUB}" in cookie(joined)) == (303, True)


def test_the_form_is_taken_of_members_alone(visitor, house):
    """Its data are for members: whoever has not joined is told where, and nothing of theirs is kept."""
    page = visitor.get(f"/avow/forms/{CLUB}").text
    assert "Notice of financial incentive" in page
    mark = re.search(r'name="(avow-token)" value="([^"]+)"', page)
    house.wait(seconds=5)
    fields = {"email": "robin@example.com", mark[1]: mark[2]}
    refused = visitor.post(f"/avow/forms/{CLUB}", data=fields)
    assert (refused.status_code, f"Say yes to it on {PAGE} first" in refused.text) == (403, True)
    visitor.cookies.set("avow_choices", f"v1.+{CLUB}")
    assert visitor.post(f"/avow/forms/{CLUB}", data=fields).status_code == 303


def test_a_person_joins_and_leaves_for_their_address(house):
    """Behind the link that proved it; to withdraw by request asks for no proof."""
    robin = person("robin@example.com")
    house.write("robin@example.com")
    gate = Incentives(house.store, house.versions.in_force(), house.now_ms)
    token = house.verified(RequestKind.KNOW)
    page = f"/privacy/requests/{token}"
    shown = house.browser().get(page).text
    assert f"choice.{CLUB}" in shown
    assert f"{PAGE}#{CLUB}" in shown
    assert house.browser().post(f"{page}/choices", data={f"choice.{CLUB}": "in"}).status_code == 303
    assert gate.takes_part(CLUB, [robin])
    house.ask(RequestKind.WITHDRAW_CONSENT)
    house.walk()
    assert not gate.takes_part(CLUB, [robin])


def test_a_signal_that_stops_it_decides(serving):
    """Who sends Global Privacy Control is told why they are not in it; no button pretends otherwise."""
    house = serving(compiled(*INCENTIVE, ("stops    = [", 'stops    = ["gauge-club",')))
    browser = house.browser()
    browser.headers["Sec-GPC"] = "1"
    page = browser.get(PAGE).text
    assert ("Global Privacy Control, which decides" in page, "Yes, I take part" in page) == (True, False)
    browser.post(f"{PAGE}/{CLUB}", data={"answer": "in"})
    assert all(purpose != CLUB or is_out for (purpose, _, is_out) in recorded(house))


def test_a_policy_without_any_says_so_and_an_unknown_one_is_none(serving):
    """The page is there, and offers nothing."""
    plain = serving(compiled()).browser()
    assert "no discount, no points, no payment" in plain.get(PAGE).text
    assert plain.post(f"{PAGE}/{CLUB}", data={"answer": "in"}).status_code == 404
    assert PAGE not in plain.get("/privacy").text
