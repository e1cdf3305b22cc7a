"""The example company with a vendor that manages its customers: who sends to it, and what carries what goes there."""

import json
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path

from sqlalchemy import delete, insert, select
from tests.houses import FIRST_DAY, MARROWBY, compiled

from avow import policy, recipients
from avow.config import Configuration, Connection, Website
from avow.main.installation import of_requests
from avow.policy.checks.carried_out import EVERYTHING
from avow.policy.rulebook.roles import ADMINISTRATOR
from avow.rights import downstream
from avow.rights.kept import Cases
from avow.store.control import deliveries, staff, staff_training, tables
from avow.store.control.staff_training import Trained

CLAUSES = (
    "no_sale_or_sharing",
    "specific_purposes",
    "no_other_use",
    "no_combining",
    "same_protection",
    "checks",
    "notice_if_unable",
    "stop_and_mend",
    "helps_with_requests",
    "same_for_subcontractors",
)
_POINT = 'purposes   = ["answer-questions"]\nretention  = { months = 24, after = "last-contact" }\nrecipients = ["mail-service"'
_ROLES = '[role.recruiter]\nlabel    = "Recruiter"'


def declared(name="crm", more="", purposes='["answer-questions"]', categories='["A", "D", "I"]'):
    """Return the declaration of a service provider that keeps customers' letters."""
    clauses = "".join(f"{one} = true\n" for one in CLAUSES)
    return (
        f'[recipient.{name}]\nlabel = "Ledger and Larch"\nrole = "service-provider"\nservices = "keeps our customers\' letters"\n'
        f'categories = {categories}\npurposes = {purposes}\ncountry = "United States"\nkeeps_days = 0\n{more}\n'
        f"[recipient.{name}.contract]\nsigned = 2026-10-01\n{clauses}\n"
    )


def with_vendor(name="crm", *pairs, more="", effective=None, **changes):
    """Return the example policy with a vendor that gets what people write in the contact form, compiled."""
    shop = '[recipient.shop]\nlabel      = "Farrier'
    given = (_POINT, f'{_POINT}, "{name}"')
    return compiled(given, (shop, declared(name, more, **changes) + shop), *pairs, effective=effective)


_APPLICATION = 'retention  = { years = 4, after = "decision" }\nrecipients = ["mail-service"'


def with_screener(more=""):
    """Return the example policy with a screener of applicants, who authorise it by the contact form, compiled."""
    shop = '[recipient.shop]\nlabel      = "Farrier'
    said = {"purposes": '["recruiting"]', "categories": '["A", "D", "F", "I", "J"]'}
    screener = declared("screener", f'needs_authorisation = "contact-form"\n{more}', **said)
    return compiled((_APPLICATION, f'{_APPLICATION}, "screener"'), (shop, screener + shop))


NETWORK = """[recipient.network]
label = "Farsight Placements"
role = "third-party"
services = "shows our advertisements on other websites"
categories = ["A", "F"]
purposes = ["campaign-measurement"]
country = "United States"
keeps_days = 180
instruct = "page"
disclosure = "sharing"
own_use = true
opt_out = "https://farsight.example/opt-out"

[recipient.network.contract]
signed = 2026-06-30
specific_purposes = true
same_protection = true
forwards_opt_outs = true
checks = true
notice_if_unable = true
stop_and_mend = true

"""
_ENQUIRY = 'purposes    = ["campaign-measurement", "returning-visitors"]\nretention   = { months = 14 }\ncookie_days'
_SHARED = (
    ('[recipient.shop]\nlabel      = "Farrier', NETWORK + '[recipient.shop]\nlabel      = "Farrier'),
    (_ENQUIRY, f'recipients  = ["network"]\n{_ENQUIRY}'),
)


def with_network(*pairs):
    """Return the example policy with an advertising network that is told of enquiries after an advertisement, compiled."""
    text = MARROWBY
    for old, new in (*_SHARED, *pairs):
        assert old in text, old
        text = text.replace(old, new)
    found = policy.compile_text(text, "policy.md", policy.law.tables(), FIRST_DAY, does=EVERYTHING)
    assert found.rulebook, found.diagnostics
    return found.rulebook


def connection(receiver, **more):
    """Return how the configuration reaches a receiver by its name."""
    ways = {"ca_file": receiver.ca, "allow_private": True, **more}
    return Connection(f"https://localhost:{receiver.port}/avow", receiver.key_file, **ways)


def employ(house, *ids, roles=(ADMINISTRATOR, "privacy-officer")):
    """Give members of staff accounts with these roles, and a training that holds (`houses.insider`)."""
    with house.store.control.transaction() as tx:
        for one in ids:
            tx.execute(delete(tables.staff).where(tables.staff.c.id == one))
            named = {"id": one, "name": one, "password_hash": "", "roles": json.dumps(list(roles)), "created_ms": 1}
            tx.execute(insert(tables.staff).values(**named, issuer="", issuer_subject=""))
            staff_training.add(tx, one, Trained("ccpa", FIRST_DAY, FIRST_DAY + timedelta(days=3650)), one, 1)


def dismiss(house, staff_id):
    """Take the account of a member of staff away."""
    with house.store.control.transaction() as tx:
        staff.remove(tx, staff_id)


@dataclass
class Vendor:
    """An installation's connection to one recipient: what sends there, and one round of what carries."""

    house: object
    receiver: object
    name: str = "crm"
    connector: str = "webhook"

    def __post_init__(self):
        websites = (Website("marrowby", "https://www.marrowby.example"),)
        connected = {self.name: connection(self.receiver, connector=self.connector)}
        folder = Path("data")
        self.configuration = Configuration(
            folder, Path("policy.md"), "America/Los_Angeles", websites=websites, recipient=connected
        )
        asked = (self.house.store, self.house.versions, self.configuration, of_requests().is_erasing)
        self.room = recipients.build(*asked, self.house.now_ms)
        employ(self.house, "s1", "s2", "s3")
        confirmed = partial(downstream.confirmed, Cases(self.house.store))
        self.round = recipients.carriers(*asked, confirmed, lambda: True, self.house.now_ms)[0]

    @property
    def sending(self):
        return self.room.sending

    @property
    def register(self):
        return self.room.register

    def carry(self):
        """Carry what is due; return how much was taken."""
        return self.round.send_due(self.house.now_ms())

    def rows(self, *states):
        """Return the deliveries to the recipient, in these states or any."""
        with self.house.store.control.reading() as tx:
            table = deliveries.deliveries
            ids = select(table.c.id).where(table.c.recipient == self.name).order_by(table.c.made_ms, table.c.id)
            found = [deliveries.get(tx, one) for one in tx.scalars(ids).all()]
        return [one for one in found if not states or one.state in states]
