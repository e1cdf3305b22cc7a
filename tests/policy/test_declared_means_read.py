"""Declared means read: no key of the language is printed for visitors and then forgotten."""

import ast
import re
import tomllib
from functools import cache
from pathlib import Path

import pytest

from avow.policy.findings.diagnostics import CODES
from avow.policy.language.grammar import GRAMMAR
from avow.policy.printouts.notice import PRINTED

SOURCE = Path(__file__).parents[2] / "src" / "avow"
READ_BY = tomllib.loads((Path(__file__).parent / "read_by.toml").read_text(encoding="utf-8"))
KEYS = [(kind, key) for kind, table in GRAMMAR.items() for key in table.keys]
#: What shows the tables in which people do all or part of the work.
SHOWN_AS = {"policy": "rights", "right": "rights", "legal_process": "legal-process", "backups": "retention"}


@cache
def tree_of(module):
    return tuple(ast.walk(ast.parse((SOURCE / module).read_text(encoding="utf-8"))))


@cache
def strings_of(module):
    """Every text that stands in a module: the compiler asks an entry for its keys by them."""
    return {node.value for node in tree_of(module) if isinstance(node, ast.Constant) and isinstance(node.value, str)}


@cache
def words_of(module):
    """Every name and text by which a module asks a value for something."""
    return strings_of(module) | {node.attr for node in tree_of(module) if isinstance(node, ast.Attribute)}


def judged_by(code):
    """The modules of the compiler that give a code."""
    files = (path for path in (SOURCE / "policy").rglob("*.py") if path.name not in {"diagnostics.py", "grammar.py"})
    modules = (str(path.relative_to(SOURCE)) for path in files)
    return [module for module in modules if code in strings_of(module)]


def test_every_key_has_a_reader():
    """A new key fails here until somebody says who carries it out."""
    assert [(kind, key) for kind, keys in READ_BY.items() for key in keys] == KEYS


@pytest.mark.parametrize(("kind", "key"), KEYS)
def test_a_key_is_read_by_whom_it_says(kind, key, complete):
    """Code asks for the key, a rule judges it or its table, or the page says that people do it."""
    reader = READ_BY[kind][key]
    if reader == "staff":
        page = str(PRINTED[SHOWN_AS.get(kind, kind)](complete))
        assert re.search(r"\b(?:our staff|a person|counsel)\b", page, re.IGNORECASE)
    elif reader.startswith(("AV", "[AV")):
        word = kind if reader.startswith("[") else key
        codes = re.findall(r"AV\d{4}", reader)
        assert set(codes) <= set(CODES)
        assert all(any(word in strings_of(module) for module in judged_by(code)) for code in codes)
    elif reader != "told":
        module, _, name = reader.partition(":")
        assert (name or key) in words_of(module)
