"""The layout of blocks changes how they look and nothing that they say; prose is left to its author."""

import re
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from avow.policy import explanations
from avow.policy.findings.diagnostics import CODES
from avow.policy.language.layout import WIDTH, lay_out
from avow.policy.language.parse import markdown, parse

from .conftest import SMALL

MESSY = """\
# Title

```avow
a='x'   #c
# about the table

# about t
[ t . "u v" ] # hi


long = [1,
 2, # two
 # own
 3 ]
  b = { x=1 , y = ['p', "q"] }
text = 'say "hello"'
[[many]]

q=1
```
"""
CLEAN = """\
# Title

```avow
a = "x"  #c
# about the table

# about t
[t."u v"]  # hi
long = [
  1,
  2,  # two
  # own
  3,
]
b    = { x = 1, y = ["p", "q"] }
text = 'say "hello"'

[[many]]
q = 1
```
"""


def _blocks(text):
    return [tomllib.loads(token.content) for token in markdown().parse(text) if token.type == "fence"]


def _page(text):
    """Return the page as visitors see it; that code keeps its spaces is tested above."""
    return re.sub(r"[ \t]+\n", "\n", markdown().render(text))


def _prose(text):
    return [(one.kind, one.words.split(), one.statement) for one in parse(text).prose]


def test_a_messy_block_is_laid_out():
    """Aligned, apart, in double quotes, comments kept at what they speak of."""
    assert lay_out(MESSY).text == CLEAN


@pytest.mark.parametrize(
    "path", sorted((Path(__file__).parents[2] / "policies").rglob("*.md")), ids=lambda path: path.parent.name
)
def test_the_example_policies_are_in_canonical_layout(path):
    """It is the layout that people see first, and laying out again changes nothing."""
    text = path.read_text(encoding="utf-8")
    assert lay_out(text).text == text


def test_the_canonical_layout_is_left_as_it_is():
    """What came out of it goes through it unchanged."""
    assert lay_out(CLEAN).text == CLEAN


@pytest.mark.parametrize("part", ["wrong", "right"])
@pytest.mark.parametrize("code", list(CODES))
def test_the_examples_are_in_canonical_layout(code, part):
    """What people copy from the pages need not be laid out again."""
    text = getattr(explanations.explanation(code), part)
    assert lay_out(text).text == text


def test_a_long_list_is_spread_over_lines():
    """No line of the list is longer than it may be, and each holds as much as fits."""
    names = ", ".join(f'"name-{number}"' for number in range(40))
    lines = lay_out(f"```avow\n[t]\nshort = 1\nnames = [{names}]\n```\n").text.splitlines()
    assert lines[3] == "names = ["
    assert all(len(line) <= WIDTH for line in lines)
    assert len(lines[4]) > WIDTH - len('  "name-40",')


@pytest.mark.parametrize("broken", ["```avow\na = \n```\n", "> ```avow\n> a=1\n> ```\n", "```avow\na=1\n"])
def test_what_cannot_be_laid_out_is_left_alone_and_named(broken):
    """A broken block, one in a quotation, one without an end."""
    done = lay_out(f"Before.\n\n{broken}")
    assert done.text == f"Before.\n\n{broken}"
    assert [one.line for one in done.left_alone] == [3]
    assert done.left_alone[0].reason


def test_a_block_inside_a_list_keeps_its_indentation():
    """The block stays part of the list item."""
    assert lay_out("* item\n\n  ```avow\n  a=1\n  bc=2\n  ```\n").text == "* item\n\n  ```avow\n  a  = 1\n  bc = 2\n  ```\n"


def test_prose_loses_only_spaces_at_line_ends():
    """Not those that break a line, and not those inside other code."""
    text = "One \t\ntwo  \nthree  \n\n```python\nx = 1  \n```  \n\n    code  \n\nend"
    assert lay_out(text).text == "One\ntwo  \nthree\n\n```python\nx = 1  \n```\n\n    code  \n\nend\n"


def test_other_blocks_are_not_touched():
    """A fence without the word avow is an example in prose."""
    text = "```toml\na=1\n```\n"
    assert lay_out(text).text == text


def test_the_line_ends_of_the_file_stay():
    """A file from Windows stays one."""
    assert lay_out("```avow\r\na=1\r\n```\r\n").text == "```avow\r\na = 1\r\n```\r\n"


def test_the_small_policy_compiles_to_the_same_rulebook_contents(compiled):
    """Laid out, it means the same."""
    before, after = compiled(SMALL).rulebook, compiled(lay_out(SMALL).text).rulebook
    assert (before.points, before.recipients, before.rights, before.signals) == (
        after.points,
        after.recipients,
        after.rights,
        after.signals,
    )


