"""Walks 1 and 4 over HTTP: what is declared is kept, what is not never reaches the disk, signals are honoured."""

import json
import re

import pytest
from tests.conftest import wait_for

from avow.collection.forms.form import Forms
from avow.collection.intake import Intake


def post(client, *events, **headers):
    return client.post("/avow/events", content=json.dumps({"events": list(events)}), headers=headers)


def view(page, **fields):
    return {"point": "page-view", "page": page, **fields}


def dashboard_shows(running, staff, text):
    """Return the dashboard's page once it shows a text: asked again, because its tables are counted one after the other."""
    if text.startswith("/"):  # the store is asked first, which costs less than to ask the page again and again
        wait_for(lambda: running.stored(text), what=f"{text} in the store")
    wait_for(lambda: text in staff.get("/console/dashboard/whole", follow_redirects=True).text, what=f"{text} on the dashboard")
    return staff.get("/console/dashboard/whole", follow_redirects=True).text


@pytest.fixture(scope="module")
def staff(running):
    return running.staff()


def test_page_view_reaches_the_dashboard(running, staff):
    """A view sent by the tag's own request stands on the dashboard."""
    answer = post(running.browser(), view("/walk-one", referrer="https://search.example/deep?q=secret", language="en"))
    assert answer.status_code == 204
    assert "HttpOnly" in answer.headers["set-cookie"]
    assert "secret" not in dashboard_shows(running, staff, "/walk-one")


def test_leaving_and_doing_are_no_page_views(running, staff):
    """Time, links, files and the site's own events stand in their own tables, and no page view is added."""
    before = running.browser()
    post(before, view("/walk-read"))
    done = {"point": "spare-parts", "page": "/walk-read", "instrument": "walk-gauge"}
    left = {"point": "page-leave", "page": "/walk-read", "engagement-time": "75", "scroll-depth": "64"}
    link = {"point": "outbound-link", "page": "/walk-read", "link-followed": "https://walk.example/x?y=secret"}
    again = {**left, "engagement-time": "10", "scroll-depth": "80"}
    assert post(before, left, done, link, again).status_code == 204
    page = dashboard_shows(running, staff, "https://walk.example/x<")
    assert re.search(r"/walk-read<.*?>1</td>.*?>1</td>", page)  # one view by one visitor
    assert re.search(r"/walk-read<.{0,160}</th><td[^>]*>1</td><td[^>]*>1:25</td><td[^>]*>80 %</td>", page)
    assert "secret" not in page


def test_pixel_counts_a_page_without_script(running, staff):
    """The pixel answers with a GIF and its view stands on the dashboard."""
    answer = running.browser().get("/avow/pixel.gif?page=/walk-without-script")
    assert answer.headers["content-type"] == "image/gif"
    assert len(answer.content) == 43
    dashboard_shows(running, staff, "/walk-without-script")


@pytest.mark.parametrize(("value", "counts"), [("1", True), ("0", False), ("true", False), ("1, 1", True)])
def test_gpc_counts_only_when_it_is_exactly_one(running, value, counts):
    """`Sec-GPC: 1` stops the page view, also where a proxy joined two lines of it; any other value is no signal (W3C GPC)."""
    answer = post(running.browser(), view("/gpc"), **{"Sec-GPC": value})
    assert ("avow-refused" in answer.headers) == counts
    assert ("set-cookie" in answer.headers) != counts


def test_a_choice_stops_the_next_event(running):
    """Opting out on the choices page applies to the next HTTP request."""
    browser = running.browser()
    assert browser.post("/privacy/choices", data={"all": "out"}).status_code == 303
    assert "avow-refused" in post(browser, view("/after-the-choice")).headers
    assert browser.post("/privacy/choices", data={"all": "in", "confirmed": "yes"}).status_code == 303
    assert "avow-refused" not in post(browser, view("/after-the-choice")).headers


def test_undeclared_parts_never_reach_the_disk(running, staff):
    """An undeclared field is dropped, named to the developer and in the console, and found in no file."""
    canary = "undeclared-canary-0815"
    answer = post(running.browser(), view("/kept", password=canary), {"point": "heatmap", "xy": canary})
    assert answer.json()["kept"] == 1
    assert [lost["field"] for lost in answer.json()["dropped"]] == ["password", ""]
    form = {"email": "kim@example.com", "message": "Hello", "shoe_size": canary}
    location = running.browser().post("/avow/forms/contact-form", data=form).headers["location"]
    assert "dropped=shoe_size" in location
    wait_for(lambda: "shoe_size" in staff.get("/console/refusals").text, what="the refusal")
    assert "1798.100" in staff.get("/console/refusals").text
    dashboard_shows(running, staff, "/kept")
    assert running.avow("assurance", "residue", canary).startswith("0 found")


def test_submission_is_shown_only_for_a_declared_purpose(running, staff):
    """The inbox lists a reference; reading asks for a purpose, and refuses one that was not declared."""
    form = {"email": "sasha@example.com", "message": "A question about rain"}
    location = running.browser().post("/avow/forms/contact-form", data=form).headers["location"]
    reference = location.partition("reference=")[2]
    inbox = wait_for(lambda: reference in (page := staff.get("/console/inbox").text) and page, what="the submission")
    assert "sasha@example.com" not in inbox
    row = inbox[: inbox.index(reference)]
    link = row[row.rindex('href="/console/inbox/') + 6 :].split('"')[0]
    assert "A question about rain" not in staff.get(link).text
    read = staff.get(link, params={"purpose": "answer-questions"})
    assert "A question about rain" in read.text
    refused = staff.get(link, params={"purpose": "security"})
    assert refused.status_code == 403
    assert "A question about rain" not in refused.text
    assert "1798.100" in refused.text


def test_incomplete_form_keeps_what_was_typed(running):
    """A form that needs mending comes back with its text, and nothing is kept."""
    answer = running.browser().post("/avow/forms/contact-form", data={"email": "no address", "message": "Long text typed"})
    assert answer.status_code == 422
    assert "Long text typed" in answer.text


def test_robots_are_told_apart(running, staff):
    """A crawler's view is kept as a robot's, outside the audience."""
    robot = running.browser(**{"User-Agent": "ExampleBot/1.0 (+https://bot.example)"})
    assert post(robot, view("/only-a-robot")).status_code == 204
    post(running.browser(), view("/after-the-robot"))
    assert "/only-a-robot" not in dashboard_shows(running, staff, "/after-the-robot")


def test_the_collector_is_one_step_for_the_door():
    """The door calls one function of the collection room for each kind of input."""
    assert {name for name in vars(Intake) if name.startswith("take")} == {"take"}
    assert {name for name in vars(Forms) if name.startswith("take")} == {"take"}
