"""The commands for literate policy files."""

from __future__ import annotations

import difflib
import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path
from typing import IO, Final

import click

from avow.cli.operations import Operations
from avow.definitions import PolicyUnreadable, Refusal, local_date, now_ms
from avow.policy import (
    Compilation,
    Diagnostic,
    Ledger,
    Severity,
    diagnostics,
    explanations,
    json_schema,
    layout,
    printouts,
    reports,
)
from avow.policy.changes.diff import Change, diff
from avow.policy.checks.carried_out import EVERYTHING, THIS_VERSION, CarriedOut
from avow.policy.language.encoding import decoded, not_utf8
from avow.policy.rulebook.audience import Audience
from avow.publication.answers import Published
from avow.publication.files import compile_policy, open_rulebook, rulebook_of
from avow.publication.proposing import role_hint

EXISTING: Final = click.Path(exists=True, dir_okay=False, path_type=Path)
#: One that cannot be read is a finding, in every format.
CHECKED: Final = click.Path(exists=True, dir_okay=False, readable=False, path_type=Path)


_DRAFT: Final = click.option(
    "--draft", is_flag=True, help="Judge the text alone: accept what this version does not carry out yet."
)


@click.group()
def policy() -> None:
    """Check, explain, format, print and compare literate policy files; publish their versions."""


@policy.command()
@click.argument("paths", nargs=-1, type=CHECKED, metavar="[FILES]...")
@click.option(
    "--format",
    "shape",
    type=click.Choice(["text", "json", "sarif", "github"]),
    default="text",
    show_default=True,
    help="How to print: for people, for programs, for code scanning, or as annotations of a GitHub pull request.",
)
@click.option("--warnings-as-errors", "strict", is_flag=True, help="Treat every warning as an error.")
@_DRAFT
@click.pass_obj
def check(operations: Operations, paths: tuple[Path, ...], shape: str, strict: bool, draft: bool) -> None:  # noqa: FBT001 - click's way
    """Compile policy FILES (default: the configured one) and print what is wrong with them.

    Exit status 1 when there is an error; warnings alone do not fail. Of the configured one it is an error, too, to say of a
    contract what `avow recipients` knows to be untrue; not with --draft. Colours follow the terminal, NO_COLOR and
    FORCE_COLOR. The formats are described in docs/specs/findings.md.
    """
    found: dict[Diagnostic, None] = {}  # in order, and once: policies share files by include
    texts: dict[str, str] = {}
    clean = []
    checked = [_shown(path) for path in paths or (operations.configuration().policy,)]
    for name in checked:
        try:
            compilation = _from_here(compile_policy(Path(name), _today(), _does(draft)), name)
        except PolicyUnreadable as error:  # too large, or closed to us; the others are checked all the same
            found[_unreadable(error)] = None
            continue
        items = [replace(one, severity=Severity.ERROR) if strict else one for one in compilation.diagnostics]
        found |= dict.fromkeys(items)
        texts |= compilation.texts
        if not items:
            clean.append(name)
    _print(tuple(found), texts, checked, clean, shape)
    untrue = () if paths or draft else operations.untrue_of_contracts()
    for recipient, why in untrue:
        click.echo(f"the policy says otherwise of “{recipient}”: {why} (avow recipients show {recipient})", err=True)
    if untrue or any(one.severity is Severity.ERROR for one in found):
        raise click.exceptions.Exit(1)


def _unreadable(error: PolicyUnreadable) -> Diagnostic:
    """Return the finding of a file of which nothing is checked."""
    mend = error.mend if error.mend == "shorten it" else "let it be read by who runs this command"
    return replace(diagnostics.diagnostic("AV0112", diagnostics.Span(1, 1, 1), error.reason, mend), file=_shown(Path(error.path)))


def _shown(path: Path) -> str:
    """Return a path as reports show it: counted from the current folder when it lies within."""
    return path.relative_to(Path.cwd()).as_posix() if path.is_relative_to(Path.cwd()) else path.as_posix()


