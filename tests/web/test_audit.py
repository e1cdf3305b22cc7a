"""The audit log in the console: listed, looked for, one entry with its proof; a sentence for every kind."""

import re

import pytest

from avow.audit import reading
from avow.gate import entries
from avow.web.console.entry_words import GROUPS, SENTENCES, grouped, sentence

from .serving import TODAY


@pytest.fixture
def logged(house):
    """Robin's session, and what they did: three hundred reads of one message, and one of another."""
    robin = house.account("robin")
    browser = house.browser(cookies={"avow_staff": house.session(robin)})
    with house.store.control.transaction() as tx:
        for number in range(300):
            entries.record(
                tx, house.now_ms() + number, entries.MessageRead("message.read", "ab" * 16, "answer-requests", robin.staff_id)
            )
        entries.record(
            tx, house.now_ms() + 300, entries.MessageRead("message.read", "cd" * 16, "answer-requests", "0123456789abcdef")
        )
    house.run("audit")
    return browser, robin.staff_id


def numbers(page):
    return [int(found) for found in re.findall(r'<tr data-index="([0-9]+)"', page)]


def test_every_kind_of_entry_has_a_sentence():
    """And no other has one; each is in a group of the list of kinds."""
    declared = [one for one in vars(entries).values() if isinstance(one, type) and issubclass(one, entries.Entry)]
    assert set(SENTENCES) == {what for one in declared for what in one.kinds}
    assert all(words.endswith(".") and "_" not in words for words in SENTENCES.values())
    assert {what.partition(".")[0] for what in SENTENCES} == set(GROUPS)
    assert sum(map(len, grouped().values())) == len(SENTENCES)
    assert "does not know" in sentence("another.kind")


def test_the_newest_entry_is_first_and_pages_go_on(logged):
    """A hundred on a page, to the first of all and back."""
    browser, _ = logged
    first = browser.get("/console/audit").text
    shown = numbers(first)
    assert len(shown) == 100
    assert shown == sorted(shown, reverse=True)
    following = browser.get(re.search(r'href="(/console/audit\?after=[^"]+)" rel="next"', first)[1]).text
    assert numbers(following)[0] == shown[-1] - 1
    back = browser.get(re.search(r'href="(/console/audit\?before=[^"]+)" rel="prev"', following)[1]).text
    assert numbers(back) == shown
    page, seen = first, list(shown)
    while found := re.search(r'href="(/console/audit\?after=[^"]+)" rel="next"', page):
        page = browser.get(found[1]).text
        seen += numbers(page)
    assert seen == list(range(shown[0], -1, -1))


def test_entries_are_found_by_what_staff_know(logged):
    """By kind, by name, by the id that a page shows, by days; what is found says in words what it is."""
    browser, robin = logged
    one = browser.get("/console/audit", params={"what": "message.read", "about": "cd" * 16}).text
    assert len(numbers(one)) == 1
    assert all(words in one for words in ("A message of the outbox was opened.", "an account that is gone (0123456789abcdef)"))
    theirs = browser.get("/console/audit", params={"staff": robin, "what": "message.read"}).text
    assert len(numbers(theirs)) == 100
    assert f'<option value="{robin}" selected>robin</option>' in theirs
    assert numbers(browser.get("/console/audit", params={"from": "2027-01-01"}).text) == []
    today = browser.get("/console/audit", params={"from": str(TODAY), "to": str(TODAY), "about": "cdcdcd"})
    assert len(numbers(today.text)) == 1
    assert "entries gone through" in today.text


@pytest.mark.parametrize(
    "asked",
    [{"what": "no.kind"}, {"about": "ab"}, {"about": "a b c d e f"}, {"from": "yesterday"}, {"to": "9999-12-31"}, {"staff": '"'}],
)
def test_what_cannot_be_looked_for_is_said_next_to_its_field(logged, asked):
    """And nothing is looked for."""
    answer = logged[0].get("/console/audit", params=asked)
    assert answer.status_code == 422
    assert f'id="{next(iter(asked))}-error"' in answer.text
    assert numbers(answer.text) == []


def test_a_request_is_followed_by_its_reference(house, staff):
    """As people quote it: in upper case, ten digits of the id."""
    filed = house.ask()
    house.run("requests", "audit")
    reference = filed.partition("-")[0][:10].upper()
    page = staff.get("/console/audit", params={"about": reference}).text
    assert "A consumer request was filed." in page
    assert f'<a href="/console/audit?about={filed.partition("-")[0]}"' in page


def test_a_look_that_ended_says_so(logged, monkeypatch):
    """Bounded: what was gone through is said, and the next page goes on there."""
    monkeypatch.setattr(reading, "WINDOW", 1)
    browser, _ = logged
    page = browser.get("/console/audit", params={"what": "policy.published"}).text
    assert "No entry fits among those that were gone through" in page
    assert "the next page goes on there" in page
    following = browser.get(re.search(r'href="([^"]+)" rel="next"', page)[1].replace("&amp;", "&")).text
    assert numbers(following) == [0]
    assert "nothing older to look through" in following


def test_an_entry_has_a_page_with_its_proof(logged, house):
    """Leaf, path and root are those of the published log."""
    browser, _ = logged
    page = browser.get("/console/audit/5").text
    found = reading.prove(house.installation.configuration.public_log, 5)
    assert page.count("<li><code>") == len(found.path) == 9
    assert 'data-index="5"' in page
    assert "avow audit check 5" in page
    for number in ("9999", "5x", "99999999999999999", "-1"):
        assert browser.get(f"/console/audit/{number}").status_code == 404


def test_the_log_holds_no_name(logged, house):
    """The page joins names to ids; the published files have none."""
    assert "robin" in logged[0].get("/console/audit").text
    bundles = house.installation.configuration.public_log.rglob("entries/*")
    assert not any(b"robin" in one.read_bytes() for one in bundles if one.is_file())


def test_before_anything_is_published_the_page_says_so(house, staff):
    """Nothing yet, and how many wait."""
    page = staff.get("/console/audit").text
    assert "Nothing is in the log yet." in page
    assert staff.get("/console/audit/0").status_code == 404
