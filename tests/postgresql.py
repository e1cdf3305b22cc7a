"""Debian's PostgreSQL for the tests: a server of their own in a temporary folder, and a fresh database for each test."""

from __future__ import annotations

import itertools
import os
import shutil
import subprocess
import tempfile
from contextlib import closing
from pathlib import Path

import psycopg

from avow.store.control import Control

#: Nothing of a test has to outlive it. Texts have an order of their own, as on many an operator's server.
HASTY = ("fsync = off", "synchronous_commit = off", "full_page_writes = off", "listen_addresses = ''", "max_connections = 60")
ORDER = ("--encoding=UTF8", "--locale=C.UTF-8", "--locale-provider=icu", "--icu-locale=en-US")


class PostgreSQL:
    """A server on a socket in a folder. It never runs as root: root starts it as `postgres`, whom Debian's package makes."""

    def __init__(self):
        self.folder = Path(tempfile.mkdtemp(prefix="avow-postgresql-", dir="/tmp"))
        self._as = {"user": "postgres", "group": "postgres", "extra_groups": []} if os.geteuid() == 0 else {}
        if self._as:
            shutil.chown(self.folder, "postgres", "postgres")
        self._numbers = itertools.count(1)
        self._pattern = ""
        self._run("initdb", "--no-sync", "--auth=trust", "--username=avow", *ORDER)
        with (self.folder / "data/postgresql.conf").open("a", encoding="utf-8") as settings:
            settings.write("\n".join([*HASTY, f"unix_socket_directories = '{self.folder}'", ""]))

    def start(self):
        """Start the server and wait until it answers."""
        self._run("pg_ctl", "start", "--wait", "--silent", "--log", self.folder / "log")

    def stop(self):
        """Stop the server at once; whoever is connected is cut off."""
        self._run("pg_ctl", "stop", "--wait", "--silent", "--mode=immediate")

    def remove(self):
        """Stop the server and remove what it held."""
        self.stop()
        shutil.rmtree(self.folder)

    def url(self, name):
        """Return the URL of a database, as an operator writes it."""
        return f"postgresql://avow@/{name}?host={self.folder}"

    def empty(self):
        """Make a database without tables; return its URL."""
        return self._make("template1")

    def database(self):
        """Make a database with the tables of the control store; return its URL."""
        if not self._pattern:
            self._pattern = self.empty()
            Control(self._pattern).close()
        return self._make(_name(self._pattern))

    def drop(self, url):
        """Remove a database."""
        self._order(f"DROP DATABASE {_name(url)} WITH (FORCE)")

    def _make(self, pattern):
        name = f"test_{next(self._numbers)}"
        self._order(f"CREATE DATABASE {name} TEMPLATE {pattern}")
        return self.url(name)

    def _order(self, statement):
        with closing(psycopg.connect(self.url("postgres"), autocommit=True)) as server:
            server.execute(statement)

    def _run(self, program, *arguments):
        newest = max(Path("/usr/lib/postgresql").glob(f"*/bin/{program}"), key=lambda path: int(path.parts[4]))
        command = [newest, *arguments, "--pgdata", self.folder / "data"]
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL, cwd=self.folder, **self._as)


def _name(url):
    return url.partition("@/")[2].partition("?")[0]
