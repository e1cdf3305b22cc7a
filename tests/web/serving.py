"""An installation whose pages are served: the rooms and jobs that `main` wires, over real stores, by a clock that a test moves.

What is missing is what is slow or outside: the event engine answers with figures of an invented company (`Figures`), nothing
reaches the network, and the jobs of the storage process run when the test says so.
"""

from __future__ import annotations

import json
import re
import tempfile
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache, cached_property
from pathlib import Path

import msgspec
import pytest
from anyio.from_thread import start_blocking_portal
from starlette.testclient import TestClient
from tests.answered import SIGNED, known
from tests.conftest import control_in
from tests.houses import ZONE, House, insider

from avow.access import Trained, accounts, invitations
from avow.access.accounts import Account, Accounts
from avow.assurance import notices, signs_of_life
from avow.collection import signals
from avow.collection.arrival import Arrival
from avow.collection.limits.sender_counts import Counts
from avow.collection.recordings.chunks import CONSENT, checked
from avow.collection.signals import Sender
from avow.config import load
from avow.definitions import Recording, RequestKind
from avow.gate import versions
from avow.gate.roles import ADMINISTRATOR
from avow.main import rooms, storage
from avow.main.installation import Installation
from avow.policy.changes.publication import Publication
from avow.policy.checks.carried_out import EVERYTHING
from avow.publication.files import compile_policy
from avow.publication.publishing import Publisher
from avow.retention import Clock
from avow.rights import verification
from avow.rights.answers import NewRequest
from avow.rights.kept import Cases
from avow.rights.verification import Link
from avow.store.control import deliveries
from avow.store.files import Files
from avow.store.keys import Vault
from avow.store.paging import Place
from avow.store.store import Store

from .figures import Figures

MARROWBY = Path(__file__).parents[2] / "policies" / "marrowby"
ORIGIN = "http://testserver"
NOW = datetime(2026, 11, 23, 21, 0, tzinfo=UTC)
NOW_MS, TODAY, MINUTE = int(NOW.timestamp() * 1000), NOW.date(), 60_000
#: A browser's number, and an address of a network that many sit in.
VISITOR, NETWORK = "0123456789abcdef0123456789abcdef", "198.51.100.7"
#: The example policy's session recordings.
RECORDED = "session-recording"
CONSOLE = "[console]\nwithout_second_factor = 'a test has none'\nidle_minutes = 720\n"
#: As often as a job is run at most; one that has always more to do is a mistake.
ROUNDS = 20


def _once_for_each_version(function, key):
    """Return a function that is called once in a process for each version of a policy, however many houses open it."""
    known = {}

    def called(*given):
        found = key(*given)
        if found not in known:
            known[found] = function(*given)
        return known[found]

    return called


# A version is compiled from its text by each house that opens it, and again by today's compiler for the console: 80 ms each.
pytest.MonkeyPatch().setattr(versions, "reopen", _once_for_each_version(versions.reopen, lambda *given: given[-1]))
pytest.MonkeyPatch().setattr(
    notices, "judge", _once_for_each_version(notices.judge, lambda rulebook, today: (rulebook.id, today))
)


@cache
def _vault():
    """Return the bytes of an empty key vault; to make one takes longer than most pages."""
    with tempfile.TemporaryDirectory() as folder:
        Vault(Path(folder) / "keys.db").close()
        return (Path(folder) / "keys.db").read_bytes()


def _publish_first(rulebook):
    """Return the bytes of a control store in which a first version was published; each house gets a copy of its own."""
    with tempfile.TemporaryDirectory() as folder:
        control = control_in(folder)
        Publisher(control, versions.Versions(control, ZONE, lambda: NOW_MS)).first(rulebook, NOW_MS)
        control.close()
        return (Path(folder) / "control.db").read_bytes()


_published = _once_for_each_version(_publish_first, lambda rulebook: rulebook.id)


def _opened(folder, engine):
    """Return the stores of a data folder with an empty key vault."""
    (folder / "keys.db").write_bytes(_vault())
    return Store(control_in(folder), engine, Vault(folder / "keys.db"), Files(folder / "files"))


