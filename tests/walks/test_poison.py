"""One item that cannot be handled in every queue and job of a running installation: its neighbours on both sides are done."""

import asyncio
import shutil
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from sqlalchemy import select, text, update
from tests.conftest import MARROWBY
from tests.deliveries import planted
from tests.erased import answered
from tests.houses import EMAIL, LONGER, House, compiled, person

from avow.audit.log import ENTRY_BYTES
from avow.audit.proof import canonical
from avow.config import load
from avow.definitions import Event, RequestKind
from avow.gate.sites import Sites
from avow.main.installation import Installation, open_store
from avow.main.storage import _website, timetable
from avow.messaging.mailings import Mailings
from avow.policy.changes.publication import Publication
from avow.publication.files import open_rulebook
from avow.retention import Clock
from avow.rights.cases import Contact
from avow.rights.kept import Cases
from avow.rights.receive import Asked, receive
from avow.rights.states import Step
from avow.spool.spool import Spool
from avow.store.control import (
    agents,
    audit,
    batches,
    deliveries,
    disclosures,
    instructions,
    integrity,
    mailings,
    opt_outs,
    set_aside,
    submissions,
    subscriptions,
    tables,
)
from avow.website.search import SearchIndex
from avow.website.watching import index_path

from .test_bounds import lines
from .test_log_import import line

#: Markup that Python's parser gives up on.
POISON_PAGE = "<![foo[x]]><title>poison</title>"
#: A number that Python refuses to read, bytes that are no text, and nothing at all.
ODD_LINES = [b"9" * 5000 + b"\n", b"\xff\xfe\x00\n", b"\n"]
FIRST, POISON, LAST = "first", "poison", "last"
#: Jobs that work through no list, and why one item cannot stop another there.
NO_LIST = {
    "one-form": "passes over what it cannot read, and notes its place: tests/rights/test_one_form.py",
    "versions": "reads the one version in force and the one announced",
    "in-force": "notes the one version that came into force",
    "salt": "forgets one number",
    "standing": "goes through the recipients that the configuration names, each of them judged at the start",
    "imports": "goes through one upload at a time; one that fails says so, and the next one goes on: tests/web/test_imports.py",
    "clock": "looks at one clock",
    "events-table": "copies one table; without that all goes on with the former one: tests/store/test_moving.py",
    "tallies": "makes days, of which one that cannot be made is set aside and asked from events: tests/store/test_tallies.py",
    "soundness": "looks at two files, and says of each whether it is damaged",
}


@dataclass
class Poisoned:
    """An installation in which everything was planted; `ids` names what was."""

    running: Any
    mailbox: Any
    log: Path
    ids: dict[str, str]
    store: Any = None

    def aside(self, queue):
        with self.store.control.reading() as tx:
            return set(set_aside.names(tx, queue))

    def got_mail(self, *names):
        got = {one["To"] for one in self.mailbox.messages}
        return {f"{name}@example.com" for name in names} <= got

    def rows(self, *names):
        """Return which of the planted submissions are still there."""
        with self.store.control.reading() as tx:
            return {name for name in names if submissions.get(tx, self.ids[name])}


def of(queue):
    """Return what names the three neighbours of a queue."""
    return tuple(f"{place}.{queue}" for place in (FIRST, POISON, LAST))


