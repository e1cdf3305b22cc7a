"""The commands about accounts of the console: the twin of its pages of staff."""

from __future__ import annotations

from datetime import datetime

import click

from avow.access import AccountLine, Register, Trained
from avow.access.answers import AccountPage
from avow.cli.operations import Operations
from avow.definitions import Refusal, local_date, moment
from avow.policy.rulebook.roles import ADMINISTRATOR


def _invite(operations: Operations, roles: tuple[str, ...]) -> None:
    with operations.staff() as register:
        declared = register.declared()
        wanted = roles or ((ADMINISTRATOR,) if set(declared) == {ADMINISTRATOR} else ())
        if not wanted:
            raise click.ClickException(f"name each role with --role; the policy in force has {', '.join(sorted(declared))}")
        click.echo(_answer(register.invite(wanted)))


@click.command()
@click.option("--role", "roles", multiple=True, metavar="NAME", help="A role of the account; give it once for each.")
@click.pass_obj
def invite(operations: Operations, roles: tuple[str, ...]) -> None:
    """Print a one-time link with which a member of staff makes an account for the console. It lasts 3 days.

    The account has the roles that are named, each a [role.NAME] of the policy in force. While the policy declares none there is
    one, `administrator`, and it need not be named.
    """
    _invite(operations, roles)


@click.group()
def staff() -> None:
    """See who has an account for the console and what it may do, and let members of staff in and go.

    ACCOUNT is a name or the number of an account, as `avow staff list` shows them. Each command works whether the server
    runs or not, and each change is an entry of the audit log.
    """


@staff.command("invite")
@click.option("--role", "roles", multiple=True, metavar="NAME", help="A role of the account; give it once for each.")
@click.pass_obj
def invite_(operations: Operations, roles: tuple[str, ...]) -> None:
    """Print a one-time link with which a member of staff makes an account: as `avow invite`."""
    _invite(operations, roles)


@staff.command("list")
@click.pass_obj
def list_(operations: Operations) -> None:
    """List the accounts, a line each.

    Number, since when, last sign-in, open sessions, failed sign-ins of 30 days, factor, training, roles, name. Moments
    are in UTC. Factor is `second`, `provider` for an account that signs in at the OpenID provider and has no other, or `none`;
    training is its last day, or `none`. Failed sign-ins under names that nobody has are one number for all.
    """
    with operations.staff() as register:
        lines, unknown = register.accounts(), register.failed_unknown()
    for one in lines:
        moments = f"{_minute(one.created_ms)}  {_minute(one.signed_in_ms)}"
        factor = "second" if one.has_factor else "provider" if one.issuer else "none"
        trained = one.trained_until.isoformat() if one.trained_until else "none"
        counts = f"{one.sessions:>3}  {one.failed:>5}  {factor:<8}  {trained:<10}"
        click.echo(f"{one.staff_id}  {moments}  {counts}  {','.join(one.roles)}  {one.name}")
    click.echo(f"{len(lines)} accounts; {unknown} failed sign-ins under other names", err=True)


@staff.command()
@click.argument("account")
@click.argument("roles", nargs=-1, required=True, metavar="ROLE...")
@click.pass_obj
def roles(operations: Operations, account: str, roles: tuple[str, ...]) -> None:
    """Give ACCOUNT these roles, and no others. They hold from its next page on.

    The last account that may administer keeps a role that may (exit status 1).
    """
    with operations.staff() as register:
        found = _found(register, account)
        _require(register.change_roles(found.staff_id, None, roles))
    click.echo(f"{found.name}: {', '.join(sorted(set(roles)))}")


@staff.command()
@click.option("--on", "topic", default="consumer requests", show_default=True, metavar="WORDS", help="On what.")
@click.option("--day", type=click.DateTime(["%Y-%m-%d"]), help="When it was. Today, at the business, by default.")
@click.option("--until", type=click.DateTime(["%Y-%m-%d"]), required=True, help="The last day on which it holds.")
@click.argument("account")
@click.pass_obj
def trained(operations: Operations, account: str, topic: str, day: datetime | None, until: datetime) -> None:
    """Note that ACCOUNT was trained, and until when that holds.

    Who has no training that holds can look at requests and messages, and not answer, decide, deny, approve or export
    (11 CCR 7100).
    """
    with operations.staff() as register:
        found = _found(register, account)
        on = day.date() if day else local_date(register.now_ms(), register.timezone)
        _require(register.train(found.staff_id, Trained(topic, on, until.date())))
    click.echo(f"{found.name} is trained until {until.date().isoformat()}")


@staff.command()
@click.option("--end", "number", metavar="NUMBER", help="End this session.")
@click.argument("account")
@click.pass_obj
def sessions(operations: Operations, account: str, number: str | None) -> None:
    """List the open sessions of ACCOUNT: number, begun, last seen, browser. Moments are in UTC.

    `avow staff sign-out` ends all of them.
    """
    with operations.staff() as register:
        found = _found(register, account)
        if number:
            _require(register.end_session(found.staff_id, number))
        for one in _page(register, found).sessions:
            click.echo(f"{one.number}  {_minute(one.begun_ms)}  {_minute(one.seen_ms)}  {one.browser}")


@staff.group()
def factors() -> None:
    """See the second factors of an account, and reset them for who lost them."""


@factors.command("list")
@click.argument("account")
@click.pass_obj
def list_factors(operations: Operations, account: str) -> None:
    """List the second factors of ACCOUNT: since when, last used, kind and name; and how many recovery codes are left."""
    with operations.staff() as register:
        page = _page(register, _found(register, account))
    if page.app_since_ms is not None:
        click.echo(f"{_minute(page.app_since_ms)}  {'':16}  app")
    for one in page.passkeys:
        refused = "  (refused: a copy was used)" if one.is_refused else ""
        click.echo(f"{_minute(one.since_ms)}  {_minute(one.used_ms)}  passkey {one.label}{refused}")
    click.echo(f"{page.recovery_codes} recovery codes are left", err=True)


@factors.command()
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.argument("account")
@click.pass_obj
def reset(operations: Operations, account: str, yes: bool) -> None:  # noqa: FBT001 - click passes options so
    """Remove every second factor and recovery code of ACCOUNT, for who lost them; its sessions end.

    Be sure that it is them: the password alone then opens the account, until a factor is set up at the next sign-in.
    """
    with operations.staff() as register:
        found = _found(register, account)
        if not yes:
            click.confirm(f"Reset the second factor of {found.name}, {found.staff_id}?", abort=True)
        _require(register.reset_factors(found.staff_id))
    click.echo("reset")


@staff.command()
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.argument("account")
@click.pass_obj
def remove(operations: Operations, account: str, yes: bool) -> None:  # noqa: FBT001 - click passes options so
    """Remove ACCOUNT: its sessions end at once, and so does every invitation that is still open.

    Asks first. The last account that may administer cannot be removed (exit status 1): nobody could let anybody in without it.
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
        click.echo(_answer(register.new_password(_found(register, account).staff_id)))


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


def _page(register: Register, found: AccountLine) -> AccountPage:
    page = register.page(found.staff_id)
    if page is None:
        raise click.ClickException(f"the account “{found.name}” was removed just now")
    return page


def _answer(answer: str | Refusal) -> str:
    if isinstance(answer, Refusal):
        raise click.ClickException(answer.reason)
    return answer


def _require(refusal: Refusal | None) -> None:
    if refusal is not None:
        raise click.ClickException(refusal.reason)


def _minute(milliseconds: int | None) -> str:
    return f"{moment(milliseconds):%Y-%m-%d %H:%M}" if milliseconds else "never".ljust(16)
