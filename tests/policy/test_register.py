"""The register of GDPR Art. 30 as a page and as rows, each with everything that the article lists."""

import csv
import io
from dataclasses import replace
from types import MappingProxyType

from avow.definitions import AfterRetention
from avow.policy.printouts.register import COLUMNS, register, register_csv, register_page
from avow.policy.rulebook.declarations import Duty, Retention


def kept_for(years):
    """Return a period of years from collection."""
    return Retention(None, None, years, "collection", AfterRetention.ERASE)


def rows(rulebook):
    """Return the CSV as a spreadsheet reads it."""
    return list(csv.DictReader(io.StringIO(register_csv(rulebook), newline="")))


def test_every_collection_point_is_an_activity(marrowby):
    """Purposes, people, data, recipients, transfers, erasure and measures of each point (Art. 30(1)(b)-(g))."""
    found = {one.name: one for one in register(marrowby)}
    assert list(found) == list(marrowby.points)
    form = found["contact-form"]
    assert form.people == "people who write to us"
    assert form.erasure == ("24 months after our last contact, then erased",)
    assert any(line.startswith("Identifiers: ") for line in form.data)
    assert form.recipients[0] == "Harrow Post Relay (service provider): delivers our e-mails to you, and keeps no copy"
    assert "Marrowby Instruments Canada Ltd. (company of the same business): looks after" in form.recipients[-1]
    assert any("encrypted" in line for line in form.measures)
    assert all(one.purposes and one.data and one.erasure and one.measures for one in found.values())


def test_a_recipient_outside_the_economic_area_is_a_transfer(marrowby):
    """Another country is named with the contract, and that no safeguard is declared; a member state is no transfer."""
    assert register(marrowby)[list(marrowby.points).index("contact-form")].transfers == (
        "Harrow Post Relay, United States: no safeguard is declared; contract of 2026-09-14",
        "Saltmarsh Customers, United States: no safeguard is declared; contract of 2026-08-02",
        "Marrowby Instruments Canada Ltd., Canada: no safeguard is declared",
    )
    at_home = {name: replace(one, country="Ireland") for name, one in marrowby.recipients.items()}
    assert not any(one.transfers for one in register(replace(marrowby, recipients=MappingProxyType(at_home))))


def test_a_policy_under_gdpr_names_people_safeguards_and_periods(european):
    """Whom it concerns, what a transfer rests on, a limit for each purpose that has its own, what is sensitive, duties."""
    visit, letter = register(european)
    assert visit.erasure == (
        "counting visits: 90 days after collection, then erased",
        "recognising browsers: 13 months after collection, then erased",
    )
    assert letter.people == "customers"
    assert letter.transfers == ("Fenland Post, United States: standard contractual clauses; contract of 2026-01-15",)
    assert "Professional or employment-related information: badge (sensitive)" in letter.data
    assert "representative: Tarn Europe SA; data protection officer: Robin Vale" in rows(european)[0]["Contact"]
    assert "Data protection officer: Robin Vale" in str(register_page(european))
    duty = Duty("books", "Book-keeping", "the tax code", "D8", frozenset({"email"}), "answer", kept_for(7))
    points = {**european.points, "letter": replace(european.points["letter"], duties=("books",))}
    bound = replace(european, points=points, duties={"books": duty})
    assert register(bound)[1].erasure[-1] == "Book-keeping: e-mail address, 7 years after collection, then erased (the tax code)"


def test_what_a_recipient_takes_in_itself_has_its_measures(complete):
    """The recipient is named, its own measures protect the data, and backups are told."""
    found = {one.name: one for one in register(complete)}
    taken = [point for point in complete.points.values() if point.collected_by]
    assert taken
    for point in taken:
        label = complete.recipients[point.collected_by].label
        assert found[point.name].measures == (f"those of {label}, which takes the data in itself",)
        assert any(line.startswith(label) for line in found[point.name].recipients)
    assert all(f"in backups for {complete.backup_days} days more" in one.erasure for one in found.values())


def test_rows_carry_the_controller_and_the_version(marrowby):
    """A row stands alone: controller, address, contact, version and date (Art. 30(1)(a))."""
    found = rows(marrowby)
    assert len(found) == len(marrowby.points)
    for row in found:
        assert set(COLUMNS) < set(row)
        assert row["Controller"] == marrowby.controller.name
        assert marrowby.controller.email in row["Contact"]
        assert (row["Policy version"], row["Effective"]) == (marrowby.id, marrowby.effective.isoformat())


def test_a_cell_is_never_a_formula(marrowby):
    """A label that a spreadsheet would calculate is shown instead."""
    point = next(iter(marrowby.points))
    points = {**marrowby.points, point: replace(marrowby.points[point], label='=HYPERLINK("https://x.example")')}
    assert rows(replace(marrowby, points=points))[0]["Activity"] == '\'=HYPERLINK("https://x.example")'


def test_page_is_accessible_and_dated(marrowby):
    """A captioned table with scopes for each activity, dates for machines, the controller above; labels are text."""
    page = str(register_page(marrowby))
    assert page.count("<table role=") == page.count("<caption>") == len(marrowby.points)
    assert page.count('<th scope="row" role="rowheader">') == len(marrowby.points) * (len(COLUMNS) - 1)
    assert '<time datetime="' in page
    assert marrowby.controller.name in page
    point = next(iter(marrowby.points))
    points = {**marrowby.points, point: replace(marrowby.points[point], label="<script>")}
    assert "<script>" not in str(register_page(replace(marrowby, points=points)))