class Planter:
    """Plants below the doors, before the server runs: straight into stores, tables, files, spool and the vault's work list."""

    def __init__(self, installation):
        self.configuration = load(installation.config)
        Installation(self.configuration).prepare()
        self.store = open_store(self.configuration)
        self.now = datetime.now(UTC)
        self.house = House(self.store, now=self.now)
        self.house.publisher.first(open_rulebook(self.configuration, self.now.date()), self.house.now_ms())
        self.ids = {}

    def write(self, queue, **changes):
        """Write the submissions of three people."""
        for name in of(queue):
            self.ids[name] = self.house.write(f"{name}@example.com", **changes)

    def damage(self, *names):
        with self.store.control.transaction() as tx:
            for name in names:
                row = tables.submissions.c.record_id == self.ids[name]
                tx.execute(update(tables.submissions).where(row).values(sealed=b"garbage"))

    def keep(self, table, *record_ids):
        """Have the database itself refuse to remove rows."""
        named = ", ".join(f"'{one}'" for one in record_ids)
        when = f"BEFORE DELETE ON {table} WHEN old.record_id IN ({named})"
        with self.store.control.transaction() as tx:
            tx.execute(text(f"CREATE TRIGGER poison_{table} {when} BEGIN SELECT RAISE(ABORT, 'poison'); END"))

    def lists(self):
        """Mailings, telling, and ends of subscriptions that are still to be settled."""
        self.write("mailings", point="newsletter", purposes=["newsletter"])
        self.write("unsubscribed", point="newsletter", purposes=["newsletter"])
        self.write("telling")
        for name in of("unsubscribed"):
            self.store.vault.note_end(person(f"{name}@example.com"), "newsletter", self.house.now_ms())
        sender = Mailings(self.store, self.house.versions, "mail-service", Sites(self.configuration))
        for number, subject in enumerate(of("mailing")):
            plan = sender.plan("newsletter", subject, "Read [this](https://rain.example/).\n", self.house.now_ms() + number)
            self.ids[subject] = plan.mailing.id
            sender.begin(plan.mailing)
        with self.store.control.transaction() as tx:
            own = tables.mailings.c.id == self.ids["poison.mailing"]
            tx.execute(update(tables.mailings).where(own).values(links="no list"))
        self.damage("poison.mailings", "poison.unsubscribed", "poison.telling")
        later = compiled(EMAIL, *LONGER, effective=(self.now + timedelta(days=40)).date().isoformat(), today=self.now.date())
        assert isinstance(self.house.publish(later), Publication)

    def recipients(self):
        """Batches, one of them for a recipient that the configuration does not reach; reminders, one by a way that is none."""
        now_ms, day = self.house.now_ms(), self.now.date()
        with self.store.control.transaction() as tx:
            for name in of("batches"):
                recipient, point = ("nobody", "contact-form") if name.startswith(POISON) else ("shop", "enquiry")
                self.ids[name] = name.encode().hex()
                named = (recipient, "answer-questions", point, "", 0, now_ms, 1, "", now_ms)
                batches.add(tx, batches.Batch(self.ids[name], "disclosure", *named, approved_ms=now_ms))
            for name in of("reminders"):
                way = "pigeon" if name.startswith(POISON) else "mail"
                self.ids[name] = name.encode().hex()
                told = (self.ids[name], "0" * 24, "shop", "", "erase", way, "A", b"", "", now_ms, day)
                instructions.add(tx, [instructions.Instruction(*told, told_ms=now_ms, next_ms=now_ms)])

    def opted_out(self):
        """Opt-outs of whom nobody is to be told, between them one of whom something went at a moment that there is not."""
        now_ms, rulebook = self.house.now_ms(), self.house.versions.in_force().id
        with self.store.control.transaction() as tx:
            for number, name in enumerate(of("opt-outs")):
                self.ids[name], subject = name.encode().hex(), name[:16].ljust(16).encode()
                said = (subject, now_ms + number, "answer-questions", "web", rulebook, "marrowby")
                opt_outs.add(tx, opt_outs.OptOutRow(self.ids[name], *said))
                if name.startswith(POISON):
                    went = (10**17, "nobody", "A", "answer-questions", "enquiry", rulebook, subject, 1)
                    disclosures.add(tx, disclosures.Disclosure(*went, forget_on=self.now.date() + timedelta(days=400)))

    def erasing(self):
        """Purge, retention, subscriptions that nobody confirmed, and files that nobody claims."""
        self.write("purge")
        self.write("retention")
        for name in of("purge"):
            self.store.erase([person(f"{name}@example.com")], self.house.now_ms())
        with self.store.control.reading() as tx:  # of the class that the record is of: the person's own has no rows
            whose = tables.submission_subjects.c.record_id == self.ids["poison.purge"]
            self.ids["subject poison.purge"] = (
                tx.execute(select(tables.submission_subjects.c.subject).where(whose)).scalar_one().hex()
            )
        self.keep("submissions", self.ids["poison.purge"], self.ids["poison.retention"])
        with self.store.control.transaction() as tx:
            own = tables.submissions.c.record_id.in_([self.ids[name] for name in of("retention")])
            tx.execute(update(tables.submissions).where(own).values(delete_on=(self.now - timedelta(days=3)).date()))
            for name in of("unconfirmed"):
                subject = name[:16].ljust(16).encode()
                subscriptions.add(tx, subscriptions.Pending(name, "newsletter", subject, b"", name, 0, 1))
        self.keep("pending_subscriptions", "poison.unconfirmed")
        for name in (f"form-{1:012x}{'a' * 20}-0", "form-poison", f"form-{1:012x}{'f' * 20}-0"):
            self.store.files.put(name, b"sealed")

    def asked(self):
        """Three requests to know, and a message that nobody can read, the oldest of all."""
        cases, rulebook = Cases(self.store, by_mail=True), self.house.versions.in_force()
        for number, name in enumerate(of("requests")):
            contact = Contact(f"{name}@example.com", "", "", "", "")
            case = receive(Asked(RequestKind.KNOW, contact), rulebook, cases, "America/Los_Angeles", self.house.now_ms() + number)
            self.ids[name] = case.request_id
        with self.store.control.transaction() as tx:
            own = tables.consumer_requests.c.id == self.ids["poison.requests"]
            tx.execute(update(tables.consumer_requests).where(own).values(kind="poison"))
            for name in of("requests"):  # an agent that is to be told of each, and a permission that is over
                said = b"garbage" if name.startswith(POISON) else b""
                over, now_ms = self.now.date() - timedelta(days=9), self.house.now_ms()
                agents.say(tx, agents.AgentRequest(self.ids[name], "nobody", said, None, over, now_ms, "something"))
            self.ids["poison.mail"] = planted(tx, request_id=self.ids["first.requests"], letter=b"garbage")

    def erased(self):
        """Three people who were erased, and of whom is to be looked for what is left."""
        cases = Cases(self.store, by_mail=True)
        for name in of("residue"):
            self.ids[name] = answered(self.house, cases, f"{name}@example.com").request_id
        with self.store.control.transaction() as tx:
            own = tables.consumer_requests.c.id == self.ids["poison.residue"]
            tx.execute(update(tables.consumer_requests).where(own).values(kind="poison"))

    def logged(self):
        """Three entries of the audit log, one longer than an entry may be."""
        with self.store.control.transaction() as tx:
            for name in of("audit"):
                more = {"more": "x" * ENTRY_BYTES} if name.startswith(POISON) else {}
                self.ids[name] = f"entry-{audit.enqueue(tx, canonical({'what': name, **more}))}"

    def spooled(self):
        """Three events in one group of the spool."""
        permit = self.house.versions.in_force().permit("page-view", frozenset(), self.now.date())
        facts = {"site": "marrowby.example", "point": "page-view", "name": "page-view", "rulebook_id": permit.rulebook_id}
        made = []
        for number, name in enumerate(of("drain")):
            self.ids[name] = f"{self.house.now_ms():012x}{number:020x}"
            day = "no day" if name.startswith(POISON) else permit.delete_on.isoformat()
            at_ms = 10**17 if name.startswith(POISON) else self.house.now_ms()
            dated = {"record_id": self.ids[name], "collected_ms": at_ms, "delete_on": day, "then": permit.then}
            made.append(msgspec.msgpack.encode(Event(**facts, **dated, fields={"page": f"/poison-drain/{name}"})))

        async def append():
            spool = Spool(self.configuration.spool, self.store.vault, 2**30)
            await spool.append(made)
            spool.close()

        asyncio.run(append())


