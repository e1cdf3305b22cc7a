"""Other companies' scripts that were let load are disclosures, counted by the day, and stand in the 12-month chart's figures."""

from dataclasses import replace
from datetime import timedelta

import pytest
from sqlalchemy import select
from tests.houses import FIRST_DAY

from avow.collection.parties import Browsers
from avow.collection.signals import Signals
from avow.definitions import StoreUnavailable
from avow.gate.disclosures import Loaded, PartyLoads, collected
from avow.publication.facts import PolicyInForce
from avow.store.control import disclosures, tables


@pytest.fixture
def advertising(published):
    """The policy in force, with a script of an advertising network in it."""
    rulebook = published.versions.in_force()
    view = rulebook.points["page-view"]
    script = replace(view, name="ad-script", collected_by="mail-service", loads="https://place.example/seen.js")
    return replace(rulebook, points={**rulebook.points, "ad-script": script})


def loaded(rulebook, day=FIRST_DAY, **changes):
    return Loaded(
        **{"day": day, "site": "marrowby", "point": "ad-script", "rulebook_id": rulebook.id, "demonstration": False} | changes
    )


def totals(house):
    with house.store.control.reading() as tx:
        return disclosures.totals(tx, 0)


def test_page_views_of_a_day_are_one_disclosure_for_each_purpose(published, advertising):
    """Counted up over flushes and workers, by day and version, with the categories that the script can take in."""
    for _worker in range(2):
        loads = PartyLoads()
        for day in (FIRST_DAY, FIRST_DAY, FIRST_DAY + timedelta(days=1)):
            loads.add(loaded(advertising, day))
        loads.add(loaded(advertising, demonstration=True))
        loads.flush(published.store, lambda _id: advertising)
        loads.flush(published.store, lambda _id: advertising)
    found = totals(published)
    assert {(one.recipient, one.purpose, one.count) for one in found} == {
        ("mail-service", purpose, 6) for purpose in advertising.points["ad-script"].purposes
    }
    letters = {letter for name in advertising.points["ad-script"].fields for letter in advertising.data[name].categories}
    assert {one.categories for one in found} == {"".join(sorted(letters))}
    assert collected(found, lambda _id: advertising) == {"ad-script": 6}


def test_page_views_of_two_websites_are_noted_with_each(published, advertising):
    """What a script took in on one is no disclosure of the other; the figure of the point is of both."""
    loads = PartyLoads()
    for site in ("main", "shop", "shop"):
        loads.add(loaded(advertising, site=site))
    loads.flush(published.store, lambda _id: advertising)
    with published.store.control.reading() as tx:
        own = tables.disclosures.c
        assert set(map(tuple, tx.execute(select(own.site, own.count)))) == {("main", 1), ("shop", 2)}
    assert collected(totals(published), lambda _id: advertising) == {"ad-script": 3}


@pytest.mark.parametrize(
    ("out", "into", "recognised"),
    [
        (set(), set(), True),
        ({"returning-visitors"}, set(), False),
        ({"returning-visitors"}, {"page-improvement"}, True),  # a recording is kept under the number, too
        ({"returning-visitors", "page-improvement"}, {"page-improvement"}, False),
    ],
)
def test_a_browser_is_recognised_while_a_point_may_keep_its_number(published, out, into, recognised):
    """The last use that needs the number, when it is said no to, is the end of it."""
    browsers = Browsers(published.versions.in_force(), "marrowby", "", PartyLoads(), published.now_ms)
    said = Signals(frozenset(), frozenset(out), "", frozenset(into))
    assert browsers.facts(said).recognises is recognised


def test_what_the_store_does_not_take_is_counted_with_the_next(published, advertising, monkeypatch):
    """A flush that fails loses nothing."""
    loads = PartyLoads()
    loads.add(loaded(advertising))

    def away(*_arguments):
        raise StoreUnavailable("away")

    with monkeypatch.context() as patched:
        patched.setattr(disclosures, "add_up", away)
        with pytest.raises(StoreUnavailable):
            loads.flush(published.store, lambda _id: advertising)
    loads.add(loaded(advertising))
    loads.flush(published.store, lambda _id: advertising)
    assert collected(totals(published), lambda _id: advertising) == {"ad-script": 2}


def test_the_chart_counts_what_other_companies_were_let_take_in(published, advertising):
    """Beside what is stored here; what went to the same recipient by other ways is no page view of its script."""
    loads = PartyLoads()
    loads.add(loaded(advertising))
    loads.flush(published.store, lambda _id: advertising)
    other = disclosures.Disclosure(
        published.now_ms(), "mail-service", "A", "answer-questions", "contact-form", advertising.id, count=9
    )
    with published.store.control.transaction() as tx:
        disclosures.add(tx, other)
    published.versions.rulebook = lambda _id: advertising
    ledger = PolicyInForce(advertising, published.store, published.versions, published.now_ms)._count(published.now_ms())
    assert ledger.collected == {"ad-script": 1}
    assert {one.count for one in ledger.disclosed if one.recipient == "mail-service"} == {1, 9}
