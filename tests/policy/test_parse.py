"""The parser keeps every place, and no text whatever makes the compiler fail."""

import tomllib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from avow import policy
from avow.policy.language.link import canonical_text
from avow.policy.language.parse import parse
from avow.policy.language.places import places

from .conftest import SMALL, TODAY

_TOML = '''\
# a comment = "no"
a = 1 # trailing
"quoted key" = 'lit'
b.c = { d = "x \\" y", e = [1, [2, "z"], ] }

[t."u v".w]
long = """
text " with ""
quotes"""
list = [
  "one", # first
  'two',
]
[[many]]
k = true
[[many]]
k = false
'''


def test_every_value_of_a_toml_text_has_its_place():
    """The places of a text with all of TOML's shapes are the words themselves."""
    found = places(_TOML)
    text = {way: _TOML[slice(*span)] for way, span in found.values.items()}
    assert (text["a",], text["quoted key",]) == ("1", "lit")
    assert (text["b", "c", "d"], text["b", "c", "e", 1, 1]) == ('x \\" y', "z")
    assert (text["t", "u v", "w", "list", 0], text["t", "u v", "w", "list", 1]) == ("one", "two")
    assert (text["many", 0, "k"], text["many", 1, "k"]) == ("true", "false")
    assert _TOML[slice(*found.keys["t", "u v"])] == "u v"


_KEYS = st.from_regex(r"[a-z][a-z0-9_-]{0,6}", fullmatch=True)
_PLAIN = st.integers() | st.booleans() | st.text(st.characters(codec="utf-8", exclude_categories=["C"]), max_size=8)


@given(st.dictionaries(_KEYS, st.dictionaries(_KEYS, _PLAIN | st.lists(_PLAIN, max_size=3), max_size=4), max_size=4))
def test_every_key_of_any_toml_text_is_found(tables):
    """For any tables written as TOML, the walk finds each key and value that `tomllib` reads."""

    def written(value):
        if isinstance(value, bool):
            return str(value).lower()
        if isinstance(value, list):
            return f"[{', '.join(map(written, value))}]"
        return str(value) if isinstance(value, int) else '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'

    text = "".join(f"[{name}]\n" + "".join(f"{k} = {written(v)}\n" for k, v in inner.items()) for name, inner in tables.items())
    found = places(text)
    for name, inner in tomllib.loads(text).items():
        assert (name,) in found.keys
        assert all((name, key) in found.values for key in inner)


@pytest.mark.parametrize("unseen", "\x0b\x0c\x1c\x1f")
def test_a_paragraph_of_characters_that_cannot_be_seen_is_found_where_it_stands(unseen):
    """Python calls them white space; a reader of the file sees nothing."""
    compilation = policy.compile_text(f"Words.\n\n{unseen}\n", "policy.md", policy.law.tables(), TODAY)
    assert [(item.line, item.column) for item in compilation.diagnostics if "cannot be seen" in item.message] == [(3, 1)]


@given(st.text(max_size=400) | st.lists(st.sampled_from(SMALL.splitlines(keepends=True)), max_size=60).map("".join))
def test_any_text_is_answered_with_diagnostics(text):
    """Whatever the file holds, the compiler answers with findings inside the file, never with an exception."""
    compilation = policy.compile_text(text, "policy.md", policy.law.tables(), TODAY)
    assert compilation.rulebook is None
    lines = canonical_text(text).split("\n")
    assert all(1 <= item.line <= len(lines) and item.column >= 1 for item in compilation.diagnostics)
    assert policy.diagnostics.as_text(compilation.diagnostics, {"policy.md": text}, colour=True)


@given(st.integers(0, len(SMALL)), st.integers(0, 40), st.text(max_size=12))
def test_any_damage_to_a_policy_is_answered(start, length, new):
    """A policy with any piece replaced compiles or is refused with reasons."""
    compilation = policy.compile_text(SMALL[:start] + new + SMALL[start + length :], "policy.md", policy.law.tables(), TODAY)
    assert (compilation.rulebook is None) == any(item.severity == "error" for item in compilation.diagnostics)


def test_prose_places_survive_markdown():
    """A word after emphasis and a link stands where the file has it."""
    document = parse("# T\n\nA *brave* [new](https://x.example) **word**\nnext\n")
    prose = document.prose[1]
    at = prose.words.index("word")
    assert prose.words == "A brave new word next"
    assert (prose.span(at, at + 4).line, prose.span(at, at + 4).column) == (3, 38)
    assert prose.span(prose.words.index("next"), len(prose.words)).line == 4


def test_list_items_and_table_rows_are_paragraphs():
    """Promises hide in lists and tables as well."""
    document = parse("# T\n\n* one {.statement}\n* two\n\n| a | b |\n|---|---|\n| c | d |\n")
    assert [(prose.words.split(), prose.statement) for prose in document.prose[1:3]] == [(["one"], True), (["two"], False)]
    assert any("c" in prose.words for prose in document.prose[3:])


def test_sections_know_what_they_lie_within():
    """A section lies within itself and its parents."""
    document = parse("# A\n\n## B\n\n### C\n\n## D\n")
    assert [section.parent for section in document.sections] == [-1, 0, 1, 2, 1]
    assert document.within(3, 2)
    assert not document.within(4, 2)
