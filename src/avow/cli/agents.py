"""The commands about authorized agents: who they are, their keys, their files; and our entry in the directory of the protocol."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, TypeVar

import click

from avow.cli.operations import Operations
from avow.definitions import Refusal
from avow.rights.agents import bulk
from avow.rights.agents.register import fingerprint
from avow.rights.protocol import directory as entries
from avow.store.control.agents import Agent

_T = TypeVar("_T")
#: After how many lines of a file it is said how far it is.
_TOLD_EVERY: Final = 100
_SITE: Final = click.option("--site", default="", help="The website, where there are several.")


@click.group()
def agents() -> None:
    """Know the authorized agents that ask for others, and take their files."""


@agents.command("list")
@click.pass_obj
def list_(operations: Operations) -> None:
    """List the agents: id, source, whether something is taken, name.

    An agent whose key in the directory is another one than the pinned one is marked, with both fingerprints.
    """
    with operations.agents() as room:
        for one in room.register.listed():
            click.echo(f"{one.drp_id or one.id:<24}  {one.source:<9}  {_standing(one):<8}  {one.name or '(by the form)'}")
            if one.offered_key:
                keys = f"pinned {fingerprint(one.verify_key)}, offered {fingerprint(one.offered_key)}"
                click.echo(f"{'':<24}  the directory has another key: {keys}; ask the agent, then `avow agents pin`")


@agents.command()
@click.option(
    "--from", "source", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="A copy of `agents.json` in a file."
)
@click.pass_obj
def directory(operations: Operations, source: Path | None) -> None:
    """Take in the agents of the Data Rights Protocol's directory: new ones with their keys.

    A key that is another one than before is noted, and not taken. Entries that are none are named. Without --from the directory
    is fetched. Exit status 1 when it cannot be.
    """
    content = source.read_bytes() if source is not None else _or_refused(operations.directory_of_agents())
    try:
        found = entries.read(content)
    except ValueError as error:
        raise click.ClickException(f"this is no directory of agents: {error}") from None
    with operations.agents() as room:
        read = room.register.read(found)
    for number, why in read.wrong:
        click.echo(f"entry {number}: {why}", err=True)
    for named in read.differ:
        click.echo(f"{named}: the key is another one than before, and was not taken; see `avow agents list`", err=True)
    click.echo(f"{len(read.added)} new, {read.same} as before, {len(read.differ)} with another key, {len(read.wrong)} wrong")


@agents.command()
@click.argument("named")
@click.pass_obj
def pin(operations: Operations, named: str) -> None:
    """Take the key that the directory has now for the agent NAMED, once you asked them whether it is theirs.

    Their token ends. It is an entry of the audit log.
    """
    with operations.agents() as room:
        _or_refused(room.register.pin(named))
    click.echo(f"The key of “{named}” is pinned. They have to set up a token again.")


@agents.command()
@click.argument("named")
@click.pass_obj
def end(operations: Operations, named: str) -> None:
    """Take nothing more from the agent NAMED: their token and their key open nothing. What they asked before goes on."""
    with operations.agents() as room:
        _or_refused(room.register.end(named))
    click.echo(f"Nothing is taken from “{named}” any more.")


@agents.command()
@click.argument("name")
@click.argument("contact")
@click.option("--accepts-terms", is_flag=True, help="They accepted the terms of docs/guide/agents.md. Required.")
@click.pass_obj
def add(operations: Operations, name: str, contact: str, accepts_terms: bool) -> None:  # noqa: FBT001 - click's way
    """Add an agent that speaks no protocol, by its NAME and e-mail address, and print its id, for `avow agents bulk`."""
    with operations.agents() as room:
        found = room.register.add(name, contact, "staff", accepts_terms=accepts_terms)
    click.echo(_or_refused(found).id)


@agents.command("bulk")
@click.argument("named")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@_SITE
@click.pass_obj
def bulk_(operations: Operations, named: str, file: Path, site: str) -> None:
    """Take the requests in FILE of the agent NAMED, a line each (docs/specs/agents-csv.md).

    A line that is wrong is named with its number and why, and stops no other; a line that was taken before is not taken twice, so
    a command that was interrupted, by whatever, is given again and goes on where it was. How far it is, it says meanwhile.
    Exit status 1 when a line was wrong.
    """
    content = file.read_bytes()
    with operations.agents(site) as room:
        agent = room.register.find(named)
        if agent is None:
            raise click.ClickException(f"there is no agent “{named}”; see `avow agents list`")
        lines, total = _or_refused(bulk.take(content, agent, room.taking)), bulk.lines_in(content)
        taken = before = wrong = 0
        for count, line in enumerate(lines, 1):
            taken, before, wrong = taken + (not line.wrong and line.is_new), before + (not line.is_new), wrong + bool(line.wrong)
            if line.wrong:
                click.echo(f"line {line.number}: {line.wrong}", err=True)
            if count % _TOLD_EVERY == 0:
                click.echo(f"{count:,} of {total:,} lines: {taken:,} taken, {before:,} taken before, {wrong:,} wrong", err=True)
    click.echo(f"{taken} taken, {before} taken before, {wrong} wrong")
    if wrong:
        raise SystemExit(1)


@click.group()
def drp() -> None:
    """Speak the Data Rights Protocol 1.0 with authorized agents."""


@drp.command()
@_SITE
@click.pass_obj
def entry(operations: Operations, site: str) -> None:
    """Print the entry of a website for the protocol's directory of businesses, as JSON.

    Its actions are the rights that the version in force offers and that this version of Avow carries out.
    """
    click.echo(json.dumps(_or_refused(operations.entry_of_business(site)), ensure_ascii=False, indent=2))


def _standing(agent: Agent) -> str:
    """Return in a word whether something is taken from an agent."""
    if agent.ended_ms is not None:
        return f"ended {datetime.fromtimestamp(agent.ended_ms / 1000, UTC):%Y-%m-%d}"
    return "asks" if agent.token_hash is not None or agent.terms_ms is not None else "known"


def _or_refused(found: _T | Refusal) -> _T:
    """Return what was found; end with what was refused."""
    if isinstance(found, Refusal):
        raise click.ClickException(f"{found.reason} ({found.rule})")
    return found
