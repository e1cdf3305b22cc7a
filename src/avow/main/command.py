"""The entry point of the `avow` command: the command line, with what its commands do."""

from __future__ import annotations

from avow.cli import avow
from avow.main import core_dumps
from avow.main.operations import Operations


def main() -> None:
    """Run the command line."""
    core_dumps.forbid()
    avow(obj=Operations)
