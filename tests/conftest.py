"""A real installation for the walks: `avow serve` as its own process, with a real SMTP server beside it."""

from __future__ import annotations

import contextlib
import email
import email.policy
import gc
import itertools
import json
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
from functools import cache
from pathlib import Path

import httpx
import pytest
from aiosmtpd.controller import Controller
from argon2 import PasswordHasher
from argon2.profiles import CHEAPEST
from hypothesis import HealthCheck, settings
from tests import commands

from avow.access import passwords
from avow.collection.forms.spam import proves
from avow.store.control import Control

from .postgresql import PostgreSQL

REPOSITORY = Path(__file__).parent.parent
MARROWBY = REPOSITORY / "policies" / "marrowby"
BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"

# Whose certificates count is read once: httpx reads the list again for each client and each question, for 50 ms of a core.
pytest.MonkeyPatch().setattr(httpx._transports.default, "create_ssl_context", cache(httpx.create_ssl_context))

settings.register_profile(
    "house", deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture]
)
settings.load_profile("house")


#: Rooms whose files take longest, because they start servers and browsers: they come first, so that none is left for the end.
LONGEST = ("upgrade", "walks", "browser", "store", "cli")


# What is collected stays until the end: Python's collector of garbage need not look at six thousand tests again and again.
gc.disable()


def pytest_collection_finish():
    """Look for garbage from here on, in what the tests make."""
    gc.freeze()
    gc.enable()


def pytest_collection_modifyitems(items):
    """Put the longest rooms first; the order within a file stays."""
    items.sort(key=lambda item: next((place for place, room in enumerate(LONGEST) if f"/tests/{room}/" in str(item.path)), 9))


@cache
def _migrated():
    """Return the bytes of an empty control store."""
    with tempfile.TemporaryDirectory() as folder:
        Control(f"sqlite:///{folder}/control.db").close()
        return (Path(folder) / "control.db").read_bytes()


def control_in(folder):
    """Open the control store of a folder; a new one is a copy, for the migrations take a tenth of a second of each test."""
    path = Path(folder) / "control.db"
    if not path.exists():
        path.write_bytes(_migrated())
    return Control(f"sqlite:///{path}")


def free_port():
    """Return a TCP port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(condition, seconds=60.0, what="the condition"):
    """Return the first true answer, asked for more and more seldom; a bound on waiting, not a measure of speed."""
    until, pause = time.monotonic() + seconds, 0.05
    while time.monotonic() < until:
        answer = condition()
        if answer:
            return answer
        time.sleep(pause)
        pause = min(pause * 1.5, 0.3)
    raise AssertionError(f"{what} did not come within {seconds} s")


def forked_from(pid):
    """Return the process that a server forks its workers from, in a list; none where it is shared with the tests."""
    return [one for one in _processes() if _parent(one) == pid and b"forkserver" in _file(one, "cmdline")]


def children(pid):
    """Return the workers and the storage process of a server: what was forked in its folder."""
    folder = _folder(pid)
    inside = [one for one in _processes() if one != pid and folder and _folder(one) == folder]
    return [one for one in inside if b"forkserver" in _file(_parent(one), "cmdline")]


def storage_process(pid):
    """Return the process that gives way to the others, once there is one."""

    def found():
        own = os.getpriority(os.PRIO_PROCESS, pid)
        return next((one for one in children(pid) if os.getpriority(os.PRIO_PROCESS, one) > own), None)

    return wait_for(found, what="the storage process")


@contextlib.contextmanager
def stopped(pid):
    """Stop a process, and let it go on at the end."""
    os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        os.kill(pid, signal.SIGCONT)


def _processes():
    """Return the numbers of all processes."""
    return [int(one.name) for one in Path("/proc").glob("[0-9]*")]


def _parent(pid):
    """Return the number of a process's parent; 0 of one that is gone."""
    return int((_file(pid, "stat").rpartition(b")")[2].split() or [0, 0])[1])


def _folder(pid):
    """Return the folder that a process works in; None of one that is gone."""
    try:
        return str(Path(f"/proc/{pid}/cwd").readlink())
    except OSError:
        return None


def _file(pid, name):
    """Return what the kernel says of a process; nothing of one that is gone."""
    try:
        return Path(f"/proc/{pid}/{name}").read_bytes()
    except OSError:
        return b""


def is_running(pid):
    """Tell whether a process is there; one that ended and that nobody asks about is not."""
    return _file(pid, "stat").rpartition(b")")[2].split()[:1] not in ([], [b"Z"])


def bytes_on_disk(folder):
    """Yield the bytes of every file below a folder that a running server writes to, without those that go meanwhile."""
    for place, _, names in os.walk(folder):
        for name in names:
            with contextlib.suppress(OSError):  # gone, or a socket
                yield (Path(place) / name).read_bytes()


