"""An installation for tests: control store, key vault and versions of a policy, with a clock that the test moves; no engine."""

from __future__ import annotations

import re
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import cache, partial
from itertools import count
from pathlib import Path
from uuid import UUID

import pytest
from tests.conftest import control_in

from avow import policy, retention
from avow.assurance.promises import Promises
from avow.collection.arrival import Arrival
from avow.config import Configuration, Website
from avow.definitions import IdentifierKind, Submission, identifier
from avow.gate.roles import ADMINISTRATOR, Member
from avow.gate.sites import Sites
from avow.gate.versions import Versions
from avow.policy.checks.carried_out import THIS_VERSION
from avow.policy.rulebook import retention_classes
from avow.publication.publishing import Publisher
from avow.rights import figures
from avow.store.control import Control, audit
from avow.store.events import Left
from avow.store.files import Files
from avow.store.keys import Vault
from avow.store.store import Store

MARROWBY = (Path(__file__).parents[1] / "policies" / "marrowby" / "policy.md").read_text(encoding="utf-8")
ZONE = "America/Los_Angeles"
FIRST_DAY = date(2026, 11, 24)
EMAIL = ('["banner"]', '["banner", "email"]')
LONGER = (
    ("24 months after our last exchange", "36 months after our last exchange"),
    ("{ months = 24, after", "{ months = 36, after"),
)


def sites(*declared, origin="https://www.marrowby.example", **more):
    """Return the websites of an installation: those that are declared, else one at this origin."""
    declared = declared or (Website("marrowby", origin),)
    return Sites(Configuration(Path("data"), Path("policy.md"), ZONE, websites=declared, **more))


def insider(staff_id="s1", *roles, is_trained=True, proved_ms=0):
    """Return a member of staff, administrator and privacy officer unless roles are named."""
    return Member(staff_id, "Robin", roles or (ADMINISTRATOR, "privacy-officer"), is_trained, proved_ms)


class NoEvents:
    """An event engine that holds nothing but the views that a test plants (`House.view`)."""

    def __init__(self):
        self.views = []

    def query(self, name, **parameters):
        return [one for one in self.views if name == "find_click" and one["record_id"] == parameters["record"]]

    def asker(self):
        """Return who asks it what pages ask, and never has to wait."""
        return self

    def leave(self):
        """End nothing: all is answered at once."""

    def command(self, _name, **_parameters):
        """Change nothing."""

    change = command

    def most(self, _name, **_parameters):
        return 0

    def newest(self, _span):
        return -1

    def existing(self, _records, _span):
        return frozenset()

    def insert(self, _rows):
        return None

    def of_subjects(self, _subjects):
        return ()

    def each_of_subjects(self, _subjects):
        return iter(())

    def before(self, subjects, points, before_ms, most, *, demonstration):
        wanted = {UUID(bytes=one) for one in subjects}
        found = [
            one
            for one in reversed(self.views)
            if one["subject"] in wanted and one["point"] in points and one["collected_ms"] < before_ms
        ]
        return [one for one in found if one["demonstration"] == demonstration][:most]

    def subjects(self):
        return frozenset()

    def left_of(self, _subjects):
        return Left(0, 0)

    def hours_of_subjects(self, _subjects):
        return frozenset()

    def hours(self, _name, **_parameters):
        return frozenset()

    def delete_subjects(self, _subjects):
        return 0

    def await_removal(self):
        return True

    def close(self):
        return None


