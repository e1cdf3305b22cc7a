"""What pages say of a demonstration: each that shows it, or leaves it out, says so by one word; no public page counts it."""

import pytest
from tests.conftest import REPOSITORY
from tests.houses import compiled

from avow.gate import demonstrated
from avow.gate.demonstrated import InventedChoice
from avow.web.console.invented import BY_ITSELF, OF_NO_VISITOR, PAGES, Word
from avow.web.console.needs import MENU

MENU_PAGES = {path for pages in MENU.values() for path in pages}
MARKED = '<span class="badge quiet">demonstration</span>'
WITH_METRICS = (
    'evidence      = "public"',
    'evidence      = "public"\nmetrics       = "https://www.marrowby.example/privacy/metrics"',
)
PUBLIC = ("/privacy-policy", "/privacy/choices", "/privacy-policy/evidence", "/privacy/metrics", "/privacy/metrics.json")


def begin(house):
    """Have invented visitors come, one of whom opted out and one of whom asked to know."""
    demonstrated.visited(house.store)
    of = (house.now_ms(), "audience-measurement")
    rulebook_id = house.rooms.policy.rulebook.id
    one = InventedChoice("c1", *of, opted_out=True, source="link", rulebook_id=rulebook_id, visitor="", site="marrowby")
    demonstrated.keep_choices(house.store, [one])
    house.ask(email="kim@example.com", demonstration=True)


def test_every_page_of_the_menu_has_its_word():
    """A new page of the menu is in one of the lists, or this fails."""
    assert (PAGES.keys() | BY_ITSELF | OF_NO_VISITOR) & MENU_PAGES == MENU_PAGES
    assert not PAGES.keys() & (BY_ITSELF | OF_NO_VISITOR)


@pytest.mark.parametrize("path", sorted(PAGES))
def test_a_page_says_what_it_does_with_the_demonstration(house, path):
    """Where there is one, and nowhere else: it is shown, left out, or in the log."""
    staff = house.staff()
    assert MARKED not in staff.get(path).text
    begin(house)
    text = staff.get(path).text
    assert MARKED in text
    words = {Word.SHOWN: "Some of what is here", Word.LEFT_OUT: "about real people alone", Word.LOGGED: "Some entries are about"}
    assert words[PAGES[path]] in text
    assert "1 choice and 1 request" in text


def test_pages_do_not_say_that_nobody_did_what_invented_people_did(house):
    """Nobody real made a choice, and nothing of real people was refused."""
    begin(house)
    staff = house.staff()
    assert "Nobody real has made a choice yet." in staff.get("/console/choices").text
    assert "Nothing of real people was refused." in staff.get("/console/refusals").text


@pytest.mark.parametrize("path", PUBLIC)
def test_no_public_page_counts_it(serving, path):
    """What a visitor reads of figures is the same before and with a demonstration."""
    house = serving(compiled(WITH_METRICS))
    browser = house.browser()
    before = browser.get(path)
    begin(house)
    assert (browser.get(path).status_code, browser.get(path).text) == (200, before.text)


def test_the_word_is_written_in_one_place():
    """Pages say it by the macros; nothing else of the console writes the badge."""
    folder = REPOSITORY / "src" / "avow" / "web" / "templates" / "console"
    writing = {path.name for path in folder.glob("*.html") if 'badge quiet">demonstration' in path.read_text(encoding="utf-8")}
    assert writing <= {"_macros.html"}
