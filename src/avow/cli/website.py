"""The commands about the company's own websites: their search, and how they look from outside."""

from __future__ import annotations

import click

from avow.cli.operations import Operations
from avow.definitions import Refusal, now_ms
from avow.gate.sites import Sites
from avow.website import hosts
from avow.website.watching import read_pages, sitemap_of

_SITE = click.option("--site", default="", help="The website, by its name in the configuration. All by default.")


@click.group()
def search() -> None:
    """Keep the search over the site's own pages."""


@search.command()
@_SITE
@click.pass_obj
def index(operations: Operations, site: str) -> None:
    """Read the pages of every website now, and make its search index again when they changed.

    The running server does so by itself, every search.every_minutes. Pages are read as the sitemap lists them; robots.txt
    and noindex are respected. A website whose pages cannot be read keeps no other from it; the exit status is 1 then.
    """
    configuration = operations.configuration()
    chosen = Sites(configuration).chosen(site)
    if isinstance(chosen, Refusal):
        raise click.ClickException(f"{chosen.reason} ({chosen.rule})")
    searched = tuple(one for one in chosen if sitemap_of(configuration, one)) or chosen[:1]
    with operations.records() as store:
        outcomes = {one.name: read_pages(configuration, one, store.aside, now_ms()) for one in searched}
    failed = []
    for name, outcome in outcomes.items():
        named = f"{name}: " if len(outcomes) > 1 else ""
        if isinstance(outcome, Refusal):
            failed.append(f"{named}{outcome.reason} ({outcome.rule})")
            continue
        click.echo(f"{named}{len(outcome.pages)} pages can be found")
        for reason, count in sorted(outcome.left_out.items()):
            click.echo(f"{named}{count} left out: {reason}")
    if failed:
        raise click.ClickException("; ".join(failed))


@click.command()
@_SITE
@click.pass_context
def integrity(context: click.Context, site: str) -> None:
    """Look at every website once, as its visitors get it, and say whether it answers as it was built.

    Fetches the website's `watched` pages, else integrity.pages (else the first page), and the tag through its origin. Each page
    must link to the privacy policy, to the choices where the law asks for it, and load the tag where the policy has one; a proxy
    must hand on the host that visitors ask for. Exit status 0: all is well; 1: it is not. Nothing is kept; the running server
    looks by itself and keeps what it found.
    """
    found = context.obj.look_at_sites(site)
    if isinstance(found, Refusal):
        raise click.ClickException(f"{found.reason} ({found.rule})")
    for name, looks in found.items():
        if len(found) > 1:
            click.echo(f"{name}:")
        for one in looks:
            click.echo(f"{one.outcome.value:9}{one.status or '---':>4}{one.milliseconds:>7} ms  {one.address}")
            if one.detail:
                click.echo(f"{'':24}{one.detail}")
    origins = [one.origin for one in Sites(context.obj.configuration()).all if one.name in found]
    rewritten = {origin: seen for origin in origins if (seen := hosts.rewritten(origin))}
    for origin, seen in rewritten.items():
        click.echo(hosts.words(origin, seen))
    is_told_apart = len(found) == 1 or not rewritten  # with one website, everything is its own all the same
    context.exit(0 if is_told_apart and all(one.is_well for looks in found.values() for one in looks) else 1)