def _from_here(compilation: Compilation, name: str) -> Compilation:
    """Return the compilation with its file names counted from the current folder, as the policy's own is."""
    folder = os.path.dirname(name)  # noqa: PTH120 - pathlib does not take ".." out of a path

    def here(file: str) -> str:
        return os.path.normpath(os.path.join(folder, file))  # noqa: PTH118 - as above

    texts = {here(file): text for file, text in compilation.texts.items()}
    return replace(
        compilation, diagnostics=tuple(replace(one, file=here(one.file)) for one in compilation.diagnostics), texts=texts
    )


def _print(found: tuple[Diagnostic, ...], texts: dict[str, str], checked: list[str], clean: list[str], shape: str) -> None:
    if shape == "json":
        click.echo(reports.as_json(found, checked), nl=False)
    elif shape == "sarif":
        click.echo(reports.as_sarif(found, texts, explanations.why), nl=False)
    elif shape == "github":
        click.echo(reports.as_github(found) + reports.summary(found, checked), nl=False)
    else:
        colour = _wants_colour()
        for name in clean:
            click.echo(f"{name}: compiles, nothing to mend")
        if found:
            click.echo(diagnostics.as_text(found, texts, colour=colour), color=colour, nl=False)
            click.echo(f"avow policy explain {found[0].code} says more about the first of them")
        if len(checked) > 1:
            click.echo(reports.summary(found, checked), nl=False)


def _wants_colour() -> bool:
    """Whether to colour the text: as NO_COLOR and FORCE_COLOR say, else when a terminal reads it."""
    if os.environ.get("NO_COLOR"):
        return False
    forced = os.environ.get("FORCE_COLOR", "")
    return forced != "0" if forced else sys.stdout.isatty()


@policy.command()
@click.argument("code", required=False)
def explain(code: str | None) -> None:
    """Explain a diagnostic's CODE (AV0304): why it matters to people, an example, and how it is mended.

    Without CODE, list all of them.
    """
    if code is None:
        click.echo(explanations.as_list(), nl=False)
        return
    known = code.upper() if code.upper().startswith("AV") else f"AV{code}"
    if known not in diagnostics.CODES:
        close = difflib.get_close_matches(known, diagnostics.CODES, n=3)
        meant = f"did you mean {', '.join(close)}? " if close else ""
        raise click.ClickException(f"there is no code {code}; {meant}`avow policy explain` lists them all")
    click.echo(explanations.as_text_page(known), nl=False)


@policy.command()
@click.argument("paths", nargs=-1, required=True, type=EXISTING, metavar="FILES...")
@click.option("--check", "is_check", is_flag=True, help="Change nothing; exit status 1 when a file would change.")
@click.option("--diff", "is_diff", is_flag=True, help="As --check, and print what would change.")
def fmt(paths: tuple[Path, ...], is_check: bool, is_diff: bool) -> None:  # noqa: FBT001 - as above
    """Lay out the avow blocks of FILES in one canonical way. The prose is left as it is, but for spaces at line ends.

    Nothing that a block says is changed; a block that is not valid TOML, or a file that is not UTF-8, is left alone and
    named, with exit status 1.
    Included files are laid out when they are named.
    """
    changed, left_alone = 0, 0
    for path in paths:
        before = decoded(path.read_bytes())
        if unread := next(not_utf8({_shown(path): before}), None):
            place = f"{unread.file}:{unread.line}:{unread.column}"
            click.echo(f"{place}: this file is left alone: {unread.code}, {unread.message}; {unread.mend}", err=True)
            left_alone += 1
            continue
        done = layout.lay_out(before)
        for one in done.left_alone:
            click.echo(f"{_shown(path)}:{one.line}: this block is left alone: {one.reason}", err=True)
        left_alone += len(done.left_alone)
        if done.text == before:
            continue
        changed += 1
        if is_diff:
            click.echo("".join(_difference(before, done.text, _shown(path))), nl=False)
        elif is_check:
            click.echo(f"{_shown(path)}: not in canonical layout")
        else:
            _write(path, done.text)
            click.echo(f"{_shown(path)}: laid out")
    if left_alone or (changed and (is_check or is_diff)):
        raise click.exceptions.Exit(1)


