"""What a page says: its words, not its frame; hidden from searches when it says so."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from avow.website.reading import DEPTH, TEXT_LENGTH, ScriptLine, read

PAGE = """<!doctype html><html lang="en-US"><head><title>Rain Gauge &middot; Marrowby</title>
<meta name="description" content="Copper &amp; glass"><script src="/avow/tag.js" integrity="sha384-x"></script>
<style>p { color: red }</style></head><body><nav>Home Products</nav><main><h1>Rain<br>Gauge</h1><p>Half a <em>milli</em>metre
<p>Post <a>See</a><a>Buy</a><form>Your name</form><div hidden>secret<p>and more</div>
<script>evil()</script></main><footer>Imprint</footer>"""


def test_words_of_the_main_part_are_read_and_nothing_around_them():
    """Menus, forms, scripts, hidden parts and the footer are not the page's text; an inline element splits no word."""
    page = read(PAGE)
    assert page.text == "Rain Gauge Half a millimetre Post See Buy"
    assert (page.title, page.description, page.headings) == ("Rain Gauge · Marrowby", "Copper & glass", "Rain Gauge")
    assert (page.language, page.scripts) == ("en-us", (ScriptLine("/avow/tag.js", "sha384-x"),))


def test_page_without_a_main_part_is_read_whole():
    """An old page has no main element; its frame is still left out where it says so."""
    assert read("<body><header>Menu</header><p>Barometers").text == "Barometers"


@pytest.mark.parametrize(
    ("html", "headers", "is_hidden"),
    [
        ('<meta name="robots" content="noindex, follow">', {}, True),
        ('<meta name="Robots" content="NONE">', {}, True),
        ("", {"x-robots-tag": "noindex"}, True),
        ('<meta name="robots" content="nofollow">', {"x-robots-tag": "nofollow"}, False),
        ('<meta name="googlebot" content="noindex">', {}, False),
    ],
)
def test_page_says_whether_it_may_be_found(html, headers, is_hidden):
    """By its robots element or by the header."""
    assert read(html, headers).is_hidden is is_hidden


@given(st.text())
def test_any_text_is_read(text):
    """Nothing in a page stops the reading, and no control or private character comes out."""
    page = read(text)
    assert not any("\ue000" <= sign <= "\uf8ff" or sign < " " for sign in page.text + page.title)


def test_endless_nesting_and_length_are_cut():
    """A page of a hundred thousand open elements is read, and a long one by its beginning."""
    assert read("<div>" * 100_000 + "word").text == "word"
    assert len(read("word " * TEXT_LENGTH).text) <= TEXT_LENGTH
    assert DEPTH < 1000
