"""The guide for writing a policy shows what the software does: its commands, its blocks, its patterns for editors."""

import json
import re
import shlex
from pathlib import Path

from avow import cli
from avow.policy import explanations
from avow.policy.findings.diagnostics import CODES, as_text
from avow.policy.language.layout import lay_out

GUIDE = (Path(__file__).parents[2] / "docs" / "guide" / "writing-a-policy.md").read_text(encoding="utf-8")


def _fences(info):
    """Return the fenced texts with this info string, without their indentation."""
    found = re.findall(rf"^( *)(`{{3,}}){info}\n(.*?)^\1\2$", GUIDE, re.MULTILINE | re.DOTALL)
    return [text for _, _, text in found]


def test_every_command_exists_with_its_options():
    """What is to be typed is taken by the command line."""
    commands = [line for text in _fences("sh") for line in text.splitlines()]
    commands += re.findall(r"(?:run: |`)(avow policy [^`\n|>]+)", GUIDE)
    assert len(commands) > 8
    for line in commands:
        command = cli.avow
        words = shlex.split(line)[1:]
        while words and words[0] in getattr(command, "commands", {}):
            command = command.commands[words.pop(0)]
        options = {option for parameter in command.params for option in (*parameter.opts, *parameter.secondary_opts)}
        assert not hasattr(command, "commands"), line
        assert {word for word in words if word.startswith("-")} <= options, line


def test_the_example_is_in_canonical_layout():
    """What people copy need not be laid out again."""
    (example,) = _fences("markdown")
    assert "[collection.contact-form]" in example
    assert lay_out(example).text == example


def test_the_problem_matcher_finds_every_finding():
    """The two patterns match the first two lines of what the compiler prints for each code."""
    (task,) = [json.loads(text) for text in _fences("json")]
    first, second = (re.compile(pattern["regexp"]) for pattern in task["tasks"][0]["problemMatcher"]["pattern"])
    for code in CODES:
        one = explanations.explanation(code)
        compilation = explanations.compiled(one, one.wrong)
        head, place, *_ = as_text(compilation.diagnostics, compilation.texts).splitlines()
        assert first.match(head)[2] == code
        assert second.match(place)[1].endswith(".md")
