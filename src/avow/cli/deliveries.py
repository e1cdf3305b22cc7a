"""The commands about records that go to recipients: sending them, and seeing to what has not left."""

from __future__ import annotations

import sys
from datetime import UTC, date, datetime
from typing import Final

import click

from avow.cli.operations import Operations
from avow.definitions import Refusal, moment, now_ms
from avow.recipients.outgoing import DeliveryLine
from avow.recipients.sending import Queued, Selection
from avow.store.control.batches import Batch
from avow.store.control.screenings import Screening
from avow.store.paging import Place, place

_DAY: Final = click.DateTime(formats=["%Y-%m-%d"])
_STATES: Final = ("waiting", "leaving", "sent", "received", "failed", "withdrawn")


@click.group()
def deliveries() -> None:
    """Send records to recipients; see to what has not left."""


@deliveries.command("list")
@click.option("--state", type=click.Choice(_STATES), default=None, help="Those alone.")
@click.option("--to", "recipient", default="", help="Those to this recipient alone.")
@click.option("--batch", default="", help="Those of this batch alone.")
@click.pass_obj
def list_(operations: Operations, state: str | None, recipient: str, batch: str) -> None:
    """List what goes or went to recipients, the newest first.

    Each line has its id, when it was queued, its state, the number of tries, recipient, collection point and purpose, and why it
    has not left. It names nobody.
    """
    count, at = 0, Place()
    with operations.recipients() as room:
        while True:
            page = room.outgoing.lines(at, state or "", recipient, batch)
            for one in page.lines:
                count += 1
                made = f"{moment(one.made_ms):%Y-%m-%d %H:%M}"
                click.echo(f"{one.id}  {made}  {one.state:<9}  {one.attempts:>2}  {_called(one)}  {one.trouble}".rstrip())
            following = place(page.after)
            if not page.after or following is None:
                break
            at = following
    click.echo(f"{count} deliveries.")


@deliveries.command()
@click.argument("delivery")
@click.pass_obj
def show(operations: Operations, delivery: str) -> None:
    """Show DELIVERY, an id of `avow deliveries list`: how far it got, and what the other side said. It names nobody."""
    with operations.recipients() as room:
        one = room.outgoing.line(delivery)
    if one is None:
        raise click.ClickException("there is no such delivery to a recipient")
    facts = {
        "delivery": one.id,
        "what": f"{one.kind} {_called(one)}",
        "website": one.site or "-",
        "batch": one.batch or "-",
        "state": one.state,
        "queued": f"{moment(one.made_ms):%Y-%m-%d %H:%M:%S} UTC",
        "next try": f"{moment(one.next_ms):%Y-%m-%d %H:%M:%S} UTC" if one.next_ms is not None else "-",
        "left": f"{moment(one.sent_ms):%Y-%m-%d %H:%M:%S} UTC" if one.sent_ms is not None else "-",
        "tries": str(one.attempts),
        "why not": one.trouble or "-",
        "they said": one.receipt or "-",
        "asked by": one.asker or "-",
        "let go by": one.approver or "-",
    }
    for what, value in facts.items():
        click.echo(f"{what:<10}{value}")


@deliveries.command()
@click.option("--to", "recipient", required=True, help="The recipient of the policy.")
@click.option("--for", "purpose", required=True, help="The purpose of the policy.")
@click.option("--record", default="", help="One record, by its id.")
@click.option(
    "--authorisation", default="", help="The record in which its person signed what is ordered of a screener, by its id."
)
@click.option("--point", default="", help="All records of this collection point.")
@click.option("--site", default="", help="Those of this website alone, by its configured name.")
@click.option("--since", type=_DAY, default=None, help="Those that were collected from this day on, in UTC.")
@click.option("--until", type=_DAY, default=None, help="Those that were collected to the end of this day, in UTC.")
@click.option("--dry-run", is_flag=True, help="Say how many records would go and why the others do not, and do nothing.")
@click.pass_obj
def send(
    operations: Operations,
    recipient: str,
    purpose: str,
    record: str,
    authorisation: str,
    point: str,
    site: str,
    since: datetime | None,
    until: datetime | None,
    dry_run: bool,  # noqa: FBT001 - click's way
) -> None:
    """Send one record, or all of a collection point, to a recipient for a purpose.

    Asked are the version of each record, the contract with the recipient today, what each person has chosen, and whether they
    are being erased; the same once more when the turn of each comes. The running server hands them over. More records than the
    policy's `second_person_above` wait for a member of staff to approve them in the console. Interrupted, the running server
    goes on with it. Exit status 1 when nothing may go, with the rule; that is an entry of the audit log, as is what is sent.
    """
    if bool(record) == bool(point):
        raise click.UsageError("name one --record, or the --point of many")
    selection = Selection(record, point, site, _start_ms(since) or 0, _end_ms(until), authorisation)
    with operations.recipients() as room:
        if dry_run:
            plan = room.sending.plan(recipient, purpose, selection)
            click.echo(f"{plan.records} records; {plan.allowed} of them may go.")
            for refusal, count in plan.left_out:
                click.echo(f"{count:>8}  {refusal.reason} ({refusal.rule})")
            return
        answer = room.sending.send(recipient, purpose, selection, None)
        if isinstance(answer, Refusal):
            raise click.ClickException(f"{answer.reason} ({answer.rule})")
        if isinstance(answer, Queued):
            click.echo(f"The record is queued; the running server hands it over. Delivery {answer.delivery}.")
            return
        if answer.state == "asked for":
            click.echo(f"{answer.records} records wait for a second person, who approves them in the console. Batch {answer.id}.")
            return
        with click.progressbar(length=answer.records, label="Queuing records", file=sys.stderr) as bar:
            room.sending.queue(now_ms(), bar.update)
        done = room.sending.batch(answer.id) or answer
    click.echo(
        f"{done.queued} records are queued, {done.refused} may not go; the running server hands them over. Batch {done.id}."
    )


