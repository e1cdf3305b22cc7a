"""Every law table is complete, says where each value was read and when, and marks what nobody has read."""

from datetime import date
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from avow.policy import law
from avow.policy.law import MARKS, Counting, Period, Unit

TABLES = law.tables()
CODES = (
    "EU-GDPR US-AL US-CA US-CO US-CT US-DE US-FL US-IA US-IN US-KY US-LA US-MD US-MN US-MT US-NE US-NH US-NJ US-OK US-OR US-RI "
    "US-TN US-TX US-UT US-VA US-VT"
)
#: What no table may lack; what a law does not know (appeal, confirmation, number of free requests) is absent.
NEEDED = frozenset(
    {
        *("status", "effective", "covers_applicants", "respond", "extension", "optout", "optout_verification"),
        *("signal_required", "timezone", "counting", "record", "policy_update"),
        *("verification_reasonable_points", "verification_high_points", "verification_high_declaration"),
        *("verification_declaration_record", "verification_tries", "verification_data"),
    }
)
#: Values that have a clock: their unit is one that the software counts in.
PERIODS = frozenset(
    {
        *(
            "respond",
            "extension",
            "acknowledge",
            "optout",
            "optout_automated",
            "consent_revocation",
            "resolicit",
            "incentive_again",
            "free_window",
        ),
        *("appeal", "appeal_extension", "look_back", "record", "policy_update", "hold", "minors_ask_again", "breach_people"),
        *("breach_authority", "breach_authority_after_notice", "breach_cure"),
        *("verification_data", "verification_declaration_record"),
    }
)
#: Answer, extension, free requests, appeal and its extension of each law, as the parameter table states them.
STATED = """
US-CA 45 45 2 - -   US-VA 45 45 2 60 -   US-CO 45 45 1 45 60  US-CT 45 45 1 60 -  US-UT 45 45 1 - -
US-TX 45 45 2 60 -  US-FL 45 15 2 60 -   US-OR 45 45 1 45 -   US-MT 45 45 1 60 -  US-IA 90 45 2 60 -
US-DE 45 45 1 60 -  US-NE 45 45 2 60 -   US-NH 45 45 1 60 -   US-NJ 45 45 1 45 -  US-TN 45 45 2 60 -
US-MN 45 45 2 45 60 US-MD 45 45 1 60 -   US-IN 45 45 1 60 -   US-KY 45 45 2 60 -  US-RI 45 45 1 60 -
US-OK 45 45 - 60 -  US-LA 45 45 - 60 -   US-AL 45 45 - 60 -   US-VT 45 45 - 60 -  EU-GDPR 1 2 - - -
"""
#: Where an opt-out preference signal must be obeyed, and since when.
SIGNALS = """
US-CA 2023-01-01 US-CO 2024-07-01 US-CT 2025-01-01 US-TX 2025-01-01 US-OR 2026-01-01 US-MT 2025-01-01 US-DE 2026-01-01
US-NE 2025-01-01 US-NH 2025-01-01 US-NJ 2025-07-15 US-MN 2025-07-31 US-MD 2025-10-01
"""


def test_there_is_a_table_for_every_jurisdiction():
    """25 laws, one file each."""
    assert " ".join(TABLES) == CODES


@pytest.mark.parametrize("table", TABLES.values(), ids=list(TABLES))
def test_every_value_says_where_when_and_how_well_it_was_read(table):
    """No number without its source, unit, day and mark."""
    for name, value in [*table.values.items(), *((one.code, one) for one in table.exceptions)]:
        assert value.source, name
        assert value.checked == date(2026, 11, 23), name
        assert value.verified in MARKS, name
    assert all(value.unit for value in table.values.values())
    assert table.name
    assert table.law


