"""The text of the law tables that a published policy is stored with: it comes back exactly, and equal tables have one text."""

import json
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from avow.policy import law
from avow.policy.law import DeletionException, LawTable, LawValue

WORDS = st.text(max_size=20)
DAYS = st.dates()
VALUES = st.builds(
    LawValue,
    st.one_of(st.integers(), st.booleans(), WORDS, DAYS, st.lists(WORDS, max_size=3).map(tuple)),
    WORDS,
    WORDS,
    DAYS,
    WORDS,
    WORDS,
)
EXCEPTIONS = st.lists(st.builds(DeletionException, WORDS, WORDS, WORDS, DAYS, WORDS), max_size=3).map(tuple)
MADE = st.builds(LawTable, WORDS, WORDS, WORDS, st.dictionaries(WORDS, VALUES, max_size=4), EXCEPTIONS)
TABLES = st.lists(MADE, max_size=3).map(lambda made: {table.code: table for table in made})


def test_the_tables_of_the_package_come_back_exactly():
    """What is stored with a published policy today reads the same in ten years."""
    assert law.load(law.dump(law.tables())) == law.tables()


@given(TABLES)
def test_any_tables_come_back_exactly(tables):
    """Whatever words, dates and lists a table has: read back, it is equal, types included."""
    again = law.load(law.dump(tables))
    assert again == tables
    for code, table in tables.items():
        assert [type(value.value) for value in table.values.values()] == [
            type(again[code].values[name].value) for name in table.values
        ]
    assert law.dump(again) == law.dump(tables)


@given(TABLES, st.randoms())
def test_the_order_does_not_change_the_text(tables, chance):
    """Equal tables have one text, whatever the order in which they and their values were read."""
    codes = list(tables)
    chance.shuffle(codes)
    mixed = {code: replace(tables[code], values=dict(reversed(tables[code].values.items()))) for code in codes}
    assert law.dump(mixed) == law.dump(tables)


def test_each_value_changes_the_text_of_its_table():
    """The name of a Rulebook depends on every part of every value."""
    table = law.tables()["US-CA"]
    texts = {law.table_text(table)}
    for name, value in table.values.items():
        for other in (
            replace(value, source=f"{value.source} x"),
            replace(value, checked=date(2000, 1, 1)),
            replace(value, value="x"),
        ):
            texts.add(law.table_text(replace(table, values={**table.values, name: other})))
    assert len(texts) == 1 + 3 * len(table.values)


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"format": "avow law v2", "tables": {}}', '{"format": "avow law v1", "tables": [1]}']
)
def test_another_text_is_refused(text):
    """What `dump` did not write is no law."""
    with pytest.raises(ValueError, match=r"law|JSON|Expecting"):
        law.load(text)


def test_the_text_is_plain_json():
    """Any program can read it, and each table carries its act, values and grounds for keeping."""
    written = json.loads(law.dump(law.tables()))["tables"]["US-CA"]
    assert set(written) == {"name", "law", "values", "exceptions"}
    assert written["values"]["effective"]["value"] == {"date": "2020-01-01"}
