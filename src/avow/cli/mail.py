"""The command that writes to everybody who subscribed."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from avow.cli.operations import Operations
from avow.definitions import Refusal


@click.group()
def mail() -> None:
    """Write to people who subscribed by e-mail."""


@mail.command()
@click.option("--list", "point", required=True, help="The collection point of the policy at which people subscribed.")
@click.option("--subject", required=True, help="The subject line.")
@click.option("--dry-run", is_flag=True, help="Say how many people would get it, and do nothing.")
@click.argument("message", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.pass_obj
def send(operations: Operations, point: str, subject: str, dry_run: bool, message: Path) -> None:  # noqa: FBT001 - click's way
    """Send MESSAGE, a file in Markdown, to everybody who subscribed at a collection point and confirmed it.

    Each gets it as plain text and as HTML, with the headers by which mail programs unsubscribe in one click, a link to do it,
    and the company's postal address. Who agreed to be measured gets signed links and a clear GIF, everybody else plain links.
    Images are refused: whoever serves one learns who reads. The messages go into the outbox, from which the running server
    sends them; each is asked about once more when its turn comes. The same text with the same subject line to the same list
    is the same mailing: interrupted, run it again, and nobody gets it twice. Exit status 1 when it may not be sent.
    """
    try:
        text = message.read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise click.ClickException(f"{message} is not UTF-8 text") from error
    plan = operations.plan_mailing(point, subject, text)
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
        queued = operations.send_mailing(plan, bar.update)
    click.echo(f"{queued} messages are in the outbox; the running server sends them. Mailing {plan.mailing.id[:8]}.")