@dataclass
class Served(House):
    """One installation, served: `rooms` is what pages call, `engine` what answers the dashboard, `counts` counts senders."""

    installation: Installation = None
    engine: Figures = None
    counts: Counts = field(default_factory=Counts)

    def __post_init__(self):
        self.shared = rooms.shared(self.installation, self.store, self.counts, self.now_ms)
        self.versions = self.shared.intake.versions
        self.publisher = Publisher(self.store.control, self.versions)
        self._doors, self._portal, self._until_closed = {}, None, ExitStack()
        signs_of_life.tell(self.installation.run, {})

    def _in_force(self):
        """Return what is behind the doors of the version in force, and its door, as a worker has them for each version."""
        rulebook = self.versions.in_force()
        if rulebook.id not in self._doors:
            front = rooms.front(self.shared, self.shared.sites.first, rulebook)
            self._doors[rulebook.id] = front, front.door()
        return self._doors[rulebook.id]

    @property
    def front(self):
        """What is behind the door of the version in force."""
        return self._in_force()[0]

    @property
    def door(self):
        """The door that all HTTP requests go through."""
        return self._in_force()[1]

    @property
    def rooms(self):
        """What its pages call."""
        return self.front.house

    @property
    def facts(self):
        """The version in force, as pages need it."""
        return self.rooms.policy.facts()

    async def __call__(self, scope, receive, send):
        """Answer an HTTP request as the pages do behind that door (ASGI)."""
        await self.door._pages(scope, receive, send)

    def browser(self, **given):
        """Return a browser without cookies, that sends forms from this origin; all of them are answered by one event loop."""
        client = TestClient(self, headers={"Origin": ORIGIN}, follow_redirects=False, **given)
        client.portal = self.loop
        return client

    @property
    def loop(self):
        """Where requests are answered: the event loop of the worker, in a thread of its own."""
        if self._portal is None:
            self._portal = self._until_closed.enter_context(start_blocking_portal(backend_options={"use_uvloop": True}))
        return self._portal

    def publish(self, rulebook):
        """Publish as the command does, and have the worker see it."""
        made = super().publish(rulebook)
        self.versions.refresh()
        return made

    def close(self):
        """Let go of its folder."""
        close = self.shared.intake.spool.close
        if self._portal is None:
            close()
        else:
            self._portal.call(close)
        self._until_closed.close()
        self.store.close()

    @cached_property
    def _jobs(self):
        """The jobs of the storage process, by name."""
        clock = Clock(self.store.control, self.now_ms, self.now_ms)
        return {job.name: job for job in storage.timetable(self.installation, self.store, self.versions, clock)}

    def run(self, *names):
        """Have these jobs do all that they find to do now."""
        for name in names:
            for _ in range(ROUNDS):
                if not self._jobs[name].run():
                    break
            else:
                raise AssertionError(f"{name} never ends")

    # -- staff

    def account(self, name, password_hash="", roles=(ADMINISTRATOR, "privacy-officer"), *, trained=True):
        """Make an account by an invitation, trained for a year unless not; return it."""
        made, token = Accounts(self.store.control), invitations.invite(Accounts(self.store.control), roles, self.now_ms())
        account = made.accept_invitation(accounts.digest(token), Account("", name, roles, password_hash), self.now_ms())
        if trained:
            training = Trained("consumer requests", today := self.now.date() - timedelta(days=1), today + timedelta(days=366))
            assert self.shared.access.register.train(account.staff_id, training) is None
        return account

    def session(self, account):
        """Begin a session of an account, whose factor was proved just now; return its token."""
        signs = self.shared.access.staff.signs
        return signs.second.enter(account, "a browser of a test", self.now_ms(), is_proved=True).session

    def staff(self, name="robin"):
        """Return the browser of a member of staff who is signed in."""
        return self.browser(cookies={"avow_staff": self.session(self.account(name))})

    # -- what people send

    def send(self, page, point, **fields):
        """Send a form of a page as a person does, some seconds after it was shown; return where that leads."""
        browser = self.browser()
        token = re.search(r'name="(avow-token)" value="([^"]+)"', browser.get(page).text)
        self.wait(seconds=5)
        answer = browser.post(f"/avow/forms/{point}", data={**fields, token[1]: token[2]})
        assert answer.status_code == 303, answer.text
        self.run("drain")
        return answer.headers["location"]

    def subscribe(self, email, agreed=()):
        """Subscribe to the letter, and press the button behind the link that was sent."""
        self.send("/newsletter", "newsletter", email=email, **{"avow-agree": list(agreed)})
        told = self.rooms.outbox.read(self.messages("waiting")[0], insider()).text
        way = re.search(r"/avow/subscriptions/\S+", told)[0]
        assert self.browser().post(way).status_code == 200
        self.run("drain")

    # -- session recordings

    def record(self, recording_id, page, visitor, seconds=0):
        """Take in a recording of one chunk that a visitor agreed to, as the recorder sends it and the drain brings it."""
        yes = {"type": 5, "data": {"tag": CONSENT, "payload": {}}, "timestamp": self.now_ms()}
        moves = {"type": 3, "data": {"source": 1, "positions": []}, "timestamp": self.now_ms() + 1000 * seconds}
        chunk = {"point": RECORDED, "recording": recording_id, "seq": 0, "page": page, "events": [yes, moves]}
        agreed = "".join(f".+{one}" for one in sorted(self.versions.in_force().points[RECORDED].purposes))
        said = signals.read([], None, f"avow_choices=v1{agreed}; avow_visitor={visitor}")
        sender = Sender("203.0.113.9", "", said, demonstration=False)
        kept = self.front.taking.recordings.read(json.dumps(chunk).encode(), sender, self.now_ms())
        assert kept.record, kept.refused
        Arrival(self.store, self.versions.rulebook).write([checked(msgspec.msgpack.decode(kept.record, type=Recording))])

    # -- consumer requests

    def ask(self, kind=RequestKind.DELETE, email="robin@example.com", **more):
        """File a consumer request as the form does; return the token of its page."""
        return self.rooms.rights.receive(NewRequest(kind, email, **more))

    def cases(self):
        """Return every consumer request."""
        return list(Cases(self.store).every())

    def link(self, status_token, purpose=Link.CONFIRM):
        """Return the token of another link to the request behind a status token, as it stands in its messages."""
        return verification.link(purpose, status_token.partition("-")[0], self.store.vault.hmac)

    def walk(self):
        """Take every request as far as it goes now, each message passed on by hand; the log is published meanwhile."""
        for _ in range(ROUNDS):
            self.run("requests", "purge", "audit")
            waiting, before = self.messages("waiting"), [case.state for case in self.cases()]
            if not waiting:
                self.wait(seconds=2)  # what is proved is answered once the log is published, and is looked at a second later
                self.run("requests")
                if [case.state for case in self.cases()] == before:
                    return
            for message_id in waiting:
                self.pass_on(message_id)
        raise AssertionError("the walk never ends")

    def pass_on(self, message_id):
        """Say that a message was passed on by post."""
        assert self.rooms.outbox.passed_on(message_id, "post", "s1") is None

    def messages(self, state):
        """Return the ids of the messages in this state, the newest first."""
        with self.store.control.reading() as tx:
            return [one.id for one in deliveries.listed(tx, Place(), 1000).lines if one.state == state]

    def confirm(self, filed, email="robin@example.com"):
        """Follow the link of a request, and answer what is asked there; return its answer's token."""
        answers = known(self.store, email, self.rooms.rights.voice.rulebook)
        return self.rooms.rights.confirm(self.link(filed), answers, SIGNED)

    def verified(self, kind=RequestKind.KNOW, email="robin@example.com", **more):
        """File a request, follow the link that was sent to its address, and have it answered; return its answer's token."""
        filed = self.ask(kind, email, **more)
        self.walk()
        answer = self.confirm(filed, email)
        self.walk()
        return answer


