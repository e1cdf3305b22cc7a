"""The commands that bring data in: the block for pages, a server log, and invented visitors."""

from __future__ import annotations

import gzip
import sys
import zlib
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO, Final, cast

import click

from avow.cli.operations import Operations
from avow.collection.feeds.outbound import LinkAddresses
from avow.definitions import Refusal
from avow.gate.demonstrated import Days
from avow.publication.files import open_rulebook

#: Longest piece of a line that is held in memory, bytes: a file that is no log may have no line ends.
LONGEST: Final = 1024 * 1024


@click.command()
@click.option(
    "--site", default="", metavar="NAME", help="The website, by its name in the configuration. Needed where there are several."
)
@click.option(
    "--unpinned", is_flag=True, help="A block that need not be renewed after an upgrade: without the hashes of scripts."
)
@click.pass_obj
def tag(operations: Operations, site: str, unpinned: bool) -> None:  # noqa: FBT001 - click passes options so
    """Print the one block for pages that Avow does not serve, in two parts: for the head, and for the footer.

    It holds what the configured policy has on this website: tag, preferences, choices, recorder and forms in one script, the
    pixel, and the links to the policy, the choices and the notices at collection. It names what the tag may send, and
    the hash by which browsers refuse any other script under that address. Renew it after each upgrade of Avow and each version of
    the policy.
    """
    printed = operations.tag(site, pinned=not unpinned)
    if isinstance(printed, Refusal):
        raise click.ClickException(f"{printed.reason} ({printed.rule})")
    click.echo(printed)


@click.command()
@click.argument("name")
@click.option("--page", default="/", show_default=True, metavar="PATH", help="The page that the link is on.")
@click.pass_obj
def link(operations: Operations, name: str, page: str) -> None:
    """Print the address by which a page that Avow does not serve links to another company's site.

    NAME is an external link of the configured policy. Where the policy counts its clicks the address is signed, for this page and
    this installation.
    """
    rulebook = open_rulebook(operations.configuration(), datetime.now(UTC).date())
    with operations.records() as store:
        address = LinkAddresses(rulebook, store.vault.hmac).way_of(name, page)
    if isinstance(address, Refusal):
        raise click.ClickException(f"{address.reason} ({address.rule})")
    click.echo(address)


