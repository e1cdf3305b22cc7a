"""The hooks of .pre-commit-hooks.yaml are commands that exist and run on the file that they are given."""

import re
import tomllib
from pathlib import Path

import pytest

REPOSITORY = Path(__file__).parents[2]
PROJECT = tomllib.loads((REPOSITORY / "pyproject.toml").read_text(encoding="utf-8"))["project"]


def _hooks():
    """Return the hooks by id; the file is flat enough to be read without a library for YAML."""
    text = (REPOSITORY / ".pre-commit-hooks.yaml").read_text(encoding="utf-8")
    hooks = [dict(re.findall(r"^(?:- |  )(\w+): (.+)$", part, re.MULTILINE)) for part in re.split(r"(?m)^(?=- )", text)[1:]]
    return {hook["id"]: hook for hook in hooks}


HOOKS = _hooks()


def test_the_hooks_are_those_of_the_guide():
    """The guide names each of them."""
    guide = (REPOSITORY / "docs" / "guide" / "writing-a-policy.md").read_text(encoding="utf-8")
    assert set(HOOKS) == {"avow-policy-check", "avow-policy-fmt"}
    assert set(re.findall(r"- id: ([\w-]+)", guide)) == set(HOOKS)


@pytest.mark.parametrize("hook", HOOKS.values(), ids=list(HOOKS))
def test_a_hook_has_what_pre_commit_requires(hook):
    """Id, name, entry and language; the entry begins with a script of the package, which pre-commit installs."""
    assert {"id", "name", "entry", "language"} <= set(hook)
    assert hook["language"] == "python"
    assert hook["entry"].split()[0] in PROJECT["scripts"]


@pytest.mark.parametrize("hook", HOOKS.values(), ids=list(HOOKS))
def test_a_hook_passes_a_sound_policy_and_fails_a_broken_one(hook, run, write):
    """As pre-commit calls it: the entry's words, then the files."""
    words = hook["entry"].split()[1:]
    write("policy.md")
    run("policy", "fmt", "policy.md")
    assert run(*words, "policy.md").exit_code == 0
    write("broken/policy.md", "[signal.dnt]", "[signal.dnt")
    assert run(*words, "policy.md", "broken/policy.md").exit_code == 1
    assert re.search(hook.get("files", ""), "broken/policy.md")
