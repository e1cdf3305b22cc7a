"""The commands about what is set aside: the twin of the console's page."""

from __future__ import annotations

import click

from avow.assurance.shelf import Shelf
from avow.cli.operations import Operations
from avow.definitions import moment
from avow.store.control.set_aside import SetAside
from avow.store.queues import queue


@click.group()
def aside() -> None:
    """Look through what could not be handled, have it tried again, or give it up.

    An item that a job cannot handle is set aside, and the others go on. It is tried again by itself, after 1, 2, 4 minutes
    and so on, up to every 6 hours. What the kinds of queue mean is in docs/guide/console.md.
    """


@aside.command("list")
@click.pass_obj
def list_(operations: Operations) -> None:
    """List what is set aside, the newest first: id, queue, kind of fault, tries, first seen, next try, item.

    Moments are in UTC. Nothing of anybody is shown: an item is a name by which its queue knows it.
    """
    listed = 0
    with operations.shelf() as shelf:
        for one in shelf.every():
            facts = f"{one.id}  {one.queue:<21} {one.kind:<20} {one.attempts:>4}"
            click.echo(f"{facts}  {_minute(one.first_ms)}  {_minute(one.next_ms)}  {one.item}")
            listed += 1
    click.echo(f"{listed} set aside" if listed else "Nothing is set aside.", err=True)


@aside.command()
@click.argument("item_id", metavar="ID")
@click.pass_obj
def retry(operations: Operations, item_id: str) -> None:
    """Have the item ID tried at the next round of its job, within seconds while the server runs.

    An entry of the audit log says so. Exit status 1 for an unknown id.
    """
    with operations.shelf() as shelf:
        found = _known(shelf, item_id)
        if not shelf.retry(item_id):
            raise _unknown(item_id)
    click.echo(f"{found.queue} {found.item} is tried at the next round")


@aside.command()
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.argument("item_id", metavar="ID")
@click.pass_obj
def discard(operations: Operations, item_id: str, yes: bool) -> None:  # noqa: FBT001 - click passes options so
    """Give the item ID up for ever; what is kept of it is destroyed.

    Says what is lost and asks first. What is owed to somebody (a request, an erasure, an entry of the log) cannot be
    discarded. An entry of the audit log says so. Exit status 1 for an unknown id, or one that cannot be discarded.
    """
    with operations.shelf() as shelf:
        found = _known(shelf, item_id)
        about = queue(found.queue)
        if not about.loss:
            raise click.ClickException(f"{about.label}: this has to be done, and cannot be discarded. {about.remedy}")
        click.echo(f"{about.label}, {found.item} ({found.kind}). Lost for ever: {about.loss}")
        if not yes:
            click.confirm("Discard it?", abort=True)
        if not shelf.discard(item_id):
            raise _unknown(item_id)
    click.echo("discarded")


def _known(shelf: Shelf, item_id: str) -> SetAside:
    found = shelf.item(item_id)
    if found is None:
        raise _unknown(item_id)
    return found


def _unknown(item_id: str) -> click.ClickException:
    return click.ClickException(f"nothing with the id {item_id} is set aside; `avow aside list` lists what is")


def _minute(milliseconds: int | None) -> str:
    return f"{moment(milliseconds or 0):%Y-%m-%d %H:%M}"
