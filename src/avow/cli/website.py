"""The commands about the company's own website: its search, and how it looks from outside."""

from __future__ import annotations

import click

from avow.cli.operations import Operations
from avow.definitions import Refusal, now_ms
from avow.website.watching import read_pages


@click.group()
def search() -> None:
    """Keep the search over the site's own pages."""


@search.command()
@click.pass_obj
def index(operations: Operations) -> None:
    """Read the site's pages now, and make the search index anew when they changed.

    The running server does so by itself, every search.every_minutes. Pages are read as the sitemap lists them; robots.txt
    and noindex are respected.
    """
    with operations.records() as store:
        outcome = read_pages(operations.configuration(), store.aside, now_ms())
    if isinstance(outcome, Refusal):
        raise click.ClickException(f"{outcome.reason} ({outcome.rule})")
    click.echo(f"{len(outcome.pages)} pages can be found")
    for reason, count in sorted(outcome.left_out.items()):
        click.echo(f"{count} left out: {reason}")


@click.command()
@click.pass_context
def integrity(context: click.Context) -> None:
    """Look at the site once, as its visitors get it, and say whether it answers as it was built.

    Fetches integrity.pages (else the first page) and the tag through website.origin. Each page must link to the privacy policy,
    to the choices where the law asks for it, and load the tag where the policy has one. Exit status 0: all is well; 1: it is not.
    Nothing is kept; the running server looks by itself and keeps what it found.
    """
    looks = context.obj.look_at_site()
    for one in looks:
        click.echo(f"{one.outcome.value:9}{one.status or '---':>4}{one.milliseconds:>7} ms  {one.address}")
        if one.detail:
            click.echo(f"{'':24}{one.detail}")
    context.exit(0 if all(one.is_well for one in looks) else 1)
