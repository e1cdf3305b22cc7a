"""The `avow` commands of the walks and their servers: a process for each, forked from one that has imported the program."""

from __future__ import annotations

import multiprocessing
import os
import tempfile
from pathlib import Path

# Importing the program takes a command some two seconds of one core, and what it is asked for mostly some hundredths.
_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload(["tests.commands", "avow.main.command"])


def run(arguments, cwd, seconds=120, typed=""):
    """Run a command as an operator does, who types what it asks for; return its exit status, what it printed, and its errors."""
    with tempfile.TemporaryDirectory() as folder:
        asked, printed, errors = (Path(folder) / name for name in ("asked", "printed", "errors"))
        asked.write_text(typed, encoding="utf-8")
        command = start(arguments, cwd, asked, printed, errors)
        command.join(seconds)
        if command.is_alive():
            command.kill()
            command.join()
        return command.exitcode, printed.read_text(encoding="utf-8"), errors.read_text(encoding="utf-8")


def start(arguments, cwd, asked, printed, errors):
    """Start a command whose input and output are files, which may be the same one; return its process."""
    files = (str(asked), str(printed), str(errors))
    command = _FORKS.Process(target=_command, args=([*map(str, arguments)], str(cwd), *files))
    command.start()
    return command


def _command(arguments, cwd, asked, printed, errors):
    """Be the command: its arguments, its folder, its output."""
    import sys  # noqa: PLC0415 - in the new process alone

    from avow.main.command import main  # noqa: PLC0415 - as above

    os.chdir(cwd)
    for number, path in ((1, printed), (2, errors)):
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND), number)
    sys.stdin = Path(asked).open(encoding="utf-8")  # noqa: SIM115 - for as long as the process lives
    sys.argv = ["avow", *arguments]
    main()
