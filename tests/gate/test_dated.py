"""Kept means dated: every column that says whose something is has a day, on which it goes, and which the evidence asks after."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import func, insert, select
from tests.deliveries import planted
from tests.houses import person as of
from tests.houses import sites
from tests.rights.test_walk import Parts

from avow import store as stores
from avow.definitions import RequestKind
from avow.gate import disclosures as dated
from avow.messaging.subscriptions import forget_unconfirmed
from avow.rights import receive, walk
from avow.rights.cases import Contact
from avow.rights.execution import Telling
from avow.rights.kept import Cases
from avow.rights.response import Voice
from avow.rights.states import Step
from avow.store.control import dated as store_dated
from avow.store.control import tables

LONG_AGO = 1_577_836_800_000  # 2020
PERSON = b"p" * 16
RECORD = {"record_id": "r", "site": "m", "point": "contact-form", "rulebook_id": "v", "demonstration": False}


def put(house, table, **row):
    with house.store.control.transaction() as tx:
        tx.execute(insert(table).values(**row))


def submission(house):
    house.write("robin@example.com", delete_on="2020-02-01")


def recording(house):
    row = {"started_ms": LONG_AGO, "first_ms": LONG_AGO, "last_ms": LONG_AGO, "pages": "[]", "purposes": "[]"}
    more = {"recording_id": "r", "site": "m", "point": "session-recording", "rulebook_id": "v", "demonstration": False}
    day = house.now.date() - timedelta(days=99)
    put(house, tables.recordings, **row, **more, subject=PERSON, delete_on=day, withdrawn=False)


def choice(house):
    row = {"purpose": "p", "opted_out": True, "source": "link", "rulebook_id": "v", "proof": "", "demonstration": False}
    put(house, tables.choices, id="c", subject=PERSON, at_ms=LONG_AGO, **row)


def disclosure(house):
    row = {"recipient": "mail-service", "categories": "A", "purpose": "p", "point": "contact-form", "count": 1}
    day = dated.forget_on(house.versions.in_force(), "mail-service", LONG_AGO)
    more = {"subject": PERSON, "forget_on": day, "rulebook_id": "v", "demonstration": False}
    put(house, tables.disclosures, id="d", at_ms=LONG_AGO, **row, **more)


def delivery(house, kind, made_ms=LONG_AGO, **more):
    with house.store.control.transaction() as tx:
        planted(tx, made_ms, kind, state="sent", attempts=1, **more)


def notice(house):
    delivery(house, "notice", subject=PERSON, batch="1")


def corrected_notice(house):
    delivery(house, "notice", subject=PERSON, batch="1", address=b"s")


def mailing(house):
    delivery(house, "mailing", subject=PERSON, batch="one")


def message(house):
    delivery(house, "confirmation", subject=PERSON)


def message_of_a_request(house):
    delivery(house, "letter", request_id="gone", letter=b"s")


def waiting(house):
    times = {"asked_ms": LONG_AGO, "expires_ms": LONG_AGO}
    put(house, tables.pending_subscriptions, record_id="r", point="news", subject=PERSON, sealed=b"s", delivery="m", **times)


def request(house):
    cases, rulebook = Cases(house.store), house.versions.in_force()
    asked = receive.Asked(RequestKind.KNOW, Contact("robin@example.com"))
    case = receive.receive(asked, rulebook, cases, "UTC", LONG_AGO)
    for step in (Step.ACKNOWLEDGED, Step.DENIED, Step.RESPONDED, Step.CLOSED):
        cases.append(cases.get(case.request_id), step, LONG_AGO, {"outcome": "denied"}, None, None)


def instruction(house):
    texts = dict.fromkeys(("request_id", "recipient", "rulebook_id", "what", "way", "categories", "site", "answered_by"), "w")
    day = house.now.date()
    put(
        house,
        tables.instructions,
        id="i",
        **texts,
        answer="kept",
        sealed=b"s",
        words=b"s",
        made_ms=LONG_AGO,
        due_on=day,
        reminders=0,
    )


def opt_out(house):
    texts = dict.fromkeys(("purpose", "source", "rulebook_id", "site"), "w")
    put(house, tables.opt_outs, id="o", subject=PERSON, at_ms=LONG_AGO, **texts)


def set_aside(house):
    values = {column.name: 0 for column in tables.set_aside.c if not column.nullable}
    words = {column.name: "w" for column in tables.set_aside.c if str(column.type) == "TEXT" and not column.nullable}
    day = house.now.date() - timedelta(days=99)
    put(house, tables.set_aside, **{**values, **words, "sealed": b"s", "delete_on": day, "demonstration": False})


def reason(house):
    row = {"record_id": "gone", "at_ms": LONG_AGO, "staff_id": "s1", "site": "marrowby", "purpose": "p", "sealed": b"s"}
    put(house, tables.read_reasons, **row)


def proof(house):
    put(house, tables.request_proofs, request_id="gone", what="matches", sealed=b"s")


def kept(house):
    texts = {"id": "0f" * 16, **dict.fromkeys(("code", "duty", "rule", "purpose"), "w")}
    moments = {"collected_ms": LONG_AGO, "kept_ms": LONG_AGO, "until": house.now.date() - timedelta(days=99)}
    put(house, tables.kept, **RECORD, **texts, **moments, fields='["email"]', sealed=b"s")


def by_an_agent(house):
    put(house, tables.agent_requests, request_id="gone", agent="a", sealed=b"s", told="", tries=0)


#: What is planted in each column, long past its day; a column without an entry has no day that anybody thought of.
PLANTED = {
    "agent_requests.sealed": (by_an_agent,),
    "submissions.sealed": (submission,),
    "submission_subjects.subject": (submission,),
    "recordings.subject": (recording,),
    "choices.subject": (choice,),
    "consumer_requests.sealed": (request,),
    "delivery_people.subject": (notice, mailing, message),
    "delivery_people.sealed": (corrected_notice,),
    "instructions.sealed": (instruction,),
    "kept.sealed": (kept,),
    "letters.sealed": (message_of_a_request,),
    "opt_outs.subject": (opt_out,),
    "pending_subscriptions.subject": (waiting,),
    "pending_subscriptions.sealed": (waiting,),
    "disclosures.subject": (disclosure,),
    "read_reasons.sealed": (reason,),
    "request_proofs.sealed": (proof,),
    "set_aside.sealed": (set_aside,),
}
COLUMNS = sorted(
    f"{table.name}.{column.name}"
    for table in tables.metadata.tables.values()
    for column in table.c
    if column.name in {"subject", "sealed"}
)


def held(house, name):
    """Return how many rows of a column say something."""
    table, column = name.split(".")
    own = tables.metadata.tables[table].c[column]
    with house.store.control.reading() as tx:
        return tx.execute(select(func.count()).where(own.is_not(None), func.length(own) > 0)).scalar_one()


def sweep(house):
    """Do what the clock does."""
    now_ms, today = house.now_ms(), house.now.date()
    cases, voice = Cases(house.store), Voice(sites().first, house.store.vault.hmac, house.versions.in_force())
    for case in cases.every():
        while (now := cases.get(case.request_id)) and walk.advance(
            now, walk.Tools(voice, cases, (), *[Parts()] * 3, Telling(Parts(), 10)), now_ms
        ):
            pass
    forget_unconfirmed(house.store, now_ms)
    house.store.erase_due(today, now_ms)


@pytest.mark.parametrize("name", COLUMNS)
def test_every_column_that_says_whose_something_is_has_a_day(published, name):
    """Past its day it is overdue, for the evidence to tell; the clock's jobs make it go, and nothing is overdue any more."""
    for plant in PLANTED[name]:
        plant(published)
        today = published.now.date()
        overdue = {**published.store.overdue(today), **published.store.overdue_else(today)}
        assert (held(published, name), bool(overdue)) == (1, True), plant.__name__
        sweep(published)
        assert held(published, name) == 0, plant.__name__
        assert published.store.overdue_else(today) == {}, plant.__name__


