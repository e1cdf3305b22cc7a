"""The search: finds what is meant, marks it safely, takes anything as a query, and survives what happens to its file."""

import re
from html import unescape

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from avow.definitions import StoreUnavailable
from avow.website.reading import Page
from avow.website.search import RESULTS, SearchIndex, build, normalised

PAGES = {
    "/barometer": Page("Field Barometer", "", "Field Barometer How it works", "Two nested capsules. Calibrated by hand.", "en"),
    "/gauge": Page("Rain Gauge", "", "Rain Gauge", "A copper funnel for the garden. The Café in São Paulo has one.", "en"),
    "/policy": Page("Privacy policy", "", "Privacy policy", "We make barometers and rain gauges & ask < little > of you.", "en"),
}


@pytest.fixture(scope="module")
def search(tmp_path_factory):
    path = tmp_path_factory.mktemp("search") / "search.db"
    build(path, PAGES)
    return SearchIndex(path)


def addresses(found):
    return [one.address for one in found.results]


@pytest.mark.parametrize(
    ("query", "first", "meant"),
    [
        ("barometer", "/barometer", ""),
        ("BAROMETERS", "/barometer", ""),
        ("baromter", "/barometer", "barometer"),
        ("rian guage", "/gauge", "rain gauge"),
        ("calibration", "/barometer", ""),
        ("copp", "/gauge", ""),
        ("cafe sao", "/gauge", ""),
        ("policy barometer", "/policy", ""),
        ("barometer unheard", "/barometer", ""),
    ],
)
def test_finds_what_is_meant(search, query, first, meant):
    """Titles before text, whatever case, ending or accent; a slip of spelling is forgiven and named; all words before some."""
    found = search.search(query)
    assert addresses(found)[0] == first
    assert found.meant == meant


HANDBOOK = {
    "/upgrading": Page("Upgrading from the earlier release", "", "", "What to read first. Debian keeps your settings.", "en"),
    "/rain": Page("Rain", "", "", "It rains. A gauge counts the rain that ran into it.", "en"),
    **{
        f"/ran-{n}": Page(f"Ran {n}", "", "", "How one ran it: so I do, how do you? Debian, and a gauge.", "en") for n in range(4)
    },
    "/poor": Page(
        "Notes", "", "", "How I do my notes on Debian. " + "So much else to say. " * 40 + "An upgrade is for later.", "en"
    ),
}


@pytest.mark.parametrize(
    ("query", "first", "meant"),
    [
        ("how do i upgrade debian", "/upgrading", ""),
        ("what should I do first so that Debian keeps the settings after an upgrade", "/upgrading", ""),
        ("when the rain ran into it", "/rain", ""),
        ("RAID", "", ""),
        ("rian gauge", "/rain", "rain gauge"),
        ("gaueg", "/rain", "gauge"),
    ],
)
def test_a_question_finds_the_page_that_most_of_it_is_on(tmp_path, query, first, meant):
    """Words that every page has do not decide; a word of four letters is no other, and a swapped pair is the likeliest slip."""
    build(tmp_path / "search.db", HANDBOOK)
    found = SearchIndex(tmp_path / "search.db").search(query)
    assert (addresses(found) or [""])[0] == first
    assert found.meant == meant