@dataclass
class House:
    """One installation without its engine and processes; `now` is its clock."""

    store: Store
    now: datetime = datetime(2026, 11, 24, 20, 0, tzinfo=UTC)
    numbers: count = field(default_factory=lambda: count(1))
    connectors: dict = field(default_factory=dict)

    def __post_init__(self):
        self.versions = Versions(self.store.control, ZONE, self.now_ms)
        self.publisher = Publisher(self.store.control, self.versions)

    def now_ms(self):
        return int(self.now.timestamp() * 1000)

    def wait(self, **span):
        """Let time pass."""
        self.now += timedelta(**span)

    def publish(self, rulebook):
        """Publish as the command does; return the publication or the refusal."""
        made = self.publisher.judge(rulebook)
        if isinstance(made, policy.publication.Publication):
            self.publisher.publish(made, self.now_ms())
        return made

    def write(self, email, rulebook=None, point="contact-form", yes=frozenset(), **changes):
        """Take in a submission under a version (the one in force by default), with a yes to some purposes; return its id."""
        rulebook = rulebook or self.versions.in_force()
        permit = rulebook.permit(point, frozenset(), self.now.date(), yes)
        record_id = f"{self.now_ms():012x}{next(self.numbers):020x}"
        fields = {name: f"some {name}" for name in permit.fields} | ({"email": email} if "email" in permit.fields else {})
        record = Submission(
            **{
                "record_id": record_id,
                "collected_ms": self.now_ms(),
                "site": "marrowby",
                "point": point,
                "rulebook_id": rulebook.id,
                "reference": record_id[-6:],
                "delete_on": permit.delete_on.isoformat(),
                "then": permit.then,
                "fields": fields,
                "identifiers": {"email": email},
                "purposes": sorted(permit.purposes),
                "retention_class": retention_classes.of(rulebook, point, permit.purposes),
                **changes,
            }
        )
        self.take_in([record])
        return record_id

    def take_in(self, records):
        """Take in what the spool brought."""
        Arrival(self.store, self.versions.rulebook, self.connectors).write(records)

    def view(self, number, page, rulebook, point="page-view"):
        """Plant the row of a view of a known browser, as the engine would answer it, under a version; return its id."""
        person = identifier(IdentifierKind.VISITOR, number)
        subject = self.store.vault.subjects_for([person], self.now_ms())[person]
        row = dict.fromkeys(("referrer", "campaign", "browser", "system", "device", "language", "method", "sealed"), "")
        row |= {
            "visit": 0,
            "record_id": UUID(hex=f"{self.now_ms():012x}{next(self.numbers):020x}"),
            "collected_ms": self.now_ms(),
            "site": "marrowby",
            "point": point,
        }
        row |= {"rulebook_id": rulebook.id, "name": point, "page": page, "status": 0, "bytes": 0, "props": {}}
        row |= {"subject": UUID(bytes=subject), "robot": 0, "demonstration": 0, "delete_on": "2030-01-01", "then": "erase"}
        self.store.events.views.append(row)
        return row["record_id"].hex

    def promises(self):
        """Return the evidence beside the promises of the version in force."""
        folder = self.store.files._folder
        asked = partial(figures.asked, self.store, self.versions)
        sweeps = lambda: ((retention.waiting(self.store.control) or ("",))[0], retention.swept_ms(self.store.control))  # noqa: E731
        return Promises(self.versions.in_force(), self.store, self.versions, folder, folder, asked, sweeps)

    def logged(self):
        """Return what waits for the audit log, as text."""
        with self.store.control.reading() as tx:
            return [entry.decode() for _, entry in audit.pending(tx, 10_000)]


@cache
def compiled(*pairs, effective=None, today=FIRST_DAY, does=THIS_VERSION):
    """Return the example policy with some words replaced, compiled; `does` is what a version of the software carries out."""
    text = MARROWBY
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new)
    if effective:
        text = re.sub(r"(?m)^effective( *)= \S+$", rf"effective\1= {effective}", text)
    found = policy.compile_text(text, "policy.md", policy.law.tables(), today, does=does)
    assert found.rulebook, found.diagnostics
    return found.rulebook


@cache
def selling_nothing():
    """Return the example policy without its advertising network, compiled: a company that neither sells nor shares."""
    text = re.sub(r"### Our advertisements elsewhere.*?(?=### What you prefer)", "", MARROWBY, flags=re.DOTALL)
    text = re.sub(r"\n\[recipient\.placements\].*?(?=```)", "", text, flags=re.DOTALL)
    text = re.sub(
        r"We do not sell your personal information\. We share .*?yes\.", "We do not sell or share it.", text, flags=re.DOTALL
    )
    text = re.sub(r'"(?:ad-enquiry|advertising-elsewhere)", ?', "", text)
    found = policy.compile_text(text, "policy.md", policy.law.tables(), FIRST_DAY)
    assert found.rulebook, found.diagnostics
    return found.rulebook


def person(email):
    return identifier(IdentifierKind.EMAIL, email)


#: A test of an installation, or of one that grew from it, runs with this over both databases; without, over SQLite.
over_both = pytest.mark.parametrize("house", ["sqlite", "postgresql"], indirect=True)


@pytest.fixture
def house(tmp_path, request):
    """Return an installation in which nothing was published yet."""
    server = request.getfixturevalue("postgresql") if getattr(request, "param", "sqlite") == "postgresql" else None
    url = server.database() if server else ""
    control = Control(url) if server else control_in(tmp_path)
    store = Store(control, NoEvents(), Vault(tmp_path / "keys.db"), Files(tmp_path / "files"))
    yield House(store)
    store.close()
    if server:
        server.drop(url)


@contextmanager
def house_in(folder):
    """Give an installation in a folder, opened again where there is one, and close it; over SQLite."""
    store = Store(control_in(folder), NoEvents(), Vault(folder / "keys.db"), Files(folder / "files"))
    try:
        yield House(store)
    finally:
        store.close()


@pytest.fixture
def published(house):
    """Return an installation with the example policy in force."""
    house.publisher.first(compiled(), house.now_ms())
    return house