@pytest.mark.parametrize("table", TABLES.values(), ids=list(TABLES))
def test_every_table_is_complete(table):
    """What the clock and the pages ask for is there, in units that are counted, and every property can be read."""
    assert set(table.values) >= NEEDED
    for name in PERIODS & set(table.values):
        assert isinstance(table.period(name), Period), name
    assert all(name in PERIODS for name, value in table.values.items() if value.unit in set(Unit))
    for name in (one for one in dir(type(table)) if isinstance(getattr(type(table), one), property)):
        getattr(table, name)
    assert ZoneInfo(table.timezone)
    assert table.extension is None or table.respond.unit is table.extension.unit
    assert bool(table.values["signal_required"].value) == (table.signal_from is not None)
    assert ("free_requests" in table.values) == ("free_window" in table.values) == ("free_kinds" in table.values)
    assert (table.acknowledge is None) == (table.acknowledge_kinds == ())


def test_the_tables_have_the_stated_days():
    """Answer, extension, free requests and appeal of every law."""
    cells = STATED.split()
    for code, *stated in (cells[start : start + 6] for start in range(0, len(cells), 6)):
        table = TABLES[code]
        found = (table.respond, table.extension, table.free, table.appeal, table.appeal_extension)
        numbers = [str(getattr(one, "number", getattr(one, "count", "-"))) if one else "-" for one in found]
        assert numbers == stated, code


def test_signals_bind_where_the_law_says_so():
    """Twelve states ask for the signal, since their own days."""
    cells = SIGNALS.split()
    stated = dict(zip(cells[::2], map(date.fromisoformat, cells[1::2]), strict=True))
    assert {code: table.signal_from for code, table in TABLES.items() if table.signal_from} == stated


def test_four_laws_are_enacted_and_not_in_force():
    """A law that comes later is told apart."""
    later = {code: table.effective.isoformat() for code, table in TABLES.items() if not table.is_in_force}
    assert later == {"US-OK": "2027-01-01", "US-LA": "2027-01-01", "US-AL": "2027-05-01", "US-VT": "2028-01-01"}


def test_applicants_are_protected_in_california_and_the_union():
    """Elsewhere people who apply for a job are no consumers."""
    assert {code for code, table in TABLES.items() if table.covers_applicants} == {"US-CA", "EU-GDPR"}


def test_the_table_of_california_has_the_known_values(california):
    """The days of 11 CCR 7021, 7026 and 7101, the grounds of § 1798.105(d) and what is never disclosed."""
    assert california.acknowledge == Period(10, Unit.BUSINESS_DAYS)
    assert california.optout == Period(15, Unit.BUSINESS_DAYS)
    assert (california.record_months, california.resolicit_months, california.policy_update_months) == (24, 12, 12)
    assert california.free.kinds == ("know",)
    assert " ".join(one.code for one in california.exceptions) == "D1 D2 D3 D4 D5 D6 D7 D8 H1 H2 H3 H4 H5 X1 X2 X3 F1"
    assert len(california.never_disclose) == 8
    assert california.counting is Counting.COMMON_HOLIDAYS


def test_what_nobody_has_read_says_so(california):
    """A value from commentary or memory carries words of doubt; a value that was read and a house rule carry none."""
    assert california.values["respond"].doubt == ""
    assert california.values["timezone"].doubt == ""
    assert california.values["optout"].doubt == "not yet verified in the text of the law"
    for table in TABLES.values():
        for value in table.values.values():
            assert bool(value.doubt) == (value.verified in {"C", "M"})


def test_values_read_as_words(california):
    """A value can be printed without knowing what it is."""
    values = california.values
    assert values["respond"].words == "45 calendar days"
    assert values["metrics_threshold"].words == "10,000,000 consumers in a calendar year"
    assert values["covers_applicants"].words == "yes"
    assert values["acknowledge_kinds"].words == "know, delete, correct"
    assert values["effective"].words == "2020-01-01"
    assert [Period(1, Unit.MONTHS).words, Period(10, Unit.BUSINESS_DAYS).words] == ["1 month", "10 business days"]


def test_the_file_format_is_described():
    """docs/specs/law-tables.md names every mark and unit, and what no table may lack."""
    page = (Path(__file__).parents[2] / "docs" / "specs" / "law-tables.md").read_text(encoding="utf-8")
    for word in (*MARKS, *Unit, *NEEDED, law.text.FORMAT):
        assert word in page, word
