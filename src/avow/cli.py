"""The operator's commands. The help texts are the reference page, docs/reference/command-line.md.

Each command parses, calls one operation, prints. Exit status: 0 done, 1 refused or not verified, 2 wrong usage.
"""

from __future__ import annotations

import gzip
import json
import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any, Protocol

import click

from avow import __version__
from avow.assurance.demonstration import Tally
from avow.assurance.residue import Residue
from avow.collection.server_log import Import
from avow.definitions import AvowError, Refusal
from avow.policy import Compilation, Severity, diagnostics
from avow.policy.diff import Change
from avow.store.backup import BackedUp, Restored
from avow.store.holdings import Counts

Progress = Callable[[int], None]
EXISTING = click.Path(exists=True, dir_okay=False, path_type=Path)


class Operations(Protocol):
    """What the commands do."""

    def serve(self, tell: Callable[[str], None]) -> None:
        """Serve until stopped."""

    def check_policy(self, path: Path | None) -> Compilation:
        """Compile a policy file."""

    def render_policy(self, path: Path | None) -> str:
        """Return the policy page as HTML."""

    def diff_policies(self, old: Path, new: Path) -> tuple[Change, ...]:
        """Return what changes for people."""

    def import_log(self, lines: Iterator[bytes], progress: Progress) -> Import | Refusal:
        """Take in a server log."""

    def verify(self, proof_text: str, log_folder: Path | None, key: str | None) -> dict[str, object]:
        """Check a proof and return its statement."""

    def residue(self, canaries: tuple[str, ...]) -> Residue:
        """Search every file for canaries."""

    def backup(self, destination: Path) -> BackedUp:
        """Back up the data without the keys."""

    def backup_keys(self, destination: Path) -> None:
        """Back up the keys alone."""

    def restore(self, source: Path) -> Restored:
        """Put a backup in place."""

    def restore_keys(self, source: Path) -> int:
        """Put a copy of the keys in place."""

    def demonstrate(self, visitors: int, address: str | None, progress: Progress) -> Tally:
        """Drive invented visitors."""

    def remove_demonstration(self) -> Counts:
        """Remove demonstration data."""

    def invite(self) -> str:
        """Return a one-time link for a new staff account."""


class Family(click.Group):
    """A group whose commands tell expected errors in one sentence, with exit status 1."""

    def invoke(self, ctx: click.Context) -> Any:  # Any: click's own type
        """Run the command."""
        try:
            return super().invoke(ctx)
        except AvowError as error:
            raise click.ClickException(str(error)) from error


@click.group(cls=Family, context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="avow")
@click.option(
    "--config",
    type=click.Path(dir_okay=False, path_type=Path),
    default=Path("avow.toml"),
    envvar="AVOW_CONFIG",
    show_default=True,
    help="The configuration file. Also from AVOW_CONFIG.",
)
@click.pass_context
def avow(context: click.Context, config: Path) -> None:
    """Serve, check and prove: a company's websites whose published privacy policy is their program."""
    context.obj = context.obj(config)


@avow.command()
@click.pass_obj
def serve(operations: Operations) -> None:
    """Serve the website, the privacy centre and the console until stopped.

    Prints their addresses when they answer, and a one-time link for the first staff account. A policy that does not
    compile, or a wrong configuration, stops the start.
    """
    operations.serve(click.echo)


@avow.group()
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


@avow.command(name="import-log")
@click.argument("path", type=EXISTING)
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


@avow.command()
@click.argument("proof", type=click.File("r", encoding="utf-8"))
@click.option(
    "--log",
    "folder",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    help="A copy of the published log; this installation's own by default.",
)
@click.option("--key", help="The log's public key, as published at /audit/key; alone, it checks the proof without the log.")
@click.pass_obj
def verify(operations: Operations, proof: IO[str], folder: Path | None, key: str | None) -> None:
    """Check the proof file of a consumer request, offline.

    Checks the checkpoint's signature, the entry's place in the log, and that the published log, every entry hashed
    again, still continues the one in the proof. Exit status 1 when any of it fails.
    """
    try:
        text = proof.read(1_000_000)
    except UnicodeDecodeError as error:
        raise click.ClickException("the proof is not a text file") from error
    statement = operations.verify(text, folder, key)
    click.echo("The proof is valid. The log holds this statement:")
    for name, value in statement.items():
        click.echo(f"  {name}: {_words(value)}")


def _words(value: object) -> str:
    """Return a value of a statement on one line."""
    if not isinstance(value, Mapping):
        return str(value)
    return "; ".join(f"{name} {_words(part)}" if isinstance(part, Mapping) else f"{name} {part}" for name, part in value.items())


@avow.group()
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
    report = operations.residue(tuple(wanted))
    for one in report.found:
        click.echo(f"{one.path}: canary {one.canary + 1}, {one.count} times, {one.form}")
    click.echo(f"{len(report.found)} found in {report.files} files, {report.bytes} bytes")
    if report.found:
        raise click.exceptions.Exit(1)


@avow.command()
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


@avow.command()
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


@avow.command()
@click.option("--visitors", type=click.IntRange(1, 1_000_000), default=100, show_default=True, help="How many visitors.")
@click.option("--address", help="Where the installation answers; from the configuration by default.")
@click.option("--remove", is_flag=True, help="Remove everything the demonstration left.")
@click.pass_obj
def demo(operations: Operations, visitors: int, address: str | None, remove: bool) -> None:  # noqa: FBT001 - as above
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


@avow.command()
@click.pass_obj
def invite(operations: Operations) -> None:
    """Print a one-time link with which a member of staff makes an account for the console. It lasts 3 days."""
    click.echo(operations.invite())
