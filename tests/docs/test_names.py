"""What is named in ARCHITECTURE.md and in the drawing of states is there, by that name."""

import importlib
import pkgutil
import re
from pathlib import Path

import pytest

import avow
from avow.rights import states

REPOSITORY = Path(__file__).parents[2]
ROOMS = {one.name for one in pkgutil.iter_modules(avow.__path__)}
NAMED = sorted(set(re.findall(r"`([a-z_]+(?:\.[A-Za-z_0-9]+)+)", (REPOSITORY / "ARCHITECTURE.md").read_text(encoding="utf-8"))))
#: Names of files and of things outside are written the same way.
NO_MODULES = {"py", "md", "toml", "db", "json", "mjs", "js", "css"}
OURS = [one for one in NAMED if one.split(".")[0] in ROOMS and one.rpartition(".")[2] not in NO_MODULES]
STEPS = sorted(set(re.findall(r"\[([a-z_]+)\.([a-z_]+)\]", states.__doc__)))


def found(path):
    """Return whether a dotted name of a room leads to a module, or to something in one: a class of the same module included."""
    room, *rest = path.split(".")
    thing = importlib.import_module(f"avow.{room}")
    for number, name in enumerate(rest, 1):
        try:
            thing = importlib.import_module(f"avow.{room}." + ".".join(rest[:number]))
        except ImportError:
            thing = getattr(thing, name, None)
        if thing is None:
            return False
    return True


@pytest.mark.parametrize("path", OURS)
def test_what_the_architecture_names_is_there(path):
    """Whoever reads of a function finds it."""
    assert found(path)


@pytest.mark.parametrize(("module", "function"), STEPS)
def test_each_transition_names_a_function_that_is_there(module, function):
    """The drawing says who may write a step; a renamed function renames it."""
    assert hasattr(importlib.import_module(f"avow.rights.{module}"), function)
