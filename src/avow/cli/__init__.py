"""The operator's commands. The help texts are the reference page, docs/reference/command-line.md.

Each command parses, opens what it needs, calls one function of a room, prints. Exit status: 0 done, 1 refused or not
verified, 2 wrong usage.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import click

from avow import __version__
from avow.cli.agents import agents, drp
from avow.cli.aside import aside
from avow.cli.audit import audit
from avow.cli.collection import demo, import_log, link, tag
from avow.cli.deliveries import deliveries
from avow.cli.installation import backup, restore, retention, serve
from avow.cli.law import law
from avow.cli.mail import mail
from avow.cli.operations import Operations
from avow.cli.policy import policy
from avow.cli.proof import assurance, verify
from avow.cli.recipients import recipients
from avow.cli.requests import requests
from avow.cli.staff import invite, staff
from avow.cli.website import integrity, search
from avow.definitions import AvowError

__all__ = ["Operations", "avow"]

COMMANDS: Final = (
    serve,
    policy,
    law,
    tag,
    link,
    search,
    integrity,
    import_log,
    mail,
    requests,
    recipients,
    deliveries,
    agents,
    drp,
    aside,
    verify,
    assurance,
    backup,
    restore,
    audit,
    retention,
    demo,
    staff,
    invite,
)


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


for _command in COMMANDS:
    avow.add_command(_command)
