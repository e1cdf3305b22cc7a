"""Say what is required of each letter, and set each as a PDF: `python -m avow.rights.letters`, a step of `make check`."""

from __future__ import annotations

import click

from avow.rights.letters.rendering import render
from avow.rights.letters.specimens import LAWS, check, specimen
from avow.rights.letters.table import REQUIRED


def main() -> None:
    """Check, set each letter in each form, and print what is required of it."""
    check()
    pages = sum(len(render(letter, specimen(letter, code)).pdf) > 0 for letter in REQUIRED for code in LAWS)
    for letter, parts in REQUIRED.items():
        click.echo(f"{letter.kind} {letter.outcome}: {', '.join(part.name for part in parts)}")
    click.echo(f"{len(REQUIRED)} letters, complete under {len(LAWS)} laws; {pages} set as tagged PDF")


if __name__ == "__main__":
    main()