@pytest.fixture(scope="module")
def poisoned(shared_installation_of, mailbox, tmp_path_factory, until):
    """A running installation with everything planted before its start."""
    folder = tmp_path_factory.mktemp("poison")
    shutil.copytree(MARROWBY / "site", folder / "site")
    (folder / "site" / "poison.html").write_text(POISON_PAGE, encoding="utf-8")
    (folder / "policy.md").write_text((MARROWBY / "policy.md").read_text(encoding="utf-8").replace(*EMAIL), encoding="utf-8")
    log = folder / "access.log"
    log.write_text("")
    extra = f'[[server_logs]]\npath = "{log}"\n[integrity]\npages = ["/", "/poison", "/contact"]\nevery_seconds = 10\n'
    options = {"policy": folder / "policy.md", "pages": folder / "site", "extra": extra, "workers": 1}
    made = Poisoned(shared_installation_of(mail_port=mailbox.port, **options), mailbox, log, {})
    planter = Planter(made.running)
    for plant in (
        planter.lists,
        planter.recipients,
        planter.opted_out,
        planter.erasing,
        planter.asked,
        planter.erased,
        planter.logged,
        planter.spooled,
    ):
        plant()
    made.ids, made.store = planter.ids, planter.store
    made.running.start()
    followed(made, until)
    yield made
    made.store.close()


