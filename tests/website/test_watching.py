"""When the site's pages are read and looked at, and when what was seen is still believed."""

from dataclasses import replace
from datetime import date

import msgspec
import pytest
from tests.conftest import control_in
from tests.houses import sites

from avow.config import Integrity, load
from avow.definitions import ConfigurationError
from avow.gate.sites import Sites
from avow.store.control import integrity
from avow.store.control.integrity import Seen
from avow.website import watching as website
from avow.website.watching import AGAIN_MS, SearchKeeper, Watch

CONFIGURATION = """data = "data"
policy = "policy.md"
timezone = "America/Los_Angeles"
[website]
name = "marrowby.example"
origin = "http://127.0.0.1:9"
[listen]
port = 9
"""
MINUTE = 60_000


def configured(folder, more=""):
    path = folder / "avow.toml"
    path.write_text(CONFIGURATION + more, encoding="utf-8")
    return load(path)


class Clock:
    """The moment that a test says."""

    def __init__(self):
        self.at_ms = 1_000_000

    def __call__(self):
        return self.at_ms


class Stored:
    """The one part of the store that is used."""

    def __init__(self, control):
        self.control = control


@pytest.fixture
def watch(tmp_path):
    control = control_in(tmp_path)
    configuration = configured(tmp_path, '[integrity]\npages = ["/"]\n')
    yield Watch(Stored(control), configuration, Sites(configuration).first, None, Clock(), None)
    control.close()


def saw(watch, outcome):
    with watch.store.control.transaction() as tx:
        integrity.add(tx, date(2026, 11, 24), watch.site.name, [Seen(watch.now_ms(), "/", outcome, 200, 40, "")])


def test_no_news_is_no_good_news(watch):
    """Unchecked before the first look, intact after a good one, overdue when looks fail to come."""
    assert watch.state() == "unchecked"
    saw(watch, "up")
    assert watch.state() == "intact"
    watch.now_ms.at_ms += 3 * MINUTE + AGAIN_MS + 1
    assert watch.state() == "overdue"
    saw(watch, "altered")
    assert (watch.state(), [one.address for one in watch.altered()]) == ("not-intact", ["/"])


def test_site_that_nobody_looks_at_warns_nobody(watch):
    """What was seen before the pages were taken out of the configuration is not held against the site."""
    saw(watch, "altered")
    silent = replace(watch, configuration=msgspec.structs.replace(watch.configuration, integrity=Integrity()))
    assert (silent.altered(), silent.state()) == ((), "unchecked")


def test_pages_are_read_when_it_is_time_and_when_the_policy_changes(tmp_path, monkeypatch):
    """At the start and once more soon after, then every hour; sooner after a failure, and at once under another version."""
    read, answers = [], [website.Crawled({}, {})]
    monkeypatch.setattr(website, "read_pages", lambda *_: read.append(1) or answers[-1])
    clock, version = Clock(), ["a"]
    keeper = SearchKeeper(configured(tmp_path), sites().first, None, lambda: version[-1], clock, lambda: False)
    for minutes, count in ((0, 1), (1, 2), (60, 2), (62, 3)):
        clock.at_ms = 1_000_000 + minutes * MINUTE
        keeper.once()
        assert len(read) == count
    version.append("b")
    answers.append(website.Refusal("no answer", "rule"))
    keeper.once()
    keeper.once()
    assert len(read) == 4
    clock.at_ms += AGAIN_MS
    keeper.once()
    assert len(read) == 5


def test_pages_read_while_the_clock_was_ahead_are_read_again(tmp_path, monkeypatch):
    """The next reading is never further away than an hour."""
    read = []
    monkeypatch.setattr(website, "read_pages", lambda *_: read.append(1) or website.Crawled({}, {}))
    clock = Clock()
    keeper = SearchKeeper(configured(tmp_path), sites().first, None, lambda: "a", clock, lambda: False)
    clock.at_ms += 1_500 * 24 * 60 * MINUTE
    keeper.once()
    clock.at_ms = 1_000_000
    keeper.once()
    assert len(read) == 2


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ('[integrity]\npages = ["https://other.example/"]\n', "is no path of website.origin"),
        ('[integrity]\npages = ["//other.example/"]\n', "is no path of website.origin"),
        ("[integrity]\npages = [" + '"/x",' * 21 + "]\n", "name at most 20"),
        ("[integrity]\nevery_seconds = 1\n", "use 10 to 86400"),
        ('[search]\nsitemap = "sitemap.xml"\n', "is no path of website.origin"),
        ("[search]\nevery_minutes = 0\n", "use 1 to 10080"),
        ("[intake]\nearliest = 1969-12-31\n", "use a day from 1970-01-02 on"),
        ("[intake]\nmargin_hours = 1000\n", "use 24 to 168"),
        ("[intake]\nevents_per_minute = 5\n", "use 0 for no limit, or 60 to 10000000"),
    ],
)
def test_wrong_settings_are_told_with_their_key(tmp_path, more, says):
    """Before anything starts."""
    with pytest.raises(ConfigurationError, match=says):
        configured(tmp_path, more)
