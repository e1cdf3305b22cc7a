"""The commands about accounts of the console: the twin of its page of staff."""

from __future__ import annotations

import click

from avow.access import AccountLine, Register
from avow.cli.operations import Operations
from avow.definitions import Refusal, moment


@click.command()
@click.pass_obj
def invite(operations: Operations) -> None:
    """Print a one-time link with which a member of staff makes an account for the console. It lasts 3 days."""
    with operations.staff() as register:
        click.echo(register.invite())


@click.group()
def staff() -> None:
    """See who has an account for the console, and let members of staff go.

    ACCOUNT is a name or the number of an account, as `avow staff list` shows them. Each command works whether the server
    runs or not, and each change is an entry of the audit log. `avow invite` lets somebody in.
    """


@staff.command("list")
@click.pass_obj
def list_(operations: Operations) -> None:
    """List the accounts: number, since when, last sign-in, open sessions, failed sign-ins of 30 days, role, name.

    Moments are in UTC. Failed sign-ins under names that nobody has are one number for all.
    """
    with operations.staff() as register:
        lines, unknown = register.accounts(), register.failed_unknown()
    for one in lines:
        moments = f"{_minute(one.created_ms)}  {_minute(one.signed_in_ms)}"
        click.echo(f"{one.staff_id}  {moments}  {one.sessions:>3}  {one.failed:>5}  {one.role}  {one.name}")
    click.echo(f"{len(lines)} accounts; {unknown} failed sign-ins under other names", err=True)


@staff.command()
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.argument("account")
@click.pass_obj
def remove(operations: Operations, account: str, yes: bool) -> None:  # noqa: FBT001 - click passes options so
    """Remove ACCOUNT: its sessions end at once, and so does every invitation that is still open.

    Asks first. The last account cannot be removed (exit status 1): nobody could see to requests without it.
    """
    with operations.staff() as register:
        found = _found(register, account)
        if not yes:
            click.confirm(f"Remove {found.name}, {found.staff_id}?", abort=True)
        _require(register.remove(found.staff_id))
    click.echo("removed")


@staff.command()
@click.argument("account")
@click.pass_obj
def password(operations: Operations, account: str) -> None:
    """Print a one-time link with which ACCOUNT gets a new password. It lasts 3 days.

    Until it is used the old password works; then all sessions of the account end. To close an account at once, remove it.
    """
    with operations.staff() as register:
        link = register.new_password(_found(register, account).staff_id)
    if isinstance(link, Refusal):
        raise click.ClickException(link.reason)
    click.echo(link)


@staff.command("sign-out")
@click.argument("account")
@click.pass_obj
def sign_out(operations: Operations, account: str) -> None:
    """End every session of ACCOUNT. Its password still works."""
    with operations.staff() as register:
        _require(register.end_sessions(_found(register, account).staff_id))
    click.echo("signed out")


def _found(register: Register, account: str) -> AccountLine:
    """Return the account of a name or number."""
    for one in register.accounts():
        if account in {one.staff_id, one.name}:
            return one
    raise click.ClickException(f"there is no account “{account}”; `avow staff list` lists the accounts")


def _require(refusal: Refusal | None) -> None:
    if refusal is not None:
        raise click.ClickException(refusal.reason)


def _minute(milliseconds: int | None) -> str:
    return f"{moment(milliseconds):%Y-%m-%d %H:%M}" if milliseconds else "never".ljust(16)
