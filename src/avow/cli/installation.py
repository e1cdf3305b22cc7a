"""The commands that run an installation, let staff in, and copy its data."""

from __future__ import annotations

from pathlib import Path

import click

from avow.cli.operations import Operations


@click.command()
@click.pass_obj
def serve(operations: Operations) -> None:
    """Serve the website, the privacy centre and the console until stopped.

    Prints their addresses when they answer, and a one-time link for the first staff account. A policy that does not
    compile, or a wrong configuration, stops the start.
    """
    operations.serve(click.echo)


@click.command()
@click.pass_obj
def invite(operations: Operations) -> None:
    """Print a one-time link with which a member of staff makes an account for the console. It lasts 3 days."""
    click.echo(operations.invite())


@click.command()
@click.argument("destination", type=click.Path(path_type=Path))
@click.option("--keys", is_flag=True, help="Back up the keys alone, into the file DESTINATION; keep it apart from the data.")
@click.pass_obj
def backup(operations: Operations, destination: Path, keys: bool) -> None:  # noqa: FBT001 - click passes options so
    """Back up the data into the new folder DESTINATION, without the keys; the server may be running.

    Data without its keys is noise. Replace a copy of the keys after erasures, and destroy the old one.
    """
    if keys:
        operations.backup_keys(destination)
        click.echo(f"keys copied to {destination}")
        return
    done = operations.backup(destination)
    click.echo(f"{done.events} events, {done.submissions} submissions, {done.files} files, {done.bytes} bytes in {destination}")


@click.command()
@click.argument("source", type=click.Path(exists=True, path_type=Path))
@click.option("--keys", is_flag=True, help="Put back a copy of the keys, the file SOURCE; do this first.")
@click.pass_obj
def restore(operations: Operations, source: Path, keys: bool) -> None:  # noqa: FBT001 - as above
    """Put the backup in the folder SOURCE in place of the data; the server must be stopped.

    Whoever was erased since the backup was made is removed again before the command ends.
    """
    if keys:
        click.echo(f"keys in place; {operations.restore_keys(source)} people erased again")
        return
    done = operations.restore(source)
    click.echo(
        f"{done.events} events, {done.submissions} submissions, {done.files} files restored; "
        f"{done.removed.total} rows of erased people removed again"
    )