_space = st.sampled_from(["", " ", "  ", "\t"])
_text = st.text(st.sampled_from("ab #'\"\\\n=[]{},é🏮"), max_size=8)
_comment = st.sampled_from(["", "", " # why", "#why = [1", '\t# "x"  '])


def _basic(text):
    inside = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
    return f'"{inside}"'


_string = st.one_of(
    _text.map(_basic),
    _text.filter(lambda text: not set(text) & {"'", "\n"}).map(lambda text: f"'{text}'"),
    _text.filter(lambda text: "'" not in text).map(lambda text: f"'''\n{text}'''"),
    _text.filter(lambda text: "\\" not in text and '"' not in text).map(lambda text: f'"""{text}""""'),
)
_scalar = st.one_of(
    _string,
    st.sampled_from(["1", "+1_000", "0x1F", "-3.5e2", "nan", "-inf", "true", "1979-05-27", "1979-05-27 07:32:00.5", "07:32:00"]),
)


@st.composite
def _list(draw, values):
    parts = []
    for value in draw(st.lists(values, max_size=5)):
        comment = draw(_comment)
        parts.append(f"{draw(_space)}{value}{draw(_space)},{draw(st.sampled_from(['', comment + chr(10), chr(10)]))}")
    if parts and draw(st.booleans()):  # the last comma may be missing
        head, _, tail = parts[-1].rpartition(",")
        parts[-1] = f"{head} {tail}" if "#" not in parts[-1] else parts[-1]
    return f"[{draw(st.sampled_from(['', chr(10), ' # first' + chr(10)]))}{''.join(parts)}]"


@st.composite
def _inline(draw, values):
    pairs = [
        f"{draw(_space)}k{number}{draw(_space)}={draw(_space)}{value}"
        for number, value in enumerate(draw(st.lists(values, max_size=3)))
    ]
    return "{" + ",".join(pairs) + "}"


_flat = st.one_of(_scalar, st.lists(_scalar, max_size=3).map(lambda items: f"[{', '.join(items)}]"))
_value = st.one_of(_scalar, _list(st.one_of(_scalar, _inline(_flat), _list(_scalar))), _inline(_flat))


@st.composite
def toml(draw):
    """Draw a TOML text, laid out badly."""
    lines = []
    for table in range(draw(st.integers(0, 3)) + 1):
        if table:
            dot = f"{draw(_space)}.{draw(_space)}"
            name = draw(st.sampled_from([f"t{table}", f"t{table}{dot}inner", f't{table}{dot}"quo.ted"', f"'l{table}'"]))
            lines.append(f"{draw(_space)}[{draw(_space)}{name}{draw(_space)}]{draw(_comment)}")
        for number in range(draw(st.integers(0, 4))):
            key = draw(
                st.sampled_from([f"k{number}", f"a-longer-key-{number}", f'"spaced key {number}"', f"d{number}{draw(_space)}.x"])
            )
            lines.append(f"{draw(_space)}{key}{draw(_space)}={draw(_space)}{draw(_value)}{draw(_comment)}")
            lines += draw(st.sampled_from([[], [""], ["", "  ", ""], ["# own"], ["", "# own", ""]]))
    return "\n".join(lines)


@given(toml())
def test_layout_never_changes_what_a_block_says(text):
    """For any TOML: the same values in the same order, the same comments, and once is as good as twice."""
    tables = tomllib.loads(text)
    done = lay_out(f"Prose stays.\n\n```avow\n{text}\n```\n\nAnd this.\n")
    assert done.left_alone == ()
    (after,) = _blocks(done.text)
    assert repr(after) == repr(tables)
    assert len(re.findall("#", done.text)) == len(re.findall("#", text))
    assert lay_out(done.text).text == done.text


@given(
    st.lists(
        st.sampled_from(["word", "  ", " \t", "* item", "# head", "> said", "```", "    code", "`a ", "b`", "\\", ""]),
        max_size=12,
    )
)
def test_layout_never_changes_prose(lines):
    """Whatever stands at line ends, visitors see the same page."""
    text = "".join(f"{line} \n" for line in lines)
    done = lay_out(text)
    assert _page(done.text) == _page(text)
    assert lay_out(done.text).text == done.text
    assert _prose(done.text) == _prose(text)


def test_lone_carriage_returns_become_line_feeds():
    """Line ends of very old editors end lines as well, and the blocks between them are laid out."""
    text = '# Tarn\r\r```avow\r[changes]\rtold_by = ["banner"]\rdays_before = 30\r```\r'
    assert lay_out(text).text == '# Tarn\n\n```avow\n[changes]\ntold_by     = ["banner"]\ndays_before = 30\n```\n'