def _write(path: Path, text: str) -> None:
    """Write the text of a file with its own line ends."""
    try:
        with path.open("w", encoding="utf-8", newline="") as file:
            file.write(text)
    except OSError as error:
        raise click.ClickException(f"{path}: cannot be written ({error.strerror})") from error


def _difference(before: str, after: str, name: str) -> Iterator[str]:
    """Yield the lines of a unified diff."""
    for line in difflib.unified_diff(before.splitlines(keepends=True), after.splitlines(keepends=True), name, name):
        yield line if line.endswith("\n") else f"{line}\n\\ No newline at end of file\n"


@policy.command()
@click.option("--draft", is_flag=True, help="Judge the text alone, as with `check --draft`.")
def lsp(draft: bool) -> None:  # noqa: FBT001 - as above
    """Serve an editor over standard input and output: findings as you type, explanations, layout.

    Speaks the Language Server Protocol; the editor starts it. Needs the extra avow[lsp].
    """
    try:
        from avow.cli.language_server import language_server  # noqa: PLC0415 - an extra: loaded only when used
    except ModuleNotFoundError as error:
        raise click.ClickException(f"{error.name} is not installed; install avow[lsp]") from error
    language_server(lambda path, unsaved: compile_policy(path, _today(), _does(draft), unsaved)).start_io()


@policy.command()
def schema() -> None:
    """Print the JSON Schema of the avow blocks, for editors that check TOML."""
    click.echo(json_schema.as_text(), nl=False)


@policy.command(name="print")
@click.argument("name", type=click.Choice(list(printouts.PRINTOUTS)), metavar="NAME")
@click.argument("path", required=False, type=EXISTING)
@click.option("--format", "shape", help="html, json, json-ld, csv, header, nginx, apache or meta, as far as the printout has it.")
@click.option("--website", default="", help="Print what concerns the visitors of one declared website.")
@click.option("--jurisdiction", default="", help="Print what concerns the people of one jurisdiction, as US-CA.")
@_DRAFT
@click.option(
    "--output", "-o", type=click.File("w", encoding="utf-8"), default="-", help="Where to write; standard output by default."
)
@click.pass_obj
def print_command(
    operations: Operations,
    name: str,
    path: Path | None,
    shape: str | None,
    website: str,
    jurisdiction: str,
    draft: bool,  # noqa: FBT001 - click's way
    output: IO[str],
) -> None:
    """Print what follows from a policy, computed and never typed, as it would be before anything was collected.

    NAME is policy, notices, technologies, retention, recipients, rights or chart (pages for people); register (GDPR
    Art. 30, html or csv); schedule or request-map (html or json); schemas (JSON Schema of what each collection point
    takes); json-ld (the policy in the W3C Data Privacy Vocabulary); csp (Content-Security-Policy and Permissions-Policy
    of the websites: header, nginx, apache, meta or html). The formats: docs/specs/printouts.md.
    """
    audience, source = Audience(website, jurisdiction), path
    if source is None:  # the installation's own: its origin says how pages travel
        configuration = operations.configuration()
        source = configuration.policy
        audience = replace(audience, over_plain_http=configuration.origin.startswith("http://"))
    rulebook = rulebook_of(source, _today(), _does(draft))
    printed = printouts.print_out(name, rulebook, Ledger(), shape, audience)
    if isinstance(printed, Refusal):
        raise click.ClickException(printed.reason)
    output.write(printouts.document(printed, rulebook))


@policy.command(name="diff")
@click.argument("old", type=EXISTING)
@click.argument("new", type=EXISTING)
@_DRAFT
def diff_command(old: Path, new: Path, draft: bool) -> None:  # noqa: FBT001 - click's way
    """Say in words what changes for people from the policy OLD to the policy NEW, material changes first."""
    before, after = (rulebook_of(path, _today(), _does(draft)) for path in (old, new))
    _tell_changes(diff(before, after))


