"""The commands about outgoing mail: writing to everybody who subscribed, and seeing to what has not left."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Final

import click

from avow.cli.operations import Operations
from avow.definitions import Refusal, moment, now_ms

#: How a message may have been passed on, as the console offers it (a test compares them).
WAYS: Final = ("post", "telephone", "other")


@click.group()
def mail() -> None:
    """Write to people who subscribed by e-mail; see to messages that have not left."""


@mail.command()
@click.option("--list", "point", required=True, help="The collection point of the policy at which people subscribed.")
@click.option("--subject", required=True, help="The subject line.")
@click.option("--site", default="", help="The website whose subscribers get it, by its configured name. All by default.")
@click.option("--dry-run", is_flag=True, help="Say how many people would get it, and do nothing.")
@click.argument("message", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.pass_obj
def send(
    operations: Operations,
    point: str,
    subject: str,
    site: str,
    dry_run: bool,  # noqa: FBT001 - click's way
    message: Path,
) -> None:
    """Send MESSAGE, a file in Markdown, to everybody who subscribed at a collection point and confirmed it.

    Each gets it in the name, from the sender and with links to the website where they subscribed: as plain text and as HTML, with
    the headers by which mail programs unsubscribe in one click, a link to do it, and the company's postal address. Who agreed to
    be measured gets signed links and a clear GIF, everybody else plain links.
    Images are refused: the server of an image learns who reads. The messages go into the outbox, from which the running server
    sends them; each is asked about once more when its turn comes. The same text with the same subject line to the same list
    is the same mailing: interrupted, run it again, and nobody gets it twice. One to the subscribers of one website is another
    mailing than one to all. Exit status 1 when it may not be sent.
    """
    try:
        text = message.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise click.ClickException(f"{message} is not UTF-8 text") from error
    with operations.letters() as letters:
        plan = letters.plan(point, subject, text, now_ms(), site)
        if isinstance(plan, Refusal):
            raise click.ClickException(f"{plan.reason} ({plan.rule})")
        click.echo(
            f"{plan.subscribed} people are subscribed; {plan.allowed} may be written to, {plan.sent_before} of them have this "
            f"message already. {plan.measured} agreed to be measured."
        )
        if dry_run:
            click.echo("Nothing was sent.")
            return
        with click.progressbar(length=plan.subscribed, label="Putting messages into the outbox", file=sys.stderr) as bar:
            queued = letters.send(plan, now_ms(), bar.update)
    click.echo(f"{queued} messages are in the outbox; the running server sends them. Mailing {plan.mailing.id[:8]}.")


@mail.command("list")
@click.option("--waiting", is_flag=True, help="Those as well that nobody tried to send: without a mail server, all of them.")
@click.pass_obj
def list_(operations: Operations, waiting: bool) -> None:  # noqa: FBT001 - click's way
    """List the messages that have not left after a try, those that failed first.

    Each line has the message's id, when it was made, its state, the number of tries, the reference of its consumer request, and
    why it has not left, with the mail server's code. It names nobody: who opens a message in the console is in the audit log.
    """
    listed = 0
    with operations.outbox() as outbox:
        for one in outbox.undelivered(untried=waiting):
            listed += 1
            made, tries = f"{moment(one.created_ms):%Y-%m-%d %H:%M}", f"{one.attempts} {'try' if one.attempts == 1 else 'tries'}"
            whose = "mailing" if one.of_mailing else one.reference or "-"
            click.echo(f"{one.message_id}  {made}  {one.state:<7}  {tries:>8}  {whose:<10}  {one.trouble}")
    click.echo(f"{listed} messages have not left." if listed else "Every message that was tried has left.")


@mail.command()
@click.option("--failed", is_flag=True, help="Every message that has failed, as `avow mail list` shows them.")
@click.argument("message", nargs=-1)
@click.pass_obj
def retry(operations: Operations, failed: bool, message: tuple[str, ...]) -> None:  # noqa: FBT001 - click's way
    """Let MESSAGE, an id of `avow mail list`, be sent again: its turn is now, with as many tries as a new message.

    The running server sends it. Each is an entry of the audit log. Exit status 1 when one of them is not there, or has left.
    """
    if not message and not failed:
        raise click.UsageError("name a message, or say --failed")
    with operations.outbox() as outbox:
        undelivered = outbox.undelivered() if failed else ()
        wanted = [*message, *(one.message_id for one in undelivered if one.state == "failed")]
        for one in wanted:
            refusal = outbox.retry(one, "")
            if refusal is not None:
                raise click.ClickException(f"{one}: {refusal.reason} ({refusal.rule})")
    click.echo(f"{len(wanted)} messages have their turn now.")


@mail.command()
@click.option("--by", "way", type=click.Choice(WAYS), required=True, help="How the person was told.")
@click.argument("message")
@click.pass_obj
def passed(operations: Operations, way: str, message: str) -> None:
    """Note that you told its person what MESSAGE, an id of `avow mail list`, says: by post, by telephone, or otherwise.

    The same as "It was passed on" on the message's page of the console, where it is read. A message of a consumer request
    counts as left from now on: the request is confirmed, extended or answered by it. It is not sent any more. It is an entry of
    the audit log. Exit status 1 when it is not there, has left, or is one that proves an address.
    """
    with operations.outbox() as outbox:
        refusal = outbox.passed_on(message, way, "")
    if refusal is not None:
        raise click.ClickException(f"{refusal.reason} ({refusal.rule})")
    click.echo(f"The message was passed on by {way}." if way != "other" else "The message was passed on.")


@mail.command()
@click.argument("message")
@click.pass_obj
def correct(operations: Operations, message: str) -> None:
    """Let MESSAGE, which has not left, go to another address, which is read from standard input.

    For a message of a consumer request that waits for its confirmation the request's address is corrected: its records are
    found by the new one, and a new link goes there. For a message about a change of the policy only where it goes is changed.
    Other messages prove an address, or go to one that was proved: they cannot be corrected. It is an entry of the audit log,
    without the address. Exit status 1 when it was not corrected.
    """
    address = click.prompt("New address", err=True)
    with operations.outbox() as outbox:
        refusal = outbox.correct(message, address, "")
    if refusal is not None:
        raise click.ClickException(f"{refusal.reason} ({refusal.rule})")
    click.echo("The message goes to the new address now.")
