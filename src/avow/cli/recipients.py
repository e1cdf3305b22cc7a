"""The commands about recipients: what stands of each one's contract, and what is written down of it."""

from __future__ import annotations

from datetime import date, datetime
from pathlib import Path
from typing import Final

import click

from avow.cli.operations import Operations
from avow.definitions import Refusal
from avow.recipients.register import Changes, RecipientLine

_DAY: Final = click.DateTime(formats=["%Y-%m-%d"])


@click.group()
def recipients() -> None:
    """See who else gets personal information, and write down what is known of their contracts."""


@recipients.command("list")
@click.pass_obj
def list_(operations: Operations) -> None:
    """List the recipients that the version in force declares.

    Each line has its role by computation, the state of its contract, by when it is to be checked again, its name, and why nothing
    goes to it. A review that is due within 30 days is marked.
    """
    with operations.recipients() as room:
        for one in room.register.lines():
            review = f"{one.standing.review_on or '-'}{'!' if one.is_warned else ''}"
            why = f"  {one.standing.refusal.reason} ({one.standing.refusal.rule})" if one.standing.refusal else ""
            click.echo(f"{one.standing.role:<16}  {one.standing.contract:<9}  {review:<11}  {one.name}{why}")


@recipients.command()
@click.argument("name")
@click.pass_obj
def show(operations: Operations, name: str) -> None:
    """Show what stands of the recipient NAME, and what is written down of it. Exit status 1 when it is not declared."""
    with operations.recipients() as room:
        line = room.register.line(name)
    if line is None:
        raise click.ClickException(f"the version in force declares no recipient “{name}”")
    for what, value in _facts(line):
        click.echo(f"{what:<16}{value}")


@recipients.command()
@click.argument("name")
@click.option("--contact", help="The address to which instructions go.")
@click.option("--signed", type=_DAY, help="The day of the signature under the contract.")
@click.option("--review-on", type=_DAY, help="By when it is checked again.")
@click.option(
    "--sub-processor", "sub_processors", multiple=True, help="One that it engages; again for each. In place of all before."
)
@click.option("--document", type=click.Path(exists=True, dir_okay=False, path_type=Path), help="The contract: it is kept sealed.")
@click.pass_obj
def note(
    operations: Operations,
    name: str,
    contact: str | None,
    signed: datetime | None,
    review_on: datetime | None,
    sub_processors: tuple[str, ...],
    document: Path | None,
) -> None:
    """Write down what is known of the contract with the recipient NAME; what is not named stays as it is.

    The clauses are the policy's. It is an entry of the audit log, with the SHA-256 of the document. Exit status 1 when a value is
    none.
    """
    changes = Changes(
        contact=contact,
        signed=_day(signed),
        review_on=_day(review_on),
        sub_processors=sub_processors or None,
        document=document.read_bytes() if document else None,
    )
    with operations.recipients() as room:
        _or_refused(room.register.change(name, changes, ""))
    click.echo(f"That is written down of “{name}”.")


@recipients.command()
@click.option("--is-there", is_flag=True, help="The clause is in the contract from now on.")
@click.option("--by-mistake", is_flag=True, help="The clause was there all along: what was noted is taken back.")
@click.argument("name")
@click.argument("clause")
@click.pass_obj
def lacks(operations: Operations, is_there: bool, by_mistake: bool, name: str, clause: str) -> None:  # noqa: FBT001 - click's way
    """Write down that the contract with the recipient NAME lacks CLAUSE, by its key in the policy.

    From now on it is a third party, and nothing goes to it unless the policy declares it as one. A version of the policy that
    says that the clause is there is not published again. What went before went to a third party, too, and the chart says so for
    its 12 months: a clause that is missing was never there. It is an entry of the audit log.
    """
    with operations.recipients() as room:
        is_missing = not (is_there or by_mistake)
        _or_refused(room.register.clause(name, clause, "", is_missing=is_missing, by_mistake=by_mistake))
    click.echo(f"“{clause}” is {'missing' if is_missing else 'there'}.")


