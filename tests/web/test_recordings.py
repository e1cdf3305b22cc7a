"""Session recordings on the pages: the recorder comes after a yes alone, stopping switches it off, watching has a purpose."""

import re
from datetime import UTC, datetime

import pytest
from tests.houses import compiled

from avow.collection import signals
from avow.web.assets import Assets
from avow.web.site import pages_with_forms

from .serving import MARROWBY, VISITOR

YES = f"avow_choices=v1.audience-measurement.+page-improvement; avow_visitor={VISITOR}"
FIRST, SECOND = "ab" * 16, "ef" * 16
ONE = f"/console/recordings/{FIRST}"


@pytest.fixture
def staff(house):
    """A member of staff, and a visit of two pages, with half a minute between them."""
    house.record(FIRST, "/products/rain-gauge", VISITOR, 83)
    house.wait(seconds=113)
    house.record(SECOND, "/support", VISITOR, 30)
    return house.staff()


def test_the_recorder_is_named_to_who_said_yes_and_to_nobody_else(visitor):
    """The page of a visitor without a yes does not even hold the recorder's address, nor does one with a form."""
    assert "recorder" not in visitor.get("/products/rain-gauge").text
    assert "recorder" in visitor.get("/products/rain-gauge", headers={"Cookie": YES}).text
    assert "recorder" not in visitor.get("/contact", headers={"Cookie": YES}).text


def test_a_page_waits_for_a_yes_that_may_still_be_said_on_it(visitor):
    """An application of one page is not opened again after it; beside a form no yes would start it."""
    waiting = f'<script src="{Assets().address("replay.js")}" data-served defer></script>'
    assert waiting in visitor.get("/products/rain-gauge").text
    assert waiting not in visitor.get("/products/rain-gauge", headers={"Cookie": YES}).text
    assert waiting not in visitor.get("/contact").text


def test_a_page_from_elsewhere_is_told_no_with_nothing(visitor):
    """204 without a yes, 200 with the recorder's address after one; neither is kept by any cache."""
    no = visitor.get("/avow/recording?page=/x")
    yes = visitor.get("/avow/recording?page=/x", headers={"Cookie": YES})
    assert (no.status_code, yes.status_code, yes.json()["point"]) == (204, 200, "session-recording")
    assert {no.headers["cache-control"], yes.headers["cache-control"]} == {"no-store"}


def test_the_browser_has_its_number_before_it_records(visitor):
    """The page that names the recorder, and the answer that does, give a number to who has none, and to nobody else."""
    yes = {"Cookie": "avow_choices=v1.+page-improvement"}
    for address in ("/products/rain-gauge", "/avow/recording?page=/x", "/nowhere"):
        given = visitor.get(address, headers=yes).headers.get("set-cookie", "")
        assert re.fullmatch(r"avow_visitor=[0-9a-f]{32}; Max-Age=34128000; Path=/; HttpOnly; SameSite=Lax", given)
        visitor.cookies.clear()
        assert "set-cookie" not in visitor.get(address, headers={"Cookie": YES}).headers
        assert "set-cookie" not in visitor.get(address).headers
    assert "set-cookie" not in visitor.get("/contact", headers=yes).headers


def test_stopping_turns_the_yes_into_a_no_and_keeps_other_choices(visitor, staff):
    """The cookie says no to the recording and still no to what was refused before; what was recorded is taken back."""
    headers = {"Cookie": YES, "Sec-Fetch-Site": "same-origin"}
    assert staff.get(ONE).status_code == 200
    answer = visitor.post("/avow/recordings/stop", json={"recording": FIRST}, headers=headers)
    value = re.search(r"avow_choices=([^;]+)", answer.headers["set-cookie"])[1].strip('"')
    assert answer.status_code == 204
    assert (signals.choices_of(value), signals.consents_of(value)) == ({"audience-measurement", "page-improvement"}, frozenset())
    assert [staff.get(f"/console/recordings/{one}").status_code for one in (FIRST, SECOND)] == [404, 404]


@pytest.mark.parametrize(
    ("body", "site", "status"),
    [
        (b"{", "same-origin", 400),
        (b"[1]", "same-origin", 400),
        (b'{"recording": "\xff"}', "same-origin", 400),
        (b"{}", "cross-site", 403),
    ],
)
def test_nobody_else_stops_it_and_garbage_is_told_so(visitor, staff, body, site, status):
    """Another site cannot stop a recording; a body that is none is refused in words."""
    headers = {"Cookie": YES, "Sec-Fetch-Site": site}
    assert visitor.post("/avow/recordings/stop", content=body, headers=headers).status_code == status
    assert staff.get(ONE).status_code == 200


