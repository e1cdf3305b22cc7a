"""The command for the law tables."""

from __future__ import annotations

import json

import click

from avow.policy.law import MARKS, LawTable, LawValue, dump, tables

#: Columns of the list of tables, characters.
_CODE_WIDTH, _NAME_WIDTH = 8, 42


@click.command()
@click.argument("code", required=False)
@click.option("--format", "shape", type=click.Choice(["text", "json"]), default="text", show_default=True, help="How to print.")
def law(code: str | None, shape: str) -> None:
    """Print the law table of a jurisdiction (CODE, as US-CA), or the list of all tables.

    Each value comes with its source, the day it was checked and how: what nobody has read in the text of the law says so.
    """
    known = tables()
    if code is not None and code.upper() not in known:
        raise click.BadParameter(f'there is no law table "{code}"; there are {", ".join(known)}', param_hint="CODE")
    if shape == "json":
        shown = known if code is None else {code.upper(): known[code.upper()]}
        click.echo(json.dumps(json.loads(dump(shown)), indent=1, sort_keys=True, ensure_ascii=False))
    elif code is None:
        for table in known.values():
            click.echo(_line(table))
    else:
        _print(known[code.upper()])


def _line(table: LawTable) -> str:
    """Return a table in the list: code, name, since when, and how much of it is in doubt."""
    since = f"since {table.effective}" if table.is_in_force else f"from {table.effective}, not in force"
    doubtful = sum(1 for value in table.values.values() if value.doubt)
    name = f"{table.code:<{_CODE_WIDTH}} {table.name:<{_NAME_WIDTH}}"
    return f"{name} {since}; {doubtful} of {len(table.values)} values not verified"


def _print(table: LawTable) -> None:
    click.echo(f"{table.name} ({table.code}): {table.law}\n")
    for name, value in table.values.items():
        click.echo(_value(name, value))
    if table.exceptions:
        click.echo("Grounds for keeping what somebody asked to have deleted")
    for one in table.exceptions:
        click.echo(f"  {one.code}  {one.text}\n      {one.source}; {MARKS[one.verified]}, checked {one.checked}")


def _value(name: str, value: LawValue) -> str:
    doubt = f"  ({value.doubt})" if value.doubt else ""
    note = f"\n  {value.note}" if value.note else ""
    read = f"{value.source}; {MARKS[value.verified]}, checked {value.checked}"
    return f"{name.replace('_', ' ')}: {value.words}{doubt}{note}\n  {read}\n"
