"""The JSON Schema of the blocks accepts what the compiler's structure accepts, and refuses what it refuses."""

import json
import tomllib
from functools import cache
from pathlib import Path

import pytest

from avow.policy import explanations, json_schema
from avow.policy.language import read
from avow.policy.language.grammar import Shape
from avow.policy.language.parse import parse

SCHEMA = json.loads(json_schema.as_text())


@cache
def _validator():
    """Return what holds values against the schema; its import takes three seconds, which each process would spend."""
    from jsonschema import Draft7Validator  # noqa: PLC0415 - see above

    return Draft7Validator(SCHEMA)


def _plain(value):
    """Return a TOML value as editors hand it to a JSON Schema: dates are texts."""
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    return value.isoformat() if hasattr(value, "isoformat") else value


def _is_valid(tables):
    return _validator().is_valid(_plain(tables))


def test_the_schema_is_one():
    """It obeys the rules of its dialect."""
    _validator().check_schema(SCHEMA)


@pytest.mark.parametrize(
    "path", sorted((Path(__file__).parents[2] / "policies").rglob("*.md")), ids=lambda path: path.parent.name
)
def test_every_block_of_the_example_policies_is_accepted(path):
    """What compiles has no mark in an editor; one of the examples holds everything that the language can say."""
    blocks = parse(path.read_text(encoding="utf-8")).blocks
    assert blocks
    assert [block.line for block in blocks if not _is_valid(block.tables)] == []


@pytest.mark.parametrize("code", ["AV0102", "AV0103", "AV0104", "AV0105", "AV0109", "AV0302", "AV0303"])
def test_a_mistake_of_structure_is_refused(code):
    """The examples of the codes that an editor can find without the compiler; mended, they are accepted."""
    one = explanations.explanation(code)
    assert not all(_is_valid(block.tables) for block in parse(one.wrong).blocks)
    assert all(_is_valid(block.tables) for block in parse(one.right).blocks)


@pytest.mark.parametrize(
    ("retention", "is_valid"),
    [
        ("{ months = 13 }", True),
        ('{ days = 30, then = "deidentify" }', True),
        ("{ b = { months = 13 } }", True),
        ('{ b = "long" }', False),
        ("{ months = 13, days = 3 }", False),
        ("{ months = 0 }", False),
        ('{ after = "collection" }', False),
        ("13", False),
    ],
)
def test_a_period_has_exactly_one_unit(retention, is_valid):
    """As the compiler judges it."""
    point = '[collection.x]\nlabel = "X"\ntechnology = "tag"\nsource = "device"\ndata = ["a"]\npurposes = ["b"]\n'
    assert _is_valid(tomllib.loads(f"{point}retention = {retention}")) == is_valid


def test_names_and_addresses_are_those_of_the_compiler():
    """The schema cannot import what `read` keeps to itself, but says the same."""
    assert read._NAME.pattern == json_schema.NAME
    assert read._ADDRESS.pattern == json_schema.ADDRESS


def test_every_shape_has_its_schema():
    """A new shape of the grammar cannot be forgotten."""
    assert set(json_schema._SHAPES) == set(Shape)
