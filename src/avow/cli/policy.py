"""The commands for literate policy files."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import IO, Final

import click

from avow.cli.operations import Operations
from avow.policy import Severity, diagnostics

EXISTING: Final = click.Path(exists=True, dir_okay=False, path_type=Path)


@click.group()
def policy() -> None:
    """Check, render and compare literate policy files."""


@policy.command()
@click.argument("path", required=False, type=EXISTING)
@click.option("--format", "shape", type=click.Choice(["text", "json"]), default="text", show_default=True, help="How to print.")
@click.pass_obj
def check(operations: Operations, path: Path | None, shape: str) -> None:
    """Compile a policy file (default: the configured one) and print what is wrong with it.

    Exit status 1 when there is an error; warnings alone do not fail.
    """
    compilation = operations.check_policy(path)
    found = compilation.diagnostics
    if shape == "json":
        fields = ("code", "severity", "file", "line", "column", "length", "message", "rule", "mend")
        rows = [{field: getattr(one, field) for field in fields} for one in found]
        click.echo(json.dumps({"diagnostics": rows}, indent=1, ensure_ascii=False))
    elif found:
        click.echo(diagnostics.as_text(found, compilation.texts, colour=sys.stdout.isatty()))
    else:
        click.echo(f"{next(iter(compilation.texts))}: compiles, nothing to mend")
    if any(one.severity is Severity.ERROR for one in found):
        raise click.exceptions.Exit(1)


@policy.command()
@click.argument("path", required=False, type=EXISTING)
@click.option(
    "--output", "-o", type=click.File("w", encoding="utf-8"), default="-", help="Where to write; standard output by default."
)
@click.pass_obj
def render(operations: Operations, path: Path | None, output: IO[str]) -> None:
    """Print the policy page as HTML, as it would be before anything was collected."""
    output.write(operations.render_policy(path) + "\n")


@policy.command(name="diff")
@click.argument("old", type=EXISTING)
@click.argument("new", type=EXISTING)
@click.pass_obj
def diff_command(operations: Operations, old: Path, new: Path) -> None:
    """Say in words what changes for people from the policy OLD to the policy NEW, material changes first."""
    changes = operations.diff_policies(old, new)
    for change in sorted(changes, key=lambda one: not one.material):
        click.echo(f"{'material' if change.material else 'minor   '}  {change.words}")
    if not changes:
        click.echo("Nothing changes for people.")