def test_the_engine_keeps_whose_something_is_in_the_table_with_a_last_day_alone():
    """Every row of it has `delete_on`; visits are made of them and go with them; the list of who is being erased is in memory."""
    sql = Path(stores.__file__).parent / "sql"
    made = {path.stem: path.read_text() for path in sql.glob("create_*.sql") if "CREATE TABLE" in path.read_text()}
    whose = {name for name, text in made.items() if "subject" in text or "sealed" in text}
    assert whose == {"create_events", "create_erasing", "create_visits"}
    assert "delete_on" in made["create_events"]
    assert "Memory" in made["create_erasing"]


def test_a_notice_outlives_nothing_that_its_person_sent(published):
    """The case that was found: a form erased on its day, and the address in the notice for ever."""
    published.write("robin@example.com", delete_on="2028-12-01")
    person = published.store.vault.lookup([of("robin@example.com")])
    delivery(published, "notice", published.now_ms(), subject=next(iter(person.values())), batch="1")
    sweep(published)
    assert held(published, "delivery_people.subject") == 1
    published.wait(days=366)
    sweep(published)
    assert held(published, "delivery_people.subject") == 0


@pytest.mark.parametrize(("keeps_days", "after"), [(0, 366), (900, 901)])
def test_the_person_of_a_disclosure_is_known_as_long_as_the_recipient_keeps_the_data(published, keeps_days, after):
    """Twelve months at least: until then a deletion and the lists can be carried out, and from then on nobody needs it."""
    rulebook = published.versions.in_force()
    object.__setattr__(rulebook.recipients["mail-service"], "keeps_days", keeps_days)
    day = dated.forget_on(rulebook, "mail-service", published.now_ms())
    object.__setattr__(rulebook.recipients["mail-service"], "keeps_days", 0)
    assert (day - published.now.date()).days == after


def test_a_disclosure_of_before_gets_its_day(published):
    """Once, at the first start of this version."""
    disclosure(published)
    with published.store.control.transaction() as tx:
        tx.execute(tables.disclosures.update().values(forget_on=None))
    assert dated.date_earlier(published.store, published.versions.rulebook) == 1
    assert dated.date_earlier(published.store, published.versions.rulebook) == 0
    sweep(published)
    assert held(published, "disclosures.subject") == 0


def test_what_is_not_due_stays(published):
    """Nothing goes before its day: the choice of yesterday, the disclosure of last month."""
    for plant, table, moment in ((choice, tables.choices, "at_ms"), (disclosure, tables.disclosures, "at_ms")):
        plant(published)
        with published.store.control.transaction() as tx:
            day = {"forget_on": published.now.date() + timedelta(days=1)} if table is tables.disclosures else {}
            tx.execute(table.update().values({moment: published.now_ms(), **day}))
    sweep(published)
    assert (held(published, "choices.subject"), held(published, "disclosures.subject")) == (1, 1)
    assert store_dated.months_before(published.now.date(), 12).year == published.now.year - 1