@pytest.mark.parametrize(
    ("query", "found", "marked"),
    [
        ("气压计", ["/zh"], "<mark>气压计</mark>"),
        ("雨量", ["/zh-rain", "/ja"], "<mark>雨量</mark>"),
        ("気圧計のガイド", ["/ja"], "<mark>気圧計</mark>"),
        ("カフェ", ["/ja"], "<mark>カフェ</mark>"),
        ("ฝน", ["/th"], "<mark>ฝน</mark>"),
        ("ProX型", ["/zh"], "<mark>ProX</mark>"),
        ("计压", [], ""),
    ],
)
def test_words_without_spaces_are_found(tmp_path, query, found, marked):
    """Chinese, Japanese and Thai are found by the signs that stand together, in their order, and shown as they are written."""
    pages = {
        "/zh": Page("产品", "", "", "我们制造的气压计, ProX型号, 非常精确。", "zh"),
        "/zh-rain": Page("雨量计", "", "", "花园用的雨量计。", "zh"),
        "/ja": Page("製品", "", "", "カフェで使える気圧計と雨量計です。", "ja"),
        "/th": Page("สินค้า", "", "", "เครื่องวัดปริมาณน้ำฝนสำหรับสวน", "th"),
    }
    build(tmp_path / "search.db", pages)
    answer = SearchIndex(tmp_path / "search.db").search(query)
    assert addresses(answer) == found
    assert all(one.title == pages[one.address].title for one in answer.results)
    assert marked in "".join(one.snippet for one in answer.results)
    assert "\u200b" not in "".join(one.snippet for one in answer.results)


@pytest.mark.parametrize("query", ["", "   ", '"', "zzzzzz", "xyz", "()*^:-+", "\0", "NEAR(x y)"])
def test_nothing_to_find_is_an_empty_answer(search, query):
    """Signs and unknown words find nothing, and no query is syntax."""
    assert search.search(query).total == 0


@given(st.text(max_size=200), st.integers())
def test_any_query_is_answered(search, query, page):
    """Whatever is asked, there is an answer, within its limits."""
    found = search.search(query, page)
    assert len(found.results) <= RESULTS
    assert len(found.query) <= 120
    assert found.query == normalised(query)


@settings(max_examples=40)  # each example makes an index on the disk
@given(st.text(), st.text())
def test_snippet_holds_no_markup_but_its_marks(tmp_path_factory, title, text):
    """Whatever a page says, its snippet is its text, escaped, with marks around what was found."""
    path = tmp_path_factory.mktemp("search") / "search.db"
    private = re.compile("[\ue000-\uf8ff\0]")
    title, text = private.sub("", title), private.sub("", text)
    build(path, {"/x": Page(title, "", "", f"needle {text}", "")})
    [one] = SearchIndex(path).search("needle").results
    plain = re.sub("</?mark>", "", str(one.snippet))
    assert "<" not in plain
    assert unescape(plain).startswith("needle")


def test_results_come_in_parts(tmp_path):
    """Ten at a time, none twice, and beyond the last there is nothing."""
    build(tmp_path / "search.db", {f"/{number}": Page("Gauge", "", "", "gauge") for number in range(23)})
    search = SearchIndex(tmp_path / "search.db")
    parts = [search.search("gauge", page) for page in (1, 2, 3, 4)]
    assert [len(part.results) for part in parts] == [10, 10, 3, 0]
    assert len({one for part in parts for one in addresses(part)}) == 23
    assert parts[0].pages == 3


def test_index_is_made_anew_only_when_pages_changed_and_is_seen_by_whoever_has_it_open(tmp_path):
    """The same pages make nothing; other pages are found at once, by a reader of before, with their words."""
    path = tmp_path / "search.db"
    assert build(path, PAGES)
    search = SearchIndex(path)
    assert search.search("barometr").meant == "barometer"
    assert not build(path, PAGES)
    assert build(path, {"/anemometer": Page("Anemometer", "", "", "It turns.")})
    assert (search.search("anemometr").meant, search.pages(), search.search("barometer").total) == ("anemometer", 1, 0)


def test_half_made_and_damaged_files_do_no_harm(tmp_path):
    """What a crash left is made anew; a missing or damaged index is said to be, without the query."""
    path = tmp_path / "search.db"
    with pytest.raises(StoreUnavailable):
        SearchIndex(path).search("gauge")
    path.with_suffix(".new").write_bytes(b"half")
    build(path, PAGES)
    assert SearchIndex(path).search("gauge").total == 2
    path.write_bytes(b"SQLite format 3\0" + b"x" * 4096)
    with pytest.raises(StoreUnavailable) as told:
        SearchIndex(path).search("gauge")
    assert "gauge" not in str(told.value)
    assert build(path, PAGES)