@cache
def policy_of(name):
    """Return an example policy by its folder's name, compiled."""
    found = compile_policy(MARROWBY.parent / name / "policy.md", TODAY, EVERYTHING)
    assert found.rulebook, found.diagnostics
    return found.rulebook


def serve(folder, *rulebooks, pages=MARROWBY / "site", origin=ORIGIN, extra="", console=CONSOLE, website=""):
    """Return an installation in a folder: its first version in force, the next ones published; `extra` is more configuration.

    `website` is more of the website's table, `console` how staff sign in: as a test does, with a password alone, and for as long
    as its clock goes.
    """
    site = f"pages = '{pages}'" if pages else ""
    site = f"[website]\nname = 'marrowby'\norigin = '{origin}'\n{site}\n{website}\n"
    text = f"data = 'data'\npolicy = 'policy.md'\ntimezone = '{ZONE}'\n{site}"
    (folder / "avow.toml").write_text(f"{text}{console}{extra}\n", encoding="utf-8")
    installation = Installation(load(folder / "avow.toml"))
    for one in (installation.run, installation.configuration.public_log, installation.configuration.private_log):
        one.mkdir(parents=True, exist_ok=True)
    engine = Figures()
    first, *later = rulebooks
    (installation.data / "control.db").write_bytes(_published(first))
    made = Served(_opened(installation.data, engine), NOW, installation=installation, engine=engine)
    for rulebook in later:
        assert isinstance(made.publish(rulebook), Publication)
    return made