@deliveries.command()
@click.option("--failed", is_flag=True, help="Every delivery that has failed.")
@click.argument("delivery", nargs=-1)
@click.pass_obj
def again(operations: Operations, failed: bool, delivery: tuple[str, ...]) -> None:  # noqa: FBT001 - click's way
    """Let DELIVERY, an id of `avow deliveries list`, have its turn now, with as many tries as a new one.

    Everything is asked again then. Each is an entry of the audit log. Exit status 1 when one is not there, or has left.
    """
    if not delivery and not failed:
        raise click.UsageError("name a delivery, or say --failed")
    with operations.recipients() as room:
        wanted = [*delivery]
        while failed and (page := room.outgoing.lines(Place(), "failed")).lines:
            for one in page.lines:
                _or_refused(room.outgoing.again(one.id, ""))
                wanted.append(one.id)
        for one_id in delivery:
            _or_refused(room.outgoing.again(one_id, ""))
    click.echo(f"{len(wanted)} deliveries have their turn now.")


@deliveries.command()
@click.argument("delivery")
@click.pass_obj
def withdraw(operations: Operations, delivery: str) -> None:
    """Take back DELIVERY, or a batch by its id: what of it has not left never does. It is an entry of the audit log."""
    with operations.recipients() as room:
        if room.sending.batch(delivery) is not None:
            _or_refused(room.sending.withdraw(delivery, None))
        else:
            _or_refused(room.outgoing.withdraw(delivery, ""))
    click.echo("It was taken back.")


@deliveries.command()
@click.argument("delivery")
@click.option("--result-on", type=_DAY, default=None, help="When its result came.")
@click.option("--copied-on", type=_DAY, default=None, help="When its person got the copy, before a no.")
@click.option("--disposed-on", type=_DAY, default=None, help="When the result was disposed of.")
@click.pass_obj
def screened(
    operations: Operations, delivery: str, result_on: datetime | None, copied_on: datetime | None, disposed_on: datetime | None
) -> None:
    """Note what became of DELIVERY, an order to a screener; what is not named stays as it is.

    A result comes first, then the copy for its person, then its disposal. It is an entry of the audit log.
    """
    days = (_date(result_on), _date(copied_on), _date(disposed_on))
    with operations.recipients() as room:
        _or_refused(room.outgoing.note_screening(Screening(delivery, *days), ""))
    click.echo("That is noted.")


@deliveries.command()
@click.pass_obj
def batches(operations: Operations) -> None:
    """List batches, the newest first: id, when it was asked for, its state, records, queued, refused, and what it is of."""
    with operations.recipients() as room:
        for one in room.sending.listed(Place()).lines:
            click.echo(_batch(one))


@deliveries.command()
@click.argument("batch")
@click.pass_obj
def approve(operations: Operations, batch: str) -> None:
    """Let BATCH go, as the second person of what a member of staff asked for in the console.

    What was asked for at the command line a member of staff approves: nobody knows who sits at a command line. It is an entry of
    the audit log.
    """
    with operations.recipients() as room:
        _or_refused(room.sending.approve(batch, None))
    click.echo("The batch goes.")


def _called(one: DeliveryLine) -> str:
    return f"{one.point} to {one.recipient} for {one.purpose or 'what it may'}"


def _batch(one: Batch) -> str:
    made = f"{moment(one.made_ms):%Y-%m-%d %H:%M}"
    about = f"{one.point} to {one.recipient} for {one.purpose}"
    return f"{one.id}  {made}  {one.state:<9}  {one.records:>8}  {one.queued:>8}  {one.refused:>8}  {about}"


def _date(found: datetime | None) -> date | None:
    return found.date() if found else None


def _start_ms(day: datetime | None) -> int | None:
    return int(day.replace(tzinfo=UTC).timestamp() * 1000) if day else None


def _end_ms(day: datetime | None) -> int | None:
    start_ms = _start_ms(day)
    return start_ms + 86_400_000 if start_ms is not None else None


def _or_refused(refusal: Refusal | None) -> None:
    if refusal is not None:
        raise click.ClickException(f"{refusal.reason} ({refusal.rule})")
