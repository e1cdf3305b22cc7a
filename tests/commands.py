"""The `avow` commands of the walks and their servers: a process for each, forked from one that has imported the program."""

from __future__ import annotations

import multiprocessing
import os
import socket
import sys
import tempfile
from contextlib import suppress
from multiprocessing import connection, forkserver
from pathlib import Path

from avow.main import core_dumps

# Importing the program takes a command some two seconds of one core, and what it is asked for mostly some hundredths.
_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload(["tests.commands", "avow.main.command", "tests.ahead", "avow.main.ahead"])


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


def forked(work, *arguments):
    """Start a process that does one piece of the program's work, and return it."""
    process = _FORKS.Process(target=work, args=arguments)
    process.start()
    return process


def _command(arguments, cwd, asked, printed, errors):
    """Be the command: its arguments, its folder, its output."""
    from avow.main.command import main  # noqa: PLC0415 - in the new process alone

    os.chdir(cwd)
    for number, path in ((1, printed), (2, errors)):
        os.dup2(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND), number)
    sys.stdin = Path(asked).open(encoding="utf-8")  # noqa: SIM115 - for as long as the process lives
    sys.argv = ["avow", *arguments]
    if arguments[-1] == "serve" and sys.version_info < (3, 14):  # from then on both ends prove a key to each other
        _fork_from_a_copy()
    main()


def _fork_from_a_copy():
    """Have this server's workers forked from a copy of it, for a process of its own would import the program once more."""
    keeper, address = forkserver._forkserver, connection.arbitrary_address("AF_UNIX")
    listener = socket.socket(socket.AF_UNIX)
    listener.bind(address)
    listener.listen()
    read_end, write_end = os.pipe()
    copy = os.fork()
    if not copy:
        os.close(write_end)
        core_dumps.forbid()  # as the server does before it starts a process
        with suppress(SystemExit):  # when the server is gone
            forkserver.main(listener.detach(), read_end, [])
        os._exit(0)
    listener.close()
    os.close(read_end)
    keeper._forkserver_address, keeper._forkserver_alive_fd, keeper._forkserver_pid = address, write_end, copy
