"""What happened to a record that its period counts from, or ends with: noted by staff, for one or for a position."""

from datetime import date

import pytest
from tests.houses import MARROWBY, compiled, house, insider, over_both

from avow.definitions import Refusal
from avow.messaging.factors import Factors

__all__ = ["house"]
assert 'retention  = { years = 4, after = "decision" }\nrecipients = ["mail-service"]' in MARROWBY
APPLICATION = 'retention  = { years = 4, after = "decision" }\nrecipients = ["mail-service"]'
SAID = (
    "We keep your application for 4 years after the decision on it, then we erase it. "
    "Until we note a decision, the 4 years count\nfrom the day on which it came."
)
FILLED = (
    (APPLICATION, 'retention  = { years = 4, until = "position-filled" }\nrecipients = ["mail-service"]'),
    (SAID, "We keep your application for 4 years, or until the position is filled."),
)
CONTRACT = (
    (APPLICATION, 'retention  = { years = 4, after = "contract-end" }\nrecipients = ["mail-service"]'),
    (SAID, "We keep your application for 4 years after the end of our contract."),
)
TODAY = date(2026, 12, 24)


def opened(house, pairs):
    """Return what notes factors, under a policy, a month after three people applied, and their records."""
    house.publisher.first(compiled(*pairs), house.now_ms())
    records = []
    for name, position in (("ada", "Tuner"), ("berta", "tuner "), ("cleo", "Clerk")):
        email = f"{name}@example.com"
        fields = {"email": email, "name": name, "position": position}
        records.append(house.write(email, point="job-application", fields=fields))
    house.wait(days=30)
    return Factors(house.store, house.versions, house.now_ms), records


def last_days(house, records):
    return [held.delete_on if (held := house.store.submission(one)) else None for one in records]


@over_both
def test_a_filled_position_ends_the_period_of_all_who_applied_for_it(house):
    """Two applied for it, however they wrote it; they are due that day, gone with the next sweep, and the third stays."""
    factors, records = opened(house, FILLED)
    noted = factors.note("position-filled", records[0], "position", TODAY, insider())
    assert (noted.records, noted.moved, noted.damaged) == (2, 2, 0)
    assert last_days(house, records) == [TODAY, TODAY, date(2030, 11, 24)]
    house.store.erase_due(TODAY, house.now_ms())
    assert last_days(house, records) == [None, None, date(2030, 11, 24)]
    (entry,) = [one for one in house.logged() if "retention.factor" in one]
    assert '"records":2' in entry
    assert not any(name in entry for name in ("ada", "Tuner", "example.com"))


def test_the_end_of_a_contract_starts_the_period_once(house):
    """Four years from the day it ended; a second note moves nothing, and nothing is cut short."""
    factors, records = opened(house, CONTRACT)
    assert factors.note("contract-end", records[0], "", TODAY, insider()).moved == 1
    assert last_days(house, records)[0] == date(2030, 12, 24)
    house.wait(days=10)
    assert factors.note("contract-end", records[0], "", date(2027, 1, 2), insider()).moved == 0
    assert last_days(house, records) == [date(2030, 12, 24), date(2030, 11, 24), date(2030, 11, 24)]


def test_what_nothing_counts_from_is_not_noted(house):
    """Another factor, a day that has not come or is before the record, an item that says who it is, a record that is gone."""
    factors, (record, *_) = opened(house, CONTRACT)
    refused = [
        factors.note("position-filled", record, "", TODAY, insider()),
        factors.note("contract-end", record, "", date(2026, 12, 25), insider()),
        factors.note("contract-end", record, "", date(2026, 11, 23), insider()),
        factors.note("contract-end", record, "email", TODAY, insider()),
        factors.note("contract-end", record, "name", TODAY, insider()),
        factors.note("contract-end", "0" * 32, "", TODAY, insider()),
    ]
    assert all(isinstance(one, Refusal) for one in refused)
    assert last_days(house, [record]) == [date(2030, 11, 24)]


@pytest.mark.parametrize(("member", "may"), [(insider("s2", "editor"), False), (insider(is_trained=False), False), (None, True)])
def test_who_may_decide_may_note(house, member, may):
    """An editor may not, nor whoever has no training that holds; the command line may."""
    factors, (record, *_) = opened(house, CONTRACT)
    assert isinstance(factors.note("contract-end", record, "", TODAY, member), Refusal) is not may


def test_what_can_be_noted_is_what_the_record_was_promised(house):
    """By its own version; items that others may have alike are none that say who somebody is."""
    factors, (record, *_) = opened(house, FILLED)
    assert [one.name for one in factors.of(record)] == ["position-filled"]
    assert [name for name, _ in factors.alike(record)] == ["position"]
    assert factors.of("0" * 32) == ()
