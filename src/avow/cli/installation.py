"""The commands that run an installation and copy its data."""

from __future__ import annotations

from contextlib import nullcontext
from datetime import datetime
from pathlib import Path

import click

from avow import retention as sweeping
from avow.cli.operations import Operations
from avow.definitions import Refusal, moment, now_ms
from avow.policy.language.vocabulary import NOTED_ENDS, NOTED_STARTS
from avow.rights import restoring
from avow.rights.after_restore import Missed
from avow.store import backup as copies


@click.command()
@click.pass_obj
def serve(operations: Operations) -> None:
    """Serve the website, the privacy centre and the console until stopped.

    Prints their addresses when they answer, and a one-time link for the first staff account. A policy that does not
    compile, or a wrong configuration, stops the start.
    """
    operations.serve(click.echo)


@click.command()
@click.argument("destination", type=click.Path(path_type=Path))
@click.option("--keys", is_flag=True, help="Back up the keys alone, into the file DESTINATION; keep it apart from the data.")
@click.pass_obj
def backup(operations: Operations, destination: Path, keys: bool) -> None:  # noqa: FBT001 - click passes options so
    """Back up the data into the new folder DESTINATION, without the keys; the server may be running.

    Data without its keys is noise. Replace a copy of the keys after erasures, and destroy the old one.
    """
    if keys:
        with operations.records() as store:
            copies.backup_keys(store.vault, destination)
        click.echo(f"keys copied to {destination}")
        return
    with operations.store() as store:
        done = copies.backup(store, destination, now_ms())
    click.echo(f"{done.events} events, {done.submissions} submissions, {done.files} files, {done.bytes} bytes in {destination}")


@click.command()
@click.argument("source", type=click.Path(exists=True, path_type=Path), required=False)
@click.option("--keys", is_flag=True, help="Put back a copy of the keys, the file SOURCE; do this first.")
@click.option("--check", is_flag=True, help="List what came after the data that is in place, by the audit log.")
@click.option("--acknowledge", is_flag=True, help="Say that you have read that list; from then on `avow serve` starts.")
@click.pass_obj
def restore(operations: Operations, source: Path | None, keys: bool, check: bool, acknowledge: bool) -> None:  # noqa: FBT001 - as above
    """Put the backup in the folder SOURCE in place of the data; the server must be stopped.

    Everybody who was erased since the backup was made is removed again before the command ends. Consumer requests that were
    received and choices that were made since are listed: the data does not hold them, and people wait. `avow serve` starts
    once you acknowledged the list. After putting back the dump of a database server, --check lists the same.
    """
    if check or acknowledge:
        with operations.stopped() if acknowledge else nullcontext(operations.place()) as place:
            found = restoring.acknowledge(place, now_ms()) if acknowledge else restoring.missed(place)
        _tell_missed(found)
        click.echo("Acknowledged; `avow serve` starts." if acknowledge else "")
        return
    if source is None:
        raise click.UsageError("name a backup, or use --check or --acknowledge")
    if keys:
        with operations.stopped() as place:
            erased = restoring.restore_keys(place, source)
        click.echo(f"keys in place; {erased} people erased again")
        return
    with operations.stopped(), operations.engine():
        done, found = restoring.restore(operations.place(), source, now_ms())
    click.echo(
        f"{done.events} events, {done.submissions} submissions, {done.files} files restored; "
        f"{done.removed.total} rows of erased people removed again"
    )
    _tell_missed(found)
    for kept_id in done.kept_missing:
        click.echo(f"A record that a rule keeps is not in this backup, and lost with what it replaced: {kept_id}")
    if not found.is_nothing:
        click.echo("Read this, then `avow restore --acknowledge`: until then `avow serve` does not start.")


def _tell_missed(found: Missed) -> None:
    """Print what came after the data, with the numbers that people quote."""
    if found.is_nothing and not found.answered:
        click.echo("Nothing came after it that the audit log knows of.")
        return
    for one in found.received:
        answered = "answered" if one.answered_ms is not None else f"open, last: {one.last}"
        click.echo(f"{one.reference}: a request to {one.kind}, received {_day(one.received_ms)}, is not in the data ({answered})")
    for one in found.further:
        click.echo(f"{one.reference}: open, and had gone further: {one.last}; it goes on from the backup")
    for one in found.answered:
        click.echo(f"{one.reference}: answered {_day(one.answered_ms or 0)}; closed again, its record is kept")
    for purpose, count in sorted(found.choices.items()):
        click.echo(f"{count} choices about {purpose} are not in the data; opt-outs kept in browsers still hold there")
    for what, count in sorted(found.others.items()):
        click.echo(f"{count} x {what} is not in the data")


def _day(milliseconds: int) -> str:
    return moment(milliseconds).date().isoformat()


@click.group()
def retention() -> None:
    """See to the erasing of what is due."""


@retention.command()
@click.pass_obj
def confirm(operations: Operations) -> None:
    """Have the sweep go although it waits: because the clock seemed wrong, or because it would erase much at once.

    Look at the clock and at what is due first (the evidence page says both). The audit log notes that you did.
    """
    with operations.control() as control:
        why = sweeping.confirm(control, now_ms())
    click.echo(f"confirmed; it waited because {why}" if why else "the sweep does not wait for anything")


@retention.command()
@click.argument("factor", type=click.Choice(sorted(NOTED_STARTS | NOTED_ENDS)))
@click.argument("record")
@click.option("--same", default="", help="Every record of its point with the same value in this data item, as position.")
@click.option("--on", type=click.DateTime(formats=["%Y-%m-%d"]), help="The day on which it happened; today when not given.")
@click.pass_obj
def happened(operations: Operations, factor: str, record: str, same: str, on: datetime | None) -> None:
    """Note that FACTOR happened to the submission RECORD, by its id: its last day counts from then, or has come.

    A period that begins with it (`after`) counts from that day; one that ends with it (`until`) ends today. The audit log has it.
    """
    with operations.factors() as factors:
        day = on.date() if on else factors.versions.today()
        found = factors.note(factor, record, same, day, None)
    if isinstance(found, Refusal):
        raise click.ClickException(f"{found.reason} ({found.rule})")
    click.echo(f"noted of {found.records} records; {found.moved} have another last day")
    if found.damaged:
        click.echo(f"{found.damaged} records of the point cannot be read, and were passed over")
