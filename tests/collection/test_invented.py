"""Invented visitors: plausible, the same for the same seed, and never more than the policy of their day allows."""

from collections import Counter
from datetime import date, datetime, timedelta
from ipaddress import ip_address, ip_network
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest
from tests.conftest import REPOSITORY
from tests.houses import sites

from avow import policy
from avow.collection.invented import recorded, records, written
from avow.collection.invented.making import pages_of
from avow.collection.invented.records import Terms
from avow.collection.invented.visits import Town, What
from avow.collection.recordings.recorder import Recorder
from avow.definitions import Event
from avow.policy.checks.carried_out import EVERYTHING

ZONE = "America/Los_Angeles"
TODAY = date(2026, 11, 30)
LATER = int(datetime(2027, 1, 1, tzinfo=ZoneInfo("UTC")).timestamp() * 1000)
NOBODYS = [ip_network(one) for one in ("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24")]
POLICIES = sorted(path.parent.name for path in (REPOSITORY / "policies").glob("*/policy.md"))


def town(visits=40, seed=1):
    return Town(seed, visits, TODAY, ZONE, ("/", "/products/first", "/contact", "/about", "/careers"))


def terms(name, today=TODAY):
    """Return the terms of an example policy, whether or not this version carries all of it out."""
    path = REPOSITORY / "policies" / name / "policy.md"
    files = {str(one.relative_to(path.parent)): one.read_text(encoding="utf-8") for one in path.parent.glob("parts/*.md")}
    rulebook = policy.compile_text(
        path.read_text(encoding="utf-8"), "policy.md", policy.law.tables(), today, files, EVERYTHING
    ).rulebook
    assert rulebook is not None
    return Terms(rulebook, sites().first, today)


def made(of, visits, until_ms=LATER):
    """Yield each record of visits, with who it is of."""
    recorder = Recorder(of.rulebook)
    for visit in visits:
        for one in records.of_visit(of, visit, until_ms):
            yield visit.who, one
        for one in recorded.of_visit(of, recorder, visit, until_ms):
            yield visit.who, one
        for one, _ in written.of_visit(of, visit, until_ms):
            yield visit.who, one


@pytest.fixture(scope="module")
def weeks():
    """The visits of eight weeks, by day."""
    return {day: list(town().day(day)) for day in (TODAY - timedelta(days=number) for number in range(56))}


def test_the_same_seed_makes_the_same_and_another_makes_another():
    """Whenever it is drawn, and whatever else was drawn before."""
    assert list(town().day(TODAY)) == list(town().day(TODAY))
    assert list(town().day(TODAY)) != list(town(seed=2).day(TODAY))


def test_visits_have_a_week_and_grow_and_people_come_back(weeks):
    """Fewer at the end of the week, more at the end of the time, some who came before, and many who leave at once."""
    by_weekday, counts = Counter(), {day: sum(not one.is_robot for one in visits) for day, visits in weeks.items()}
    for day, count in counts.items():
        by_weekday[day.weekday()] += count
    assert min(by_weekday[day] for day in range(4)) > max(by_weekday[5], by_weekday[6])
    days = sorted(counts)
    assert sum(counts[day] for day in days[28:]) > sum(counts[day] for day in days[:28])
    people = [visit for visits in weeks.values() for visit in visits if not visit.is_robot]
    numbers = Counter(visit.who.visitor for visit in people)
    assert sum(times > 1 for times in numbers.values()) > len(people) // 20
    views = [sum(act.what is What.VIEW for act in visit.acts) for visit in people]
    assert 0.3 < sum(one == 1 for one in views) / len(views) < 0.6
    assert max(views) > 5


def test_every_moment_of_a_visit_begins_on_its_day(weeks):
    """The local day of the business; what began before midnight may end behind it."""
    for day, visits in weeks.items():
        assert {datetime.fromtimestamp(one.acts[0].at_ms / 1000, ZoneInfo(ZONE)).date() for one in visits} == {day}


def test_people_are_of_nobody_and_of_many_countries(weeks):
    """Their addresses are of ranges that are in no country, their letters go nowhere; their country is drawn."""
    people = [visit.who for visits in weeks.values() for visit in visits]
    assert all(any(ip_address(one.address) in network for network in NOBODYS) for one in people)
    assert all(one.email.endswith("@example.com") for one in people)
    assert len({one.country for one in people}) > 8


@pytest.mark.parametrize("name", POLICIES)
def test_no_record_has_more_than_its_policy_allows(name):
    """Marked, of a declared point, with declared fields, until a day that is yet to come; of a signal, nothing that it stops."""
    of = terms(name)
    days = (TODAY - timedelta(days=number) for number in range(0, 400, 13))
    found = list(made(of, (visit for day in days for visit in town(60).day(day))))
    assert found
    for who, one in found:
        point = of.rulebook.points[one.point]
        assert one.demonstration
        assert not point.collected_by
        assert date.fromisoformat(one.delete_on) > TODAY
        if isinstance(one, Event):
            assert {*one.fields, *one.sealed} <= set(point.fields) | {"click-id", "visitor-id"}
            assert point.purposes - of.opted_out(who)
            if who.has_signal:
                assert point.purposes - of.rulebook.stopped_by(frozenset(["gpc"]))
    assert len({one.record_id for _, one in found}) == len(found)


def test_a_country_is_kept_where_the_policy_has_one_and_nowhere_else():
    """As every field: by the permit of the point."""
    of = terms("marrowby")
    found = [one for _, one in made(of, town().day(TODAY)) if isinstance(one, Event)]
    assert {one.point for one in found if "country" in one.fields} == {"page-view"}


def test_the_example_company_has_every_kind_of_record():
    """So that no card of its dashboard is empty."""
    of = terms("marrowby")
    days = (TODAY - timedelta(days=number) for number in range(20))
    points = {one.point for _, one in made(of, (visit for day in days for visit in town(150).day(day)))}
    elsewhere = {"preferences", "searches", "letter-opened", "rights-request"}  # browsers', a mailing's, and requests
    assert points == set(of.rulebook.points) - elsewhere


def test_pages_of_a_website_are_its_own(tmp_path):
    """Those that it serves, without parts and errors; others where somebody else serves it."""
    for name in ("index.html", "404.html", "_layout.html", "products/one.html", "_parts/x.html"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text("<p>")
    site = sites().first
    assert "/" in pages_of(site)
    served = type(site)(site.name, site.origin, type(site.declared)("marrowby", site.origin, pages=Path(tmp_path)))
    assert pages_of(served) == ("/", "/products/one")
