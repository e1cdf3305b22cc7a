"""The commands that prove that practice is policy."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import IO

import click

from avow.assurance.residue import residue as search
from avow.audit import note
from avow.audit import proof as audit
from avow.cli.operations import Operations


@click.command()
@click.argument("proof", type=click.File("rb"))
@click.option(
    "--log",
    "folder",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="A copy of the published log; this installation's own by default.",
)
@click.option("--key", help="The log's public key, as published at /audit/key; alone, it checks the proof without the log.")
@click.pass_obj
def verify(operations: Operations, proof: IO[bytes], folder: Path | None, key: str | None) -> None:
    """Check the proof file of a consumer request, offline.

    Checks the checkpoint's signature, the entry's place in the log, and that the published log, every entry hashed
    again, still continues the one in the proof. Exit status 1 when any of it fails.
    """
    try:
        text = proof.read(1_000_000).decode()  # as bytes: the ends of lines are part of what is checked
    except UnicodeDecodeError as error:
        raise click.ClickException("the proof is not a text file") from error
    if folder is None and key is not None:
        statement = audit.verify(audit.read(text), note.Verifier.parse(key))
    else:
        statement = audit.check(text, folder or operations.configuration().public_log, key)
    click.echo("The proof is valid. The log holds this statement:")
    for name, value in statement.items():
        click.echo(f"  {name}: {_words(value)}")


def _words(value: object) -> str:
    """Return a value of a statement on one line."""
    if not isinstance(value, Mapping):
        return str(value)
    return "; ".join(f"{name} {_words(part)}" if isinstance(part, Mapping) else f"{name} {part}" for name, part in value.items())


@click.group()
def assurance() -> None:
    """Prove that practice is policy."""


@assurance.command()
@click.argument("canaries", nargs=-1)
@click.option(
    "--from",
    "source",
    type=click.File("r", encoding="utf-8"),
    help="Read canaries from a file, one a line; - for standard input.",
)
@click.pass_obj
def residue(operations: Operations, canaries: tuple[str, ...], source: IO[str] | None) -> None:
    """Search every file of the installation for CANARIES and report how many are found.

    A canary is a text that should not be there any more, e.g. an erased person's address. It is looked for as text and
    in the forms in which stores and protocols hide it, compressed blocks included. Exit status 1 when one is found.
    """
    wanted = [*canaries, *(line.strip() for line in source or () if line.strip())]
    if not wanted:
        raise click.UsageError("name at least one canary, or --from a file")
    report = search(operations.configuration().data, wanted)
    for one in report.found:
        click.echo(f"{one.path}: canary {one.canary + 1}, {one.count} times, {one.form}")
    click.echo(f"{len(report.found)} found in {report.files} files, {report.bytes} bytes")
    if report.found:
        raise click.exceptions.Exit(1)
