"""The commands about consumer requests: which wait for whom, and how far one is. What is decided is decided in the console."""

from __future__ import annotations

import csv
import sys
from dataclasses import astuple, fields
from datetime import date, datetime
from typing import Final

import click

from avow.cli.operations import Operations
from avow.definitions import moment
from avow.rights.answers import RequestLine, Wanted
from avow.rights.record import Recorded
from avow.store.paging import Place, place

#: For whom a request waits, as the console's filter has it (a test compares them).
WHOM: Final = ("staff", "person", "recipients", "nobody")


@click.group()
def requests() -> None:
    """See which consumer requests wait for whom, and how far one is."""


@requests.command("list")
@click.option("--waits-for", type=click.Choice(WHOM), default=None, help="Only those that wait for these.")
@click.option("--site", default="", help="Only those of one website, by its configured name.")
@click.pass_obj
def list_(operations: Operations, waits_for: str | None, site: str) -> None:
    """List open consumer requests by what is at risk: late, due soon, a failed message, waiting for staff, the rest.

    Each line has the reference, what is asked, the state, the day by which it is answered, and the last day that a lenient
    reading of the law allows. It names nobody. Exit status 1 when one is late, for a monitor to see.
    """
    late, at = 0, Place()
    with operations.requests() as desk:
        while True:
            page = desk.desk(at, Wanted(site=site, waits_for=waits_for or ""))
            for line in page.lines:
                if line.is_open or line.has_failed_message:
                    late += line.is_late
                    click.echo(_words(line))
            if not page.after or not page.lines[-1].is_open:
                break
            at = place(after=page.after)
    if late:
        raise click.ClickException(f"{late} late")


@requests.command()
@click.argument("reference")
@click.pass_obj
def show(operations: Operations, reference: str) -> None:
    """Show how far the request with REFERENCE is: its days, for whom it waits and why, and what happened to it.

    It names nobody, and says nothing of what is held of anybody: that is seen in the console, by name, for a purpose.
    """
    with operations.requests() as desk:
        found = desk.summary(desk.find(reference))
    if found is None:
        raise click.ClickException(f"no request has the reference {reference}, or more than one begins so")
    line, timeline = found
    click.echo(_words(line))
    for step in timeline:
        at = moment(step.at_ms).strftime("%Y-%m-%d %H:%M")
        click.echo(f"  {at}  {step.what}" + (f": {step.detail}" if step.detail else ""))


@requests.command()
@click.option("--since", type=click.DateTime(["%Y-%m-%d"]), default=None, help="Only what came in on this day or later.")
@click.pass_obj
def record(operations: Operations, since: datetime | None) -> None:
    """Write the record of consumer requests as CSV: six fields of each, and nobody's name (11 CCR 7101).

    The demonstration is left out. A record is kept for 24 months from its response.
    """
    with operations.requests() as desk:
        rows = csv.writer(sys.stdout, lineterminator="\n")
        rows.writerow([one.name for one in fields(Recorded)])
        for line in desk.record.since(since.date() if since else date.min):
            rows.writerow([value if value is not None else "" for value in astuple(line)])


def _words(line: RequestLine) -> str:
    """Return a request in one line."""
    marks = [
        word
        for word, holds in (
            ("LATE", line.is_late),
            ("FRAUD SUSPECTED", line.is_suspected),
            ("MESSAGE FAILED", line.has_failed_message),
        )
        if holds
    ]
    latest = f", at the latest {line.latest}" if line.latest and line.latest != line.answer_by else ""
    days = f"answer by {line.answer_by}{latest}" if line.is_open else "answered"
    return "  ".join([line.reference, f"{line.kind}", line.standing, days, *marks])
