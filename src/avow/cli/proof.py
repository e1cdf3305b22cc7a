"""The commands that prove that practice is policy."""

from __future__ import annotations

from collections.abc import Mapping
from io import BufferedReader
from pathlib import Path
from typing import IO

import click

from avow.assurance.residue import SHORTEST
from avow.assurance.residue import residue as search
from avow.audit import manifest, note
from avow.audit import proof as audit
from avow.cli.operations import Operations
from avow.rights.kept import Cases


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
def verify(operations: Operations, proof: BufferedReader, folder: Path | None, key: str | None) -> None:
    """Check the proof file of a consumer request, or the archive of one to know, offline.

    Of a proof: checks the checkpoint's signature, the entry's place in the log, and that the published log, every entry hashed
    again, still continues the one in the proof. Of an archive (archive.zip): checks the signature of its manifest, that it holds
    the files that are listed there and no other, and the bytes of each. Exit status 1 when any of it fails.
    """
    if proof.peek(len(manifest.ZIP)).startswith(manifest.ZIP):
        _verify_archive(operations, proof, folder, key)
        return
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


def _verify_archive(operations: Operations, archive: IO[bytes], folder: Path | None, key: str | None) -> None:
    """Check an archive against its manifest, by the key that somebody published, or that of a copy of the log."""
    published = (folder or operations.configuration().public_log) / "key"
    try:
        said = manifest.check(archive, note.Verifier.parse(key or published.read_text(encoding="utf-8")))
    except FileNotFoundError as error:
        raise click.ClickException(f"{published.parent} holds no published log (no file “key”)") from error
    click.echo(f"The archive is whole, as it was made for request {said.reference} on {said.made}:")
    for one in said.files:
        click.echo(f"  {one.name}: {one.bytes} bytes")


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
@click.option(
    "--request", "reference", help="Look for whom this consumer request erased, by its reference, as the search of a night does."
)
@click.pass_obj
def residue(operations: Operations, canaries: tuple[str, ...], source: IO[str] | None, reference: str | None) -> None:
    """Search every file of the installation for CANARIES and report how many are found.

    A canary is a text that should not be there any more, e.g. an erased person's address. It is looked for as text and
    in the forms in which stores and protocols hide it, compressed blocks included, in the data folder and in the folders of
    `storage.backups`. Exit status 1 when one is found, and when a file cannot be read.
    """
    wanted = [*canaries, *(line.strip() for line in source or () if line.strip())]
    if reference is not None:
        wanted += _identifiers(operations, reference)
    if not wanted:
        raise click.UsageError("name at least one canary, --from a file, or --request")
    configuration = operations.configuration()
    folders = (configuration.data, *configuration.storage.backups)
    reports = [search(folder, wanted) for folder in folders]
    for folder, report in zip(folders, reports, strict=True):
        above = "" if folder == configuration.data else f"{folder}/"
        for one in report.found:
            click.echo(f"{above}{one.path}: canary {one.canary + 1}, {one.count} times, {one.form}")
    found, unreadable = sum(len(one.found) for one in reports), sum(one.unreadable for one in reports)
    click.echo(f"{found} found in {sum(one.files for one in reports)} files, {sum(one.bytes for one in reports)} bytes")
    if unreadable:
        click.echo(f"{unreadable} files or folders could not be read", err=True)
    if found or unreadable:
        raise click.exceptions.Exit(1)


def _identifiers(operations: Operations, reference: str) -> list[str]:
    """Return by what the person of a request is looked for; raise ClickException where nobody knows it any more."""
    with operations.records() as store:
        case = Cases(store).referred_to(reference)
    if case is None:
        raise click.ClickException(f"there is no request {reference}, or more than one begins so")
    if case.contact is None:
        raise click.ClickException(f"request {reference} is closed, and who it was of is forgotten: name what to look for")
    return [one.value for one in case.contact.identifiers() if len(one.value) >= SHORTEST]
