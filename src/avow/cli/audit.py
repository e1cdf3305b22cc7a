"""The commands about the audit log: beginning another one, looking through it, checking it. Twins of the console's pages."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Final
from zoneinfo import ZoneInfo

import click

from avow.audit import merkle, note, proof, reading
from avow.audit.reading import Wanted
from avow.cli.operations import Operations
from avow.definitions import ProofInvalid, moment, now_ms
from avow.rights import restoring

_FOLDER: Final = click.option(
    "--log",
    "folder",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="A copy of the published log; this installation's own by default.",
)
_DAY: Final = click.DateTime(["%Y-%m-%d"])
#: Entries that are read at once.
_AT_ONCE: Final = 1000


@click.group(name="audit")
def audit() -> None:
    """Look after the audit log."""


@audit.command()
@click.confirmation_option(prompt="Proofs from before will verify against a copy of the old log alone. Begin a new one?")
@click.pass_obj
def begin(operations: Operations) -> None:
    """Begin a new audit log under a new key, when the old one is lost; the server must be stopped.

    What there is of the old one is kept next to it. Put back a copy of audit/ instead wherever you have one.
    """
    with operations.stopped() as place:
        old = restoring.begin_log(place, now_ms())
    click.echo(f"a new log begins at the next start; the old one, as far as it is there, lies in {old}")


@audit.command("list")
@click.option("--what", default="", help="Entries of this kind, as docs/specs/audit-log.md lists them.")
@click.option("--staff", default="", help="Entries of this member of staff, by id, or of the command line: command.")
@click.option("--about", default="", help="Entries that name an id which begins so: of a record, request, message, recording ...")
@click.option("--from", "first", type=_DAY, help="Entries from this day on, such as 2026-05-01.")
@click.option("--to", "last", type=_DAY, help="Entries up to this day.")
@click.option("--most", type=click.IntRange(1), default=100, show_default=True, help="How many, the newest first.")
@_FOLDER
@click.pass_obj
def list_(  # each is an option of the command
    operations: Operations,
    what: str,
    staff: str,
    about: str,
    first: datetime | None,
    last: datetime | None,
    most: int,
    folder: Path | None,
) -> None:
    """List entries of the published log, the newest first: number, moment (UTC), and the entry as it is in the log.

    The same as the page Audit log of the console. Days are of the business's time zone, of a copy of the log UTC.
    """
    zone = ZoneInfo("UTC" if folder else operations.configuration().timezone)
    bounds = [
        int(day.replace(tzinfo=zone).timestamp() * 1000) if day else None for day in (first, last and last + timedelta(days=1))
    ]
    wanted = Wanted(what, staff, about, bounds[0] or 0, bounds[1])
    public = folder or operations.configuration().public_log
    checkpoint = reading.published(public)
    before = size = checkpoint.size if checkpoint else 0
    is_end = not size
    while most and not is_end:
        found = reading.older(public, size, wanted, min(most, _AT_ONCE), before)
        for one in found.entries:
            click.echo(f"{one.index}  {moment(one.facts['at']):%Y-%m-%d %H:%M:%S}  {one.text.decode()}")
        most, before, is_end = most - len(found.entries), found.last or 0, found.is_end


@audit.command()
@click.argument("index", type=click.IntRange(0), required=False)
@click.option("--key", help="The log's public key, as published at /audit/key and kept elsewhere; the folder's own by default.")
@_FOLDER
@click.pass_obj
def check(operations: Operations, index: int | None, key: str | None, folder: Path | None) -> None:
    """Check the whole published log: every entry is hashed again and must lead to the root that its key signed.

    With INDEX, print that entry as well. Exit status 1 when anything of it is wrong.
    """
    public = folder or operations.configuration().public_log
    try:
        verifier = note.Verifier.parse(key or (public / "key").read_text(encoding="utf-8"))
    except FileNotFoundError as error:
        raise ProofInvalid(f"log: {public} holds no published log (no file “key”)") from error
    checkpoint, hashes = proof.audit(public, verifier)
    if index is not None and index >= checkpoint.size:
        raise click.ClickException(f"the log has {checkpoint.size} entries; the first is 0")
    click.echo(f"The log {checkpoint.origin} is whole: {checkpoint.size} entries lead to the root that its key signed.")
    if index is not None:
        entry = reading.at(public, checkpoint.size, index)
        assert merkle.leaf_hash(entry.text) == hashes[index]  # it was hashed a moment ago, and what is published stays
        click.echo(f"{index}: {entry.text.decode()}")
