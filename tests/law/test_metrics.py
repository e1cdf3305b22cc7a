"""Yearly figures of consumer requests: 11 CCR 7101(a), 7102(a). Counted from the records, and the same from the audit log."""

import json
import statistics
from datetime import date

import pytest
from tests.houses import compiled
from tests.houses import house as office_house  # noqa: F401 - a fixture
from tests.rights.test_desk import Office
from tests.web.conftest import serving  # noqa: F401 - a fixture

from avow.audit import log
from avow.definitions import RequestKind, local_date
from avow.rights.metrics import Metrics

PAGE = "/privacy/metrics"
PUBLIC = ('evidence      = "public"', 'evidence      = "public"\nmetrics       = "https://www.marrowby.example/privacy/metrics"')


@pytest.fixture
def asked(office_house, tmp_path):  # noqa: F811 - a fixture
    """Requests of some kinds, answered after some days, denied, and open."""
    house = office_house
    house.publisher.first(compiled(), house.now_ms())
    office = Office(house, log.Log(tmp_path / "public", tmp_path / "private", "marrowby.example"))
    house.write("robin@example.com")
    for kind, address, days in (
        (RequestKind.KNOW, "robin@example.com", 3),
        (RequestKind.KNOW, "ada@example.com", 10),
        (RequestKind.KNOW, "ben@example.com", 12),
        (RequestKind.DELETE, "robin@example.com", 5),
    ):
        filed = office.ask(kind, address)
        office.walk()
        house.wait(days=days)
        office.press(filed)
        office.walk()
    office.ask(RequestKind.DELETE, "never@example.com")
    office.ask(RequestKind.OPT_OUT, "opted@example.com")
    office.walk()
    house.wait(days=60)
    office.walk()
    office.ask(RequestKind.DELETE, "open@example.com")
    office.walk()
    return office


def figures(office, year):
    years = {one.year: one for one in Metrics(office.house.store, office.house.versions, office.house.now_ms).years()}
    return {one.kind: one for one in years[year].kinds}


def test_what_came_in_and_what_became_of_it(asked):
    """For the five kinds, by the year of receipt: complied with, denied by reason, open, and days until the answer left."""
    found = figures(asked, 2026)
    assert list(found) == ["delete", "correct", "know", "opt-out", "limit"]
    known, deleted, opted = found[RequestKind.KNOW], found[RequestKind.DELETE], found[RequestKind.OPT_OUT]
    assert (known.received, known.complied, known.in_part, known.denied, known.open) == (3, 3, 0, {}, 0)
    assert (known.median_days, known.mean_days) == (10, 8.3)
    later = figures(asked, 2027).get(RequestKind.DELETE)
    received = deleted.received + (later.received if later else 0)
    assert (received, deleted.complied, deleted.denied) == (3, 1, {"unverified": 1})
    assert (opted.received, opted.complied, opted.median_days) == (1, 1, 0)
    empty = found[RequestKind.LIMIT]
    assert (empty.received, empty.median_days, empty.mean_days) == (0, None, None)


def test_invented_people_ask_for_nothing(asked):
    """A demonstration changes no figure."""
    before = figures(asked, 2027), figures(asked, 2026)
    asked.ask(RequestKind.KNOW, "invented@example.com", demonstration=True)
    assert (figures(asked, 2027), figures(asked, 2026)) == before


def test_the_audit_log_says_the_same(asked, tmp_path):
    """Recomputed from what everybody can read: whoever changes a figure would have to change the log."""
    received, answered = {}, {}
    size = int(asked.log.checkpoint().split("\n")[1])
    for entry in map(json.loads, log.read_entries(tmp_path / "public", size)):
        if entry["what"] == "request.received":
            received[entry["request"]] = (entry["kind"], date.fromisoformat(entry["on"]))
        elif entry["what"] in {"request.responded", "request.confirmed"}:
            answered[entry["request"]] = (entry.get("outcome", "granted"), entry.get("reason", ""), entry["at"])
    zone = asked.house.versions.in_force().law_table.timezone
    for year in (2026, 2027):
        for kind, one in figures(asked, year).items():
            own = {name: on for name, (what, on) in received.items() if what == kind and on.year == year}
            ended = {name: answered[name] for name in own if name in answered}
            days = [(local_date(at, zone) - own[name]).days for name, (_, _, at) in ended.items()]
            assert one.received == len(own)
            assert one.complied == sum(outcome == "granted" for outcome, _, _ in ended.values())
            assert sum(one.denied.values()) == sum(outcome == "denied" for outcome, _, _ in ended.values())
            assert one.open == len(own) - len(ended)
            assert one.median_days == (statistics.median(days) if days else None)


def test_the_page_is_public_where_the_policy_names_it(serving):  # noqa: F811 - a fixture
    """A page and the same as JSON; else it is not there, and staff see it."""
    house = serving(compiled(PUBLIC))
    visitor = house.browser()
    assert "Received in 2026, so far" in visitor.get(PAGE).text
    told = visitor.get(f"{PAGE}.json").json()["years"]
    assert [one["kind"] for one in told[0]["kinds"]] == ["delete", "correct", "know", "opt-out", "limit"]
    assert f'href="https://www.marrowby.example{PAGE}"' in visitor.get("/privacy-policy").text
    assert "Everybody can see this page" in house.staff().get("/console/evidence/requests").text


def test_without_a_word_of_the_policy_staff_alone_see_the_figures(serving):  # noqa: F811 - a fixture
    """A small business owes none."""
    house = serving()
    assert [house.browser().get(one).status_code for one in (PAGE, f"{PAGE}.json")] == [404, 404]
    assert "Received in 2026" in house.staff().get("/console/evidence/requests").text
