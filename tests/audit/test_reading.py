"""Looking through the published log: from the newest back, bounded, and an entry proved from the files alone."""

import pytest

from avow.audit import log, merkle, reading
from avow.audit.proof import canonical
from avow.audit.reading import Wanted
from avow.definitions import ProofInvalid

DAY = 24 * 3600 * 1000


def entry(number, **facts):
    """An entry, one a minute; every hundredth is of kim, about a record."""
    hundredth = {"staff": "kim", "record": f"{number:032x}"} if number % 100 == 0 else {"staff": "robin"}
    return canonical({"at": number * 60_000, "what": "submission.read" if number % 2 else "message.read", **hundredth, **facts})


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """A log of 70,001 entries: three levels of tiles, none of them full; it was published in four pieces."""
    folder = tmp_path_factory.mktemp("log")
    made = log.Log(folder / "public", folder / "private", "www.example.com/audit")
    for start, end in ((0, 1), (1, 300), (300, 65_536), (65_536, 70_001)):
        made.append([(number + 1, entry(number)) for number in range(start, end)])
    return folder / "public"


@pytest.fixture
def size(made):
    return reading.published(made).size


def numbers(found):
    return [one.index for one in found.entries]


def test_the_newest_come_first_and_go_on_behind_the_last(made, size):
    """Page by page to the first entry of all, each once."""
    first = reading.older(made, size, Wanted(), 3)
    assert (numbers(first), first.looked, first.is_end) == ([70_000, 69_999, 69_998], 3, False)
    assert numbers(reading.older(made, size, Wanted(), 3, first.last)) == [69_997, 69_996, 69_995]
    assert numbers(reading.older(made, size, Wanted(), 5, 2)) == [1, 0]
    assert reading.older(made, size, Wanted(), 5, 2).is_end


def test_a_look_is_found_by_kind_by_whom_and_by_id(made, size):
    """Together, too; the beginning of an id is enough, and a text within another field is no id."""
    assert numbers(reading.older(made, size, Wanted(staff="kim"), 2)) == [70_000, 69_900]
    assert numbers(reading.older(made, size, Wanted("submission.read", "kim"), 9)) == []
    assert numbers(reading.older(made, size, Wanted(about=f"{200:032x}"), 9)) == [200]
    assert numbers(reading.older(made, size, Wanted(about="message.read"), 1)) == []


def test_one_look_is_bounded_and_says_how_far_it_went(made, size, monkeypatch):
    """What is rare is found by looking on, never by going through all of it at once."""
    monkeypatch.setattr(reading, "WINDOW", 1_024)
    rare, looks, _before = Wanted(about=f"{100:032x}"), 0, None
    found = reading.older(made, size, rare, 9)
    assert found.looked == 69_999 % 256 + 2 + 3 * 256 + 256
    assert not found.is_end
    assert not found.entries
    while not found.entries:
        found, looks = reading.older(made, size, rare, 9, found.last), looks + 1
    assert numbers(found) == [100]
    assert found.is_end
    assert 60 < looks < 80


def test_days_are_found_without_going_through_what_is_newer(made, size):
    """And nothing older than them is gone through; an entry that came up to a day late is among them."""
    wanted = Wanted(staff="kim", from_ms=10 * DAY, before_ms=11 * DAY)
    found = reading.older(made, size, wanted, 99)
    assert numbers(found) == [
        15_800,
        15_700,
        15_600,
        15_500,
        15_400,
        15_300,
        15_200,
        15_100,
        15_000,
        14_900,
        14_800,
        14_700,
        14_600,
        14_500,
        14_400,
    ]
    assert found.is_end
    assert found.looked < 6_000


def test_what_came_late_is_found_on_its_day(tmp_path):
    """An entry an hour behind its moment, and one of the demonstration a month before: the first by days, the second without."""
    made = log.Log(tmp_path / "public", tmp_path / "private", "www.example.com/audit")
    facts = [entry(number) for number in range(5_000)]
    facts[2_900], facts[3_000] = entry(2_840, staff="late"), entry(100, staff="demo")
    made.append(list(enumerate(facts, start=1)))
    day = {"from_ms": 2_840 * 60_000, "before_ms": 2_841 * 60_000}
    assert numbers(reading.older(tmp_path / "public", 5_000, Wanted(staff="late", **day), 9)) == [2_900]
    assert numbers(reading.older(tmp_path / "public", 5_000, Wanted(staff="demo"), 9)) == [3_000]


def test_back_again_is_the_same_page(made, size):
    """What comes next behind a page is the page before it."""
    page = reading.older(made, size, Wanted(staff="kim"), 5, 50_000)
    again = reading.newer(made, size, Wanted(staff="kim"), 5, page.last - 1)
    assert numbers(again) == numbers(page)[::-1]
    end = reading.newer(made, size, Wanted(), 9, 69_997)
    assert (numbers(end), end.is_end) == ([69_998, 69_999, 70_000], True)


@pytest.mark.parametrize("index", [0, 1, 255, 256, 65_535, 65_536, 69_887, 69_888, 70_000])
def test_an_entry_is_proved_from_the_files(made, size, index):
    """By the tiles alone, at each edge of them."""
    found = reading.prove(made, index)
    assert found.entry.text == entry(index)
    merkle.verify_inclusion(found.leaf, index, size, found.path, found.checkpoint.root)
    assert reading.prove(made, size) is None


def test_a_size_of_before_is_read_as_it_was(made):
    """Between the checkpoint and the files the log may grow: what is behind that size is none of it."""
    assert numbers(reading.older(made, 300, Wanted(), 2)) == [299, 298]
    assert reading.newer(made, 300, Wanted(), 9, 298).is_end


def test_a_checkpoint_of_another_key_is_no_log(made, tmp_path):
    """What is shown is what the key signed."""
    for name in ("key", "checkpoint"):
        (tmp_path / name).write_bytes((made / name).read_bytes())
    text = (tmp_path / "checkpoint").read_text().replace("70001", "69999")
    (tmp_path / "checkpoint").write_text(text)
    with pytest.raises(ProofInvalid, match="signature"):
        reading.published(tmp_path)
    assert reading.published(tmp_path / "elsewhere") is None
