"""The commands that bring data in: the tag for pages, a server log, and invented visitors."""

from __future__ import annotations

import gzip
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from avow.cli.operations import Operations
from avow.definitions import Refusal


@click.command()
@click.option("--unpinned", is_flag=True, help="A line that need not be renewed after an upgrade: without the hash of the tag.")
@click.pass_obj
def tag(operations: Operations, unpinned: bool) -> None:  # noqa: FBT001 - click passes options so
    """Print the line that puts the tag on pages that Avow does not serve.

    It names what the configured policy lets the tag send, and the hash by which browsers refuse any other script under that
    address. Renew it after each upgrade of Avow and each version of the policy.
    """
    line = operations.tag(pinned=not unpinned)
    if isinstance(line, Refusal):
        raise click.ClickException(f"{line.reason} ({line.rule})")
    click.echo(line)


@click.command(name="import-log")
@click.argument("path", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.pass_obj
def import_log(operations: Operations, path: Path) -> None:
    """Take in a server log in Combined Log Format (Apache, nginx; plain or .gz) as the declared server-log point.

    Addresses of lines within the declared retention are kept, sealed, until their day; older lines are measured and
    kept without them. Importing the same file again adds nothing. The dashboard shows the lines when the running
    server has drained them, a second later.
    """
    with click.progressbar(length=path.stat().st_size, label="Importing", file=sys.stderr) as bar, _reading(path) as (lines, at):
        done = 0

        def progress(_: int) -> None:
            nonlocal done
            bar.update(at() - done)
            done = at()

        outcome = operations.import_log(lines, progress)
    if isinstance(outcome, Refusal):
        raise click.ClickException(f"{outcome.reason} ({outcome.rule})")
    click.echo(
        f"{outcome.read} lines read, {outcome.kept} kept, {outcome.without_identifiers} of them without identifiers because "
        f"their retention was over, {outcome.unreadable} unreadable"
    )


@contextmanager
def _reading(path: Path) -> Iterator[tuple[Iterator[bytes], Callable[[], int]]]:
    """Open a plain or gzipped log; yield its lines and a function that tells how many bytes of the file are read."""
    with path.open("rb") as raw:
        is_packed = raw.read(2) == b"\x1f\x8b"
        raw.seek(0)
        lines = gzip.GzipFile(fileobj=raw) if is_packed else raw
        yield iter(lines), raw.tell


@click.command()
@click.option("--visitors", type=click.IntRange(1, 1_000_000), default=100, show_default=True, help="How many visitors.")
@click.option("--address", help="Where the installation answers; from the configuration by default.")
@click.option("--remove", is_flag=True, help="Remove everything the demonstration left.")
@click.pass_obj
def demo(operations: Operations, visitors: int, address: str | None, remove: bool) -> None:  # noqa: FBT001 - click passes options so
    """Drive invented visitors through the running installation: they browse, write, opt out and ask.

    What they leave is marked as demonstration and removed with --remove.
    """
    if remove:
        gone = operations.remove_demonstration()
        click.echo(f"removed: {gone.events} events, {gone.submissions} submissions, {gone.consumer_requests} requests")
        return
    with click.progressbar(length=visitors, label="Visitors", file=sys.stderr) as bar:
        tally = operations.demonstrate(visitors, address, bar.update)
    click.echo(
        f"{tally.visitors} visitors: {tally.views} page views, {tally.pixels} by pixel, {tally.messages} messages, "
        f"{tally.opted_out} opted out, {tally.signals} with Sec-GPC, {tally.requests} requests"
    )