class Mailbox:
    """A real SMTP server that keeps what it is given."""

    def __init__(self):
        self.messages = []
        self._controller = Controller(self, hostname="127.0.0.1", port=free_port())
        self._controller.start()
        self.port = self._controller.port

    async def handle_DATA(self, _server, _session, envelope):  # noqa: N802 - aiosmtpd's name
        self.messages.append(email.message_from_bytes(envelope.content, policy=email.policy.default))
        return "250 OK"

    def to(self, address, subject, since=0):
        """Return the newest message to an address whose subject holds a word, once it has come."""

        def newest():
            found = [one for one in self.messages[since:] if one["To"] == address and subject in one["Subject"]]
            return found[-1] if found else None

        return wait_for(newest, what=f"a message about {subject}")

    def stop(self):
        self._controller.stop()


#: How staff of a test sign in.
CONSOLE = "[console]\nwithout_second_factor = 'a test has none'\n"


class Installation:
    """One `avow serve` over a folder of its own.

    `forked`: from a process of the tests that has imported the program, and its workers from the same one; otherwise it is
    started as an operator starts it, by `python`, which is that of the version that serves. `websites`: the tables of several.
    """

    def __init__(
        self,
        folder,
        *,
        mail_port=None,
        workers=2,
        policy=MARROWBY / "policy.md",
        origin="",
        pages=MARROWBY / "site",
        extra="",
        websites="",
        console=CONSOLE,
        forked=True,
        python=sys.executable,
    ):
        self.folder, self.port = folder, free_port()
        self._policy = folder / policy
        self._forked, self._python = forked and python == sys.executable, python
        self.base = f"http://127.0.0.1:{self.port}"
        self.data = folder / "data"
        self.config = folder / "avow.toml"
        mail = ""
        if mail_port:
            sender = 'recipient = "mail-service"\nsender = "privacy@marrowby.example"\nstarttls = false'
            mail = f'[mail]\nhost = "127.0.0.1"\nport = {mail_port}\n{sender}\n'
        one = f'[website]\nname = "marrowby.example"\norigin = "{origin or self.base}"\npages = "{pages}"\n'
        self.config.write_text(
            f'data = "data"\npolicy = "{policy}"\ntimezone = "America/Los_Angeles"\n'
            f"{websites or one}{console}"
            f"[listen]\nport = {self.port}\nworkers = {workers}\n{mail}{extra}",
            encoding="utf-8",
        )
        self.process = None
        self.output = folder / "serve.log"

    def start(self):
        """Start the server and wait for its addresses."""
        size = self.output.stat().st_size if self.output.exists() else 0
        arguments = ["--config", str(self.config), "serve"]
        if self._forked:
            self.process = commands.start(arguments, self.folder, os.devnull, self.output, self.output)
        else:
            with self.output.open("ab") as log:
                self.process = subprocess.Popen([self._python, "-m", "avow", *arguments], stdout=log, stderr=log, cwd=self.folder)
        says = lambda: self.output.exists() and b"Stop with" in self.output.read_bytes()[size:]  # noqa: E731 - one question
        wait_for(lambda: says() or self._has_ended(), 90, "the server")
        assert not self._has_ended(), self.output.read_text()
        return self

    def stop(self):
        """Stop the server as an operator does."""
        if self.process is not None:
            self.process.terminate()
            self._wait()
            self.process = None

    def kill(self):
        """End the server at once; workers and storage process follow when they notice."""
        left = [*children(self.process.pid), *forked_from(self.process.pid)]
        self.process.kill()
        self._wait()
        self.process = None
        wait_for(lambda: not any(map(is_running, left)), 30, "the end of workers and storage process")

    def _has_ended(self):
        """Tell whether the server is gone."""
        return not self.process.is_alive() if self._forked else self.process.poll() is not None

    def _wait(self):
        """Wait for the server's end."""
        (self.process.join if self._forked else self.process.wait)(60)

    def avow(self, *arguments, status=0, stderr=subprocess.PIPE, typed=""):
        """Run a command and return its standard output; with `stderr=STDOUT` what it says of errors, too."""
        ended, printed, errors = commands.run(["--config", self.config, *arguments], self.folder, typed=typed)
        assert ended == status, printed + errors
        return printed + errors if stderr == subprocess.STDOUT else printed

    def rows(self, asked, **parameters):
        """Return two columns of the event store as a dictionary; nothing while the engine is being started."""
        named = {f"param_{name}": value for name, value in parameters.items()}
        try:
            url = json.loads((self.data / "run" / "engine.json").read_text(encoding="utf-8"))["url"]
            return dict(httpx.post(url, params=named, content=f"{asked} FORMAT JSONCompact").json()["data"])
        except (OSError, ValueError, KeyError, httpx.HTTPError):  # the engine that answers may be the one that was just killed
            return {}

    def stored(self, start):
        """Return how often each page whose path starts so is in the event store."""
        asked = "SELECT page, toUInt32(count()) FROM events WHERE startsWith(page, {start:String}) GROUP BY page"
        return self.rows(asked, start=start)

    def drain(self, **headers):
        """Wait until everything that was acknowledged is stored, by events that come after it; `headers` name a website."""
        for _ in range(2):  # the round that takes the first may have looked at another worker's spool before it
            page = f"/drained/{time.monotonic_ns()}"
            with self.browser(**headers) as browser:
                sent = browser.post("/avow/events", json={"events": [{"point": "page-view", "page": page}]})
            assert sent.status_code == 204, sent.text
            wait_for(lambda page=page: self.stored(page), what="the drain")

    def browser(self, **headers):
        """Return an HTTP client that keeps cookies and says what a browser says."""
        fixed = {"User-Agent": BROWSER, "Origin": self.base, "Sec-Fetch-Site": "same-origin"}
        return Person(base_url=self.base, headers={**fixed, **headers}, timeout=30)

    def invite(self):
        """Return the link that makes an account which may everything: by every role, where the policy declares some."""
        declared = re.findall(r"^\[role\.([a-z-]+)\]$", (self.folder / self._policy).read_text(encoding="utf-8"), re.MULTILINE)
        return self.avow("invite", *(word for name in declared for word in ("--role", name))).strip()

    def staff(self, *, trained=True):
        """Return the HTTP client of a member of staff who is signed in, and trained: who is not can look and not close."""
        client = self.browser()
        link = "/" + self.invite().split("/", 3)[3]
        page = client.get(link)
        token = re.search(r'name="csrf" value="([^"]+)"', page.text)
        fields = {
            "name": f"Officer {time.monotonic_ns()}",
            "password": "a long sentence for tests",
            "again": "a long sentence for tests",
        }
        answer = client.post(link, data={**fields, **({"csrf": token[1]} if token else {})})
        assert answer.status_code == 303, answer.text
        if trained:
            self.avow("staff", "trained", fields["name"], "--until", "2099-12-31")
        return client