@recipients.command()
@click.argument("name")
@click.pass_obj
def withdraw(operations: Operations, name: str) -> None:
    """Write down that the contract with the recipient NAME has ended: nothing goes to it from now on, and what waits is held."""
    with operations.recipients() as room:
        _or_refused(room.register.withdraw(name, ""))
    click.echo(f"The contract with “{name}” has ended. Nothing goes there any more.")


@recipients.command()
@click.argument("name")
@click.pass_obj
def renew(operations: Operations, name: str) -> None:
    """Write down that there is a contract with the recipient NAME again: what waited for it has its turn now."""
    with operations.recipients() as room:
        _or_refused(room.register.renew(name, ""))
    click.echo(f"There is a contract with “{name}” again.")


def _facts(line: RecipientLine) -> tuple[tuple[str, str], ...]:
    standing, kept = line.standing, line.registered
    refusal = f"no: {standing.refusal.reason} ({standing.refusal.rule})" if standing.refusal else "yes"
    return (
        ("name", f"{line.name} ({line.label})"),
        ("role", standing.role),
        ("contract", standing.contract),
        ("lacks", ", ".join(standing.missing_clauses) or "-"),
        ("may get data", refusal),
        ("signed", str(kept.signed or "-")),
        ("review on", f"{standing.review_on or '-'}{' (soon, or due)' if line.is_warned else ''}"),
        ("contact", kept.contact or "-"),
        ("sub-processors", ", ".join(kept.sub_processors) or "-"),
        ("document", kept.sha256 or "-"),
    )


def _day(found: datetime | None) -> date | None:
    return found.date() if found else None


def _or_refused(refusal: Refusal | None) -> None:
    if refusal is not None:
        raise click.ClickException(f"{refusal.reason} ({refusal.rule})")


@recipients.command("opt-outs")
@click.pass_obj
def opt_outs(operations: Operations) -> None:
    """List the opt-outs of which a recipient is still to be told, the oldest first.

    Each has its id, the purpose, the day on which it was said, and the last day on which to act on it. Below it is who is to be
    told: a third party, to stop and to tell whomever it gave it; a service provider or contractor that keeps something, not to
    use it so. With each are our numbers of the records that went there. Here the opt-out has its effect at once.
    """
    with operations.recipients() as room:
        for one in room.opt_outs.open_ones():
            click.echo(f"{one.id}  {one.purpose}  said {one.received_on}, act by {one.act_by} ({one.target} to be early)")
            for told in one.tells:
                what = "third party: stop, and pass it on" if told.is_third_party else "suppress"
                known = ", ".join(told.records) or "no number"
                said = f"told {told.told_on} by {told.how}" if told.told_on else f"to be told; {known}"
                click.echo(f"    {told.recipient}  {what}  {told.categories}  last given {told.last_on}  {said}")


@recipients.command("opt-out-told")
@click.argument("opt_out")
@click.argument("name")
@click.option("--how", required=True, help="How it was told: its own form, e-mail, telephone, post, other.")
@click.pass_obj
def opt_out_told(operations: Operations, opt_out: str, name: str, how: str) -> None:
    """Note that the recipient NAME was told of the opt-out OPT_OUT. Exit status 1 when there is nothing of it to tell."""
    with operations.recipients() as room:
        refusal = room.opt_outs.told(opt_out, name, how, "")
    if refusal is not None:
        raise click.ClickException(f"{refusal.reason} ({refusal.rule})")
    click.echo(f"Noted: {name} was told.")


@recipients.command("parent-says")
@click.argument("address")
@click.option("--purpose", "purposes", multiple=True, required=True, help="What is sold or shared for it; again for each.")
@click.option("--by", "way", required=True, help="The way in which the parent said it, one of the law table's.")
@click.pass_obj
def parent_says(operations: Operations, address: str, purposes: tuple[str, ...], way: str) -> None:
    """Note that a parent of the child under 13 whom ADDRESS finds allows what is sold or shared for these purposes.

    Before, make sure by this very way that it is the parent. It is an entry of the audit log that names nobody. The child, or the
    parent, takes it back like any choice. Exit status 1 when it is not kept.
    """
    with operations.recipients() as room:
        refusal = room.opt_outs.parent_says(address, purposes, way)
    if refusal is not None:
        raise click.ClickException(f"{refusal.reason} ({refusal.rule})")
    click.echo("Noted.")
