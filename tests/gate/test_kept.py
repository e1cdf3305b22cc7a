"""What a rule keeps beyond an erasure is opened for that rule's purpose alone; counted and logged as every look is."""

from datetime import date

import pytest
from tests.houses import compiled, house, insider, person
from tests.rights.test_keeping import BOUND, ROBIN, apply

from avow.definitions import Refusal, local_date
from avow.gate.kept import KeptReads, counts
from avow.gate.reads import Reads, counted
from avow.policy.evidence import Verdict
from avow.rights.keeping import Keeper
from avow.store.paging import Place

__all__ = ["house"]
PURPOSE = "employment-records"
WHY = "An authority asks how we chose"


class Desk:
    """Just what `apply` needs."""

    def __init__(self, house):
        self.house = house


@pytest.fixture
def kept(house):
    """An installation that erased somebody and keeps their application; return it with the way in and the id."""
    house.publisher.first(compiled(*BOUND), house.now_ms())
    apply(Desk(house))
    people = [person(ROBIN)]
    Keeper(house.store, house.versions).keep(people, date(2026, 12, 1), house.now_ms())
    house.store.erase(people, house.now_ms() + 1)
    house.store.purge()
    (record,) = house.store.kept.of(people)
    return house, KeptReads(Reads(house.store, house.versions, house.now_ms)), record.id


def test_its_own_purpose_opens_it_and_no_other_does(kept):
    """Not even the purpose for which it was collected; each look is counted and logged without a name."""
    house, looks, kept_id = kept
    opened = looks.open_for(kept_id, PURPOSE, insider())
    assert dict(opened.fields) == {"email": ROBIN, "name": "Robin", "position": "Tuner"}
    refused = looks.open_for(kept_id, "recruiting", insider())
    assert isinstance(refused, Refusal)
    assert "alone" in refused.reason
    logged = [entry for entry in house.logged() if '"kept.read' in entry]
    assert len(logged) == 2
    assert [kept_id in entry and "robin" not in entry for entry in logged] == [True, True]
    today = local_date(house.now_ms(), house.versions.timezone)
    found = [one for one in counted(house.store, today) if one.point == "job-application"]
    assert {one.purpose for one in found} == {PURPOSE, "(not declared)"}


def test_a_role_without_the_purpose_does_not_see_that_it_is_there(kept):
    """An editor's list is empty, and the door is shut."""
    _, looks, kept_id = kept
    editor = insider("s2", "editor")
    assert looks.listed(editor, Place(), 10).lines == ()
    assert isinstance(looks.open_for(kept_id, PURPOSE, editor), Refusal)
    assert [one.id for one in looks.listed(insider(), Place(), 10).lines] == [kept_id]


def test_a_file_is_kept_with_it(kept):
    """Its bytes, for the purpose; another number is none."""
    _, looks, kept_id = kept
    file, content = looks.open_file(kept_id, 1, PURPOSE, insider())
    assert (file.item, content) == ("resume", b"what I did")
    assert looks.open_file(kept_id, 2, PURPOSE, insider()) is None
    assert isinstance(looks.open_file(kept_id, 1, "recruiting", insider()), Refusal)


def test_after_its_day_there_is_nothing_to_open(kept):
    """Neither in the list nor by its id."""
    house, looks, kept_id = kept
    house.store.kept.end([kept_id], house.now_ms())
    assert looks.open_for(kept_id, PURPOSE, insider()) is None
    assert looks.listed(insider(), Place(), 10).lines == ()


def test_the_evidence_counts_what_is_kept_by_rule_and_date(kept):
    """Which fields of which point, by which rule, how many, until when; nobody is named."""
    house, _, _ = kept
    (one,) = counts(house.store)
    assert (one.code, one.rule, one.point, one.records, one.last) == (
        "D8",
        "Cal. Gov. Code § 12946",
        "job-application",
        1,
        date(2030, 11, 24),
    )
    assert one.fields == ("email", "name", "position", "resume")


def test_the_evidence_names_rule_fields_and_date(kept):
    """Next to the section that declares the duty: what is kept, for what alone, until when; past the day it does not hold."""
    house, _, _ = kept
    (found,) = _about_the_duty(house)
    assert "name, e-mail address, position and résumé are kept under Cal. Gov. Code § 12946 (D8)" in found.control
    assert "for showing how we chose alone, 4 years" in found.control
    assert found.evidence == "1 record kept so, the first until 24 November 2030, the last until 24 November 2030."
    assert found.verdict is Verdict.HOLDS
    house.wait(days=1463)
    assert _about_the_duty(house)[0].verdict is Verdict.FAILS


def _about_the_duty(house):
    judged = house.promises().judged(house.now_ms())
    return [one for promise in judged for one in promise.findings if "12946" in one.control]