def followed(one, until):
    """Write odd lines between good ones into the followed log, once it is followed."""
    now = datetime.now(UTC)

    def write(*written):
        with one.log.open("ab") as file:
            file.write(b"".join(written))

    def is_followed():
        write(line(now, "198.51.100.77", "/first-followed").encode())
        return one.running.stored("/first-followed")

    until(is_followed, 60, what="the first look at the log")
    last = line(now, "203.0.113.10", "/poison-log/last").encode()
    write(lines(now, "/poison-log").encode(), *ODD_LINES, last)


def published(one, name):
    return any(
        name.encode() in path.read_bytes() for path in (one.running.data / "audit" / "public").rglob("*") if path.is_file()
    )


def looked_at(one):
    with one.store.control.reading() as tx:
        return {seen.address for seen, _ in integrity.state(tx)}


def found(one, word):
    """Return how many pages the search of the running website finds."""
    configuration = load(one.running.config)
    return SearchIndex(index_path(configuration, Sites(configuration).first)).search(word).total


def is_settled(one, name):
    with one.store.control.reading() as tx:
        row = submissions.get(tx, one.ids[name])
    return row is None or row.delete_on <= datetime.now(UTC).date()


def unconfirmed(one):
    with one.store.control.reading() as tx:
        return {row.record_id for row in subscriptions.expired(tx, 2**50)}


def of_mailing(one, name):
    with one.store.control.reading() as tx:
        return mailings.shown(tx, one.ids[name])


def looked_for(one, name):
    """Return whether the proof of a search is kept, which the running job made."""
    return Cases(one.store).get(one.ids[name]).entry(Step.RESIDUE_PROVED) is not None


def batch(one, name):
    with one.store.control.reading() as tx:
        return batches.get(tx, one.ids[name])


def reminded(one, name):
    with one.store.control.reading() as tx:
        return instructions.get(tx, one.ids[name]).reminders


def agent_told(one, name):
    with one.store.control.reading() as tx:
        return agents.said(tx, one.ids[name])


def is_over(one, name):
    with one.store.control.reading() as tx:
        return opt_outs.get(tx, one.ids[name]).closed_ms is not None


def failed(one):
    with one.store.control.reading() as tx:
        return deliveries.get(tx, one.ids["poison.mail"]).state == "failed"