@policy.command()
@click.option("--dry-run", is_flag=True, help="Say what would happen, and do nothing.")
@click.pass_obj
def publish(operations: Operations, dry_run: bool) -> None:  # noqa: FBT001 - click passes options so
    """Publish the configured policy file; what is in force is what was published, not what lies in the file.

    A minor change is in force at once, or on the file's effective date if that is later. A material change needs notice:
    its effective date must be as many days ahead as the policy promises. Until then the version is announced: a banner
    on every page says what changes, and where the policy promises e-mail, everybody whose address is held is written to.
    Interrupted while writing, run it again: nobody is written to twice. The running server takes the version by itself.
    Exit status 1 when it may not be published, with the first possible date.
    """
    with operations.announcing() as announcing:
        rulebook = open_rulebook(operations.configuration(), _today())
        outcome = announcing.publisher.take(rulebook, now_ms(), dry_run=dry_run)
        if isinstance(outcome, Refusal):
            raise click.ClickException(f"{outcome.reason} ({outcome.rule})")
        _tell_outcome(outcome, dry_run=dry_run)
        if dry_run or not outcome.publication.by_email:
            return
        teller = announcing.teller
        with click.progressbar(length=teller.to_look_through(), label="Writing to people", file=sys.stderr) as bar:
            told = teller.tell(now_ms(), bar.update)
    click.echo(f"{told} messages are in the outbox; the running server sends them.")


@policy.command()
@click.pass_obj
def withdraw(operations: Operations) -> None:
    """Take the announced version back before it is in force. Messages about it that have not left yet are not sent."""
    with operations.announcing() as announcing:
        outcome = announcing.publisher.withdraw(now_ms())
    if isinstance(outcome, Refusal):
        raise click.ClickException(f"{outcome.reason} ({outcome.rule})")
    click.echo(f"Version {outcome.rulebook_id[:12]} is withdrawn; it will not come into force.")


@policy.command()
@click.pass_obj
def history(operations: Operations) -> None:
    """List every published version, newest first, with what each changed for people."""
    with operations.announcing() as announcing:
        published, timezone = announcing.history.history(), announcing.history.versions.timezone
    for version in published:
        click.echo(
            f"{version.rulebook_id[:12]}  {version.standing:<9}  in force from {version.in_force_on}, "
            f"published {local_date(version.published_ms, timezone)}"
        )
        for change in version.changes:
            click.echo(f"    {'material' if change.material else 'minor   '}  {change.words}")


@policy.command()
@click.option("--on", type=click.DateTime(["%Y-%m-%d"]), help="The day, such as 2026-05-01.")
@click.option("--id", "rulebook_id", default="", help="The version's id, or its first 6 characters or more.")
@click.pass_obj
def show(operations: Operations, on: datetime | None, rulebook_id: str) -> None:
    """Print the literate text that was in force on a day, or of one version; today's without either."""
    if on is not None and rulebook_id:
        raise click.UsageError("name a day or a version, not both")
    with operations.announcing() as announcing:
        text = announcing.history.text(on.date() if on else None, rulebook_id)
    if isinstance(text, Refusal):
        raise click.ClickException(text.reason)
    click.echo(text, nl=False)


def _today() -> date:
    """Return the day on which a policy is judged: the command line is the clock's door here."""
    return datetime.now(UTC).date()


def _does(draft: bool) -> CarriedOut:  # noqa: FBT001 - the option as it is given
    """Return what a policy is held to: what this version carries out, or for a draft the text alone."""
    return EVERYTHING if draft else THIS_VERSION


def _tell_outcome(outcome: Published, *, dry_run: bool) -> None:
    """Say what publishing changes for people, and from when."""
    made = outcome.publication
    _tell_changes(made.changes)
    called = f"Version {made.rulebook.id[:12]}"
    if not outcome.is_new:
        click.echo(f"{called} is announced already, in force from {made.in_force_on}.")
    elif dry_run:
        click.echo(f"{called} would be {'announced, ' if made.is_announced else ''}in force from {made.in_force_on}.")
    else:
        click.echo(f"{called} is {'announced' if made.is_announced else 'published'}, in force from {made.in_force_on}.")


def _tell_changes(changes: Sequence[Change]) -> None:
    for change in sorted(changes, key=lambda one: not one.material):
        click.echo(f"{'material' if change.material else 'minor   '}  {change.words}")
    if hint := role_hint(changes):
        click.echo(f"note      {hint}")
    if not changes:
        click.echo("Nothing changes for people.")