@click.command(name="import-log")
@click.argument("paths", nargs=-1, required=True, type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option(
    "--format", "format_", default="combined", show_default=True, metavar="FORMAT",
    help="combined, common, vhost_combined, json, or nginx's log_format or Apache's LogFormat itself.",
)  # fmt: skip
@click.option("--point", default="", help="The collection point, when the policy declares several server logs.")
@click.option("--log", default="", help="The path of the followed log that the files are of, when several are followed.")
@click.option("--site", default="", help="The website that the lines are of. By default by the host in each, else the first.")
@click.pass_obj
def import_log(operations: Operations, paths: tuple[Path, ...], format_: str, point: str, log: str, site: str) -> None:
    """Take in server logs (Apache, nginx; plain or compressed with gzip) as the declared server-log point.

    Several files are the parts of one rotated log, and taken in the oldest line first.

    Addresses of lines within the declared retention are kept, sealed, until their day; older lines are measured and
    kept without them. Importing the same file again adds nothing. The dashboard shows the lines when the running
    server has drained them, a second later.
    """
    size = sum(path.stat().st_size for path in paths)
    with click.progressbar(length=size, label="Importing", file=sys.stderr) as bar:
        parts = _Parts(sorted(paths, key=lambda path: path.stat().st_mtime_ns))
        done = 0

        def progress(_: int) -> None:
            nonlocal done
            at = parts.position()
            bar.update(at - done)
            done = at

        try:
            outcome = operations.import_log(parts.lines(), progress, format_, point, log, site)
        except (gzip.BadGzipFile, EOFError, zlib.error) as error:
            raise click.ClickException(
                f"{parts.name}: the compressed file is damaged ({type(error).__name__}); what came before the damage was "
                "taken in, and importing again adds nothing twice"
            ) from error
    if isinstance(outcome, Refusal):
        raise click.ClickException(f"{outcome.reason} ({outcome.rule})")
    click.echo(
        f"{outcome.read} lines read, {outcome.kept} kept, {outcome.without_identifiers} of them without identifiers because "
        f"their retention was over, {outcome.unreadable} unreadable, {outcome.refused} not allowed"
    )


class _Parts:
    """The parts of one log, read one behind the other; knows how many bytes of the files are read."""

    def __init__(self, paths: Sequence[Path]) -> None:
        self._paths = paths
        self._before = 0
        self._raw: BinaryIO | None = None
        self.name = ""

    def lines(self) -> Iterator[bytes]:
        """Yield the lines of every part, none longer than is read at once."""
        for path in self._paths:
            with path.open("rb") as raw:
                self._raw, self.name = raw, str(path)
                is_packed = raw.read(2) == b"\x1f\x8b"
                raw.seek(0)
                source = cast("BinaryIO", gzip.GzipFile(fileobj=raw)) if is_packed else raw  # cast: it reads as files do
                while line := source.readline(LONGEST):
                    yield line
                self._before += raw.tell()
                self._raw = None

    def position(self) -> int:
        """Return how many bytes of the files are read."""
        return self._before + (self._raw.tell() if self._raw else 0)


#: How many visitors come at once, and on each of many days, where nothing is said.
_VISITORS: Final = 100


@click.command()
@click.option(
    "--days", type=click.IntRange(1, 400), help="Make the last so many days, today included, in place of visitors of now."
)
@click.option(
    "--visitors", type=click.IntRange(1, 1_000_000), help="How many visitors; with --days, visits on an ordinary day. [100]"
)
@click.option("--seed", type=click.IntRange(0), default=1, show_default=True, help="With --days: another number, other visitors.")
@click.option("--address", help="Where the installation answers; from the configuration by default. Not with --days.")
@click.option("--remove", is_flag=True, help="Remove everything the demonstration left.")
@click.pass_obj
def demo(
    operations: Operations,
    days: int | None,
    visitors: int | None,
    seed: int,
    address: str | None,
    remove: bool,  # noqa: FBT001 - click passes options so
) -> None:
    """Drive invented visitors through the running installation: they browse, write, opt out and ask.

    With --days they were there on the last days, so that the console is full at the first look: visits from many countries, with
    campaigns and devices, searches, conversions, messages, recordings, choices and consumer requests, as far as the policy has
    them; each under the version of its day, and none for longer than that says. The server may run or not. What was interrupted
    goes on when you give the command again.

    What they leave is marked as demonstration, is in no figure of the evidence, and is removed with --remove.
    """
    if remove:
        gone = operations.remove_demonstration()
        if isinstance(gone, Refusal):
            raise click.ClickException(gone.reason)
        click.echo(f"removed: {gone.events} events, {gone.submissions} submissions, {gone.consumer_requests} requests")
        return
    if days is not None:
        if address:
            raise click.UsageError("--address is where visitors of now go; --days are made in the stores of the configuration")
        _invent(operations, days, visitors or _VISITORS, seed)
        return
    with click.progressbar(length=visitors or _VISITORS, label="Visitors", file=sys.stderr) as bar:
        tally = operations.demonstrate(visitors or _VISITORS, address, bar.update)
    click.echo(
        f"{tally.visitors} visitors: {tally.views} page views, {tally.pixels} by pixel, {tally.messages} messages, "
        f"{tally.opted_out} opted out, {tally.signals} with Sec-GPC, {tally.requests} requests"
    )


def _invent(operations: Operations, days: int, visits: int, seed: int) -> None:
    """Make invented days, and say what was made."""

    def begun(found: Days) -> None:
        if found.done is not None:
            click.echo(f"going on behind {found.done} with what was interrupted: {found.first} to {found.last}", err=True)

    with click.progressbar(length=days, label="Days", file=sys.stderr) as bar:
        made = operations.invent_days(days, visits, seed, begun, bar.update)
    if isinstance(made, Refusal):
        raise click.ClickException(made.reason)
    click.echo(
        f"{made.visits} visits: {made.events} events, {made.messages} messages, {made.recordings} recordings, "
        f"{made.choices} choices, {made.requests} requests"
    )