def test_pages_with_a_form_are_found_through_what_they_take_in(tmp_path):
    """A form in the page itself, in an included part or in its layout makes it one that is never recorded."""
    (tmp_path / "_part.html").write_text("<FORM>")
    (tmp_path / "a.html").write_text('{% include "_part.html" %}')
    (tmp_path / "b.html").write_text("{% extends '_l.html' %}")
    (tmp_path / "_l.html").write_text("{{ form_action('contact-form') }}")
    (tmp_path / "c.html").write_text("<p>no form here</p>{% include 'c.html' %}")
    assert pages_with_forms(tmp_path) == {"/a", "/b"}
    assert "/contact" in pages_with_forms(MARROWBY / "site")
    assert "/products/rain-gauge" not in pages_with_forms(MARROWBY / "site")


def test_a_recording_is_watched_for_a_purpose_on_a_page_of_its_own(staff):
    """Without a purpose no player, for a wrong one a refusal, for the right one the player under its own policy."""
    assert "data-player" not in staff.get(ONE).text
    assert staff.get(f"{ONE}?purpose=security").status_code == 403
    page = staff.get(f"{ONE}?purpose=page-improvement")
    assert "style-src 'self' 'unsafe-inline'; img-src 'self' data:" in page.headers["content-security-policy"]
    assert "unsafe-inline" not in staff.get(ONE).headers["content-security-policy"]
    assert staff.get(f"/console/recordings/{'cd' * 16}?purpose=page-improvement").status_code == 404


def test_a_chunk_needs_the_word_of_a_page_that_was_opened(staff):
    """The player's word opens the chunks of its own recording, also when they are gone since; without it there is none."""
    page = staff.get(f"{ONE}?purpose=page-improvement").text
    ticket = {"Avow-Ticket": re.search(rf'data-recording="{ONE}".* data-ticket="([\w.]+)"', page)[1]}
    assert staff.get(f"{ONE}/chunks/0", headers=ticket).json()[0]["data"]["tag"] == "avow-consent"
    assert staff.get(f"{ONE}/chunks/7", headers=ticket).json() == []
    assert staff.get(f"{ONE}/chunks/0").status_code == 403
    assert staff.get(f"/console/recordings/{'cd' * 16}/chunks/0", headers=ticket).status_code == 403


def test_a_visit_is_one_line_with_its_pages_in_order(staff):
    """Two pages of a visit, each a link to the visit at that page; the length is theirs without what lies between."""
    found = staff.get("/console/recordings").text
    addresses = re.findall(r'href="/console/recordings/([0-9a-f]{32})">(/[^<]*)<', found)
    assert addresses == [("ab" * 16, "/products/rain-gauge"), ("ef" * 16, "/support")]
    assert ">1:53<" in found


def test_the_player_begins_at_the_page_that_was_asked_for(staff):
    """All pages of the visit are there to jump to, each with its own word."""
    page = staff.get(f"/console/recordings/{SECOND}?purpose=page-improvement").text
    assert 'data-player="1"' in page
    found = re.findall(r'data-recording="/console/recordings/(\w+)".* data-ticket="([\w.]+)"', page)
    assert [one for one, _ in found] == [FIRST, SECOND]
    assert len({ticket for _, ticket in found}) == 2


def test_how_many_pages_are_left_out_is_said(serving):
    """A visit over the midnight at which another version came into force: each page is watched by its own."""
    house = serving(compiled(("page-improvement", "page-study")), compiled(effective="2026-12-24"))
    house.now = datetime(2026, 12, 24, 7, 59, tzinfo=UTC)
    house.record(FIRST, "/products/rain-gauge", VISITOR, 30)
    house.wait(minutes=2)
    house.record(SECOND, "/support", VISITOR, 30)
    page = house.staff().get(f"/console/recordings/{SECOND}?purpose=page-improvement").text
    assert re.findall(r'data-recording="/console/recordings/(\w+)"', page) == [SECOND]
    assert "1 of its pages were recorded under a policy" in page


def test_a_filter_that_finds_nothing_says_so(staff):
    """A page that no recording saw is named, and the way back is there."""
    found = staff.get("/console/recordings?page=/nowhere?who=ada").text
    assert "No recorded visit saw the page /nowhere." in found
    assert "ada" not in found
