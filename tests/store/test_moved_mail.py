"""Messages that earlier versions kept whole are moved into the table of deliveries, on both databases, without any key."""

import json

import pytest
from alembic import command
from alembic.config import Config
from sqlalchemy import column as named
from sqlalchemy import create_engine, insert, inspect, table

from avow.store.control import Control, deliveries, subscriptions
from avow.store.control.database import _MIGRATIONS

ROBIN, LEE, GONE = b"r" * 16, b"l" * 16, b"g" * 16
MAIL = (*("id", "request_id", "subject", "created_ms", "sealed", "state", "attempts", "next_ms", "publication", "mailing"),)
MORE = ("trouble", "code", "sent_ms", "site")
FACTS = {"attempts": 0, "next_ms": 5, "state": "waiting", "trouble": "", "code": 0, "site": "shop", "created_ms": 5}


def submission(record_id, point, collected_ms):
    row = {"record_id": record_id, "reference": "R", "collected_ms": collected_ms, "site": "shop", "point": point, "sealed": b"s"}
    return row | {
        "rulebook_id": "v",
        "day_key": "",
        "delete_on": "2030-01-01",
        "then": "erase",
        "demonstration": False,
        "state": "new",
    }


ROWS = {
    "submissions": [submission("r1", "news", 1), submission("r2", "news", 2), submission("r3", "contact", 3)],
    "submission_subjects": [{"record_id": one, "subject": ROBIN} for one in ("r1", "r2", "r3")],
    "mailings": [
        {"id": "m", "point": "news", "measured_by": "", "rulebook_id": "v", "subject_line": "S", "text": "T", "links": "[]"}
        | dict.fromkeys(("created_ms", "recipients", "refused", "delivered", "measured", "failed", "unsubscribed"), 1)
        | {"looked_at": ""}
    ],
    "pending_subscriptions": [
        {"record_id": "p", "point": "news", "subject": LEE, "sealed": b"s", "mail_id": "asks", "asked_ms": 1, "expires_ms": 9}
    ],
    "consumer_requests": [
        {"id": "q", "kind": "know", "received_ms": 1, "received_on": "2026-11-24", "rulebook_id": "v7", "channel": "web"}
        | {"sealed": b"c", "demonstration": False}
    ],
    "request_events": [
        {"request_id": "q", "seq": 1, "at_ms": 1, "what": "link-written", "detail": json.dumps({"message": "link"})},
        {"request_id": "q", "seq": 2, "at_ms": 1, "what": "answer-written", "detail": json.dumps({"message": "answer"})},
        {"request_id": "q", "seq": 3, "at_ms": 1, "what": "responded", "detail": "no JSON"},
    ],
    "mail": [
        {"id": "link", "request_id": "q", "sealed": b"link", "state": "sent", "sent_ms": 7, "attempts": 1},
        {
            "id": "answer",
            "request_id": "q",
            "sealed": b"answer",
            "state": "failed",
            "attempts": 3,
            "trouble": "refused",
            "code": 550,
        },
        {"id": "asks", "subject": LEE, "sealed": b"asks"},
        {"id": "waits", "subject": ROBIN, "sealed": b"waits", "mailing": "m"},
        {"id": "told", "subject": ROBIN, "sealed": b"told", "publication": 3, "state": "failed"},
        {"id": "was-told", "subject": GONE, "sealed": b"was-told", "publication": 3, "state": "sent", "sent_ms": None},
        {"id": "nobody", "subject": GONE, "sealed": b"nobody", "mailing": "m"},
        {"id": "asked-nobody", "subject": GONE, "sealed": b"asked-nobody"},
    ],
}


@pytest.fixture
def moved(empty_database):
    """Return a control store that the version before left with these rows."""
    config = Config()
    config.set_main_option("script_location", str(_MIGRATIONS))
    engine = create_engine(empty_database.replace("postgresql:", "postgresql+psycopg:"))
    with engine.begin() as connection:
        config.attributes["connection"] = connection
        command.upgrade(config, "20261130_0022")
        for name, rows in ROWS.items():
            for row in rows:
                whole = {**dict.fromkeys((*MAIL, *MORE)), **FACTS, **row} if name == "mail" else row
                connection.execute(insert(table(name, *map(named, whole))).values(**whole))
    engine.dispose()
    control = Control(empty_database)
    yield control
    control.close()


def found(control, delivery_id):
    with control.reading() as tx:
        return deliveries.get(tx, delivery_id)


def test_letters_keep_their_one_copy_and_know_what_they_are(moved):
    """By the history of their request, where a damaged entry stops nobody; state, tries and the server's code stay."""
    link, answer = found(moved, "link"), found(moved, "answer")
    assert (link.kind, link.state, link.sent_ms, link.request_id, link.rulebook_id) == ("letter", "sent", 7, "q", "v7")
    assert (answer.kind, answer.state, answer.attempts, answer.trouble, answer.code) == ("answer", "failed", 3, "refused", 550)
    with moved.reading() as tx:
        assert [deliveries.letter(tx, one) for one in ("link", "answer", "asks", "waits")] == [b"link", b"answer", None, None]
        assert deliveries.failed_requests(tx) == {"q"}


def test_what_is_composed_later_names_what_it_is_about(moved):
    """A mailing its person's newest subscription to that list, a notice whatever they sent last, a question what waits for it."""
    waits, told, asks = (found(moved, one) for one in ("waits", "told", "asks"))
    assert (waits.kind, waits.batch, waits.about.record, waits.about.sealed) == ("mailing", "m", "r2", None)
    assert (told.kind, told.batch, told.about.record, told.about.sealed) == ("notice", "3", "r3", b"told")  # it may be corrected
    assert (asks.kind, asks.subject, asks.about.record, asks.site) == ("confirmation", LEE, "p", "shop")
    with moved.reading() as tx:
        assert subscriptions.get(tx, "p").delivery == "asks"
        assert [one.id for one in deliveries.due(tx, 5, 9)] == ["asks", "waits"]
        assert deliveries.have_one(tx, "3", [ROBIN, LEE, GONE]) == {ROBIN, GONE}


def test_what_is_about_nothing_is_not_moved_and_nothing_is_left(moved):
    """It would never leave; what has left stays, so that nobody is told twice."""
    assert [found(moved, one) for one in ("nobody", "asked-nobody")] == [None, None]
    assert (found(moved, "was-told").state, found(moved, "was-told").about.sealed) == ("sent", None)
    with moved.reading() as tx:
        assert "mail" not in inspect(tx).get_table_names()