#: Queue -> (the job that works through it, whether its neighbours are done, what is set aside of it).
QUEUES = {
    "drain": (
        "drain",
        lambda one: one.running.stored("/poison-drain/").keys() == {"/poison-drain/first.drain", "/poison-drain/last.drain"},
        lambda one: one.ids["poison.drain"],
    ),
    "server log": ("server-log-1", lambda one: one.running.stored("/poison-log/last"), None),
    "mail": ("mail", lambda one: failed(one) and one.got_mail("first.requests", "last.requests"), None),
    "mailings": (
        "mailings",
        lambda one: all(of_mailing(one, name).queued_ms for name in ("first.mailing", "last.mailing")),
        lambda one: one.ids["poison.mailing"],
    ),
    "mailing-subscriptions": (
        "mailings",
        lambda one: one.got_mail("first.mailings", "last.mailings"),
        lambda one: f"{one.ids['first.mailing']}/{one.ids['poison.mailings']}",
    ),
    "batches": (
        "batches",
        lambda one: {batch(one, name).state for name in ("first.batches", "last.batches")} == {"queued"},
        lambda one: one.ids["poison.batches"],
    ),
    "reminders": (
        "reminders",
        lambda one: all(reminded(one, name) for name in ("first.reminders", "last.reminders")),
        lambda one: one.ids["poison.reminders"],
    ),
    "agents": (
        "agents",
        lambda one: all(agent_told(one, name).wakes_ms is None for name in ("first.requests", "last.requests")),
        lambda one: one.ids["poison.requests"],
    ),
    "permissions": (
        "permissions",
        lambda one: all(agent_told(one, name).permission_until is None for name in ("first.requests", "last.requests")),
        None,
    ),
    "opt-outs": (
        "opt-outs",
        lambda one: is_over(one, "first.opt-outs") and is_over(one, "last.opt-outs"),
        lambda one: one.ids["poison.opt-outs"],
    ),
    "telling": (
        "telling",
        lambda one: one.got_mail("first.telling", "last.telling"),
        lambda one: next((name for name in one.aside("telling") if name.endswith(one.ids["poison.telling"])), "none"),
    ),
    "requests": (
        "requests",
        lambda one: one.got_mail("first.requests", "last.requests"),
        lambda one: one.ids["poison.requests"],
    ),
    "residue": (
        "residue",
        lambda one: looked_for(one, "first.residue") and looked_for(one, "last.residue"),
        lambda one: one.ids["poison.residue"],
    ),
    "purge": (
        "purge",
        lambda one: one.rows(*of("purge")) == {"poison.purge"},
        lambda one: one.ids["subject poison.purge"],
    ),
    "files": ("purge", lambda one: one.store.files.names("form-") == ("form-poison",), lambda _: "form-poison"),
    "unsubscribed": (
        "purge",
        lambda one: is_settled(one, "first.unsubscribed") and is_settled(one, "last.unsubscribed"),
        lambda one: one.ids["poison.unsubscribed"],
    ),
    "retention": (
        "retention",
        lambda one: one.rows(*of("retention")) == {"poison.retention"},
        lambda one: one.ids["poison.retention"],
    ),
    "unconfirmed": ("unconfirmed", lambda one: unconfirmed(one) == {"poison.unconfirmed"}, lambda _: "poison.unconfirmed"),
    "audit": (
        "audit",
        lambda one: published(one, "first.audit") and published(one, "last.audit"),
        lambda one: one.ids["poison.audit"],
    ),
    "search": (
        "search",
        lambda one: found(one, "barometer"),
        lambda _: "/poison",
    ),
    "integrity": ("integrity", lambda one: {"/", "/contact"} <= looked_at(one), lambda _: "/poison"),
}


def see(one, queue, until):
    """Wait until the neighbours of a queue are done and its poison is set aside."""
    _, are_done, name = QUEUES[queue]
    until(lambda: are_done(one), 60, f"what stands before and behind the poison in {queue}")
    if name is not None:
        until(lambda: name(one) in one.aside(queue), 60, f"the poison of {queue}, set aside")


@pytest.mark.parametrize("queue", QUEUES)
def test_poison_changes_nothing_for_its_neighbours(poisoned, queue, until):
    """What stands before it and what stands behind it is done; it is set aside, named by what names nobody."""
    see(poisoned, queue, until)


def test_it_is_still_so_after_a_restart(poisoned, until):
    """Nothing that was set aside stops anybody at the next start; no item's words are in the log, and no person's."""
    poisoned.running.stop()
    poisoned.running.start()
    for queue in QUEUES:
        see(poisoned, queue, until)
    with poisoned.running.browser() as browser:
        assert browser.post("/privacy/know", data={"email": "after@example.com", "period": "everything"}).status_code == 303
    until(lambda: poisoned.got_mail("after"), what="the message of a later request")
    said = poisoned.running.output.read_text()
    assert "Traceback" not in said
    assert "@example.com" not in said


def test_every_job_is_tried_with_poison_or_works_through_no_list(installation_of, tmp_path):
    """A job that is added later is named here, too, or this fails."""
    made = installation_of(extra=f'[[server_logs]]\npath = "{tmp_path}/access.log"\n[integrity]\npages = ["/"]\n')
    planter = Planter(made)
    facts = (Installation(planter.configuration), planter.store, planter.house.versions)
    clock = Clock(planter.store.control, planter.house.now_ms, planter.house.now_ms)
    jobs = {job.name for job in (*timetable(*facts, clock), *_website(*facts, lambda: False))}
    assert jobs == {job for job, _, _ in QUEUES.values()} | NO_LIST.keys()
    planter.store.close()