class Person(httpx.Client):
    """A browser whose forms, when they are asked once more, are sent again with the work done, as the page's script does."""

    def post(self, url, **sent):
        answer = super().post(url, **sent)
        form = sent.get("data")
        if answer.status_code != 428 or not form or any(name.startswith("avow-") and name != "avow-agree" for name in form):
            return answer
        check = re.search(r'avow-check"(?: value=|:)"([^"]+)"', answer.text)[1]
        proof = next(number for number in itertools.count() if proves(check, str(number)))
        return super().post(url, **{**sent, "data": {**form, "avow-check": check, "avow-proof": str(proof)}})


@pytest.fixture(scope="session")
def until():
    """Wait for a condition: `until(lambda: ..., seconds, what)`."""
    return wait_for


@pytest.fixture(scope="session")
def postgresql():
    """One PostgreSQL server for all tests of a worker that ask for one."""
    server = PostgreSQL()
    server.start()
    yield server
    server.remove()


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request, tmp_path):
    """The URL of a control store, on SQLite and on PostgreSQL: whoever asks for it is tested over both."""
    if request.param == "sqlite":
        (tmp_path / "control.db").write_bytes(_migrated())
        yield f"sqlite:///{tmp_path / 'control.db'}"
        return
    server = request.getfixturevalue("postgresql")
    url = server.database()
    yield url
    server.drop(url)


@pytest.fixture(scope="session")
def mailbox():
    box = Mailbox()
    yield box
    box.stop()


@pytest.fixture(scope="session")
def running(tmp_path_factory, mailbox):
    """One installation for all walks that leave it as they found it."""
    installation = Installation(tmp_path_factory.mktemp("running"), mail_port=mailbox.port).start()
    yield installation
    installation.stop()


def _installations(folder):
    """Yield a function that makes an installation in the folder, not started yet; stop them all at the end."""
    made = []

    def make(**options):
        made.append(Installation(folder, **options))
        return made[-1]

    yield make
    for installation in made:
        installation.stop()


@pytest.fixture
def installation_of(tmp_path):
    """Make an installation of one test's own, not started yet."""
    yield from _installations(tmp_path)


@pytest.fixture(scope="module")
def shared_installation_of(tmp_path_factory):
    """Make an installation that the tests of one file share, not started yet: a start takes nine seconds of one core."""
    yield from _installations(tmp_path_factory.mktemp("shared"))


@pytest.fixture
def small_hashes(monkeypatch):
    """Hash with Argon2's smallest parameters, where a test is about which passwords are looked at, not how dear it is."""
    monkeypatch.setattr(passwords, "_hasher", PasswordHasher.from_parameters(CHEAPEST))
    passwords._nobody.cache_clear()
    yield
    passwords._nobody.cache_clear()


@pytest.fixture
def fresh(installation_of):
    """An installation of one test's own, not started yet, and started as an operator does."""
    return installation_of(forked=False)
