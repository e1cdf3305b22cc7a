"""What somebody waits for ends when nobody waits any more, and never keeps a write waiting."""

from __future__ import annotations

import socket
import threading
from base64 import b64encode
from contextlib import contextmanager
from urllib.parse import quote

import clickhouse_connect
import pytest
import urllib3
from clickhouse_connect.driver.exceptions import DatabaseError
from store_records import browser, visitor
from tests.conftest import wait_for

from avow.analytics.question import Scope
from avow.definitions import StoreUnavailable
from avow.store import changed
from avow.store.asker import NobodyWaits
from avow.store.embedded import http, questions
from avow.store.events import Events, announced

#: A statement that takes an hour, and can be cancelled as any.
SLOW = "SELECT count() FROM numbers(100000000000) WHERE sipHash64(number) = 1"
SCOPE = Scope("", 0, 1).asked()


@pytest.fixture
def client(folder):
    opened = clickhouse_connect.get_client(
        dsn=announced(folder / "run")(), compress=False, autogenerate_session_id=False, autogenerate_query_id=False
    )
    yield opened
    opened.close()


def _running(client):
    """Return the ids of the questions that run."""
    mark = f"Settings['{questions.MARK}']"
    found = client.query(f"SELECT {mark} FROM system.processes WHERE {mark} != ''").result_rows
    return {row[0] for row in found}


class Waiting:
    """Somebody who waits for an answer in a thread of their own."""

    def __init__(self, ask):
        self._ask, self.error = ask, None
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def _run(self):
        try:
            self._ask()
        except (DatabaseError, StoreUnavailable) as error:
            self.error = error

    def end(self):
        """Return with what the wait ended."""
        self._thread.join(30)
        assert not self._thread.is_alive()
        return self.error


@contextmanager
def occupied(client):
    """Have every thread that answers questions work on something that takes an hour."""
    named = [f"busy-{number}" for number in range(questions.AT_ONCE)]
    waiting = [Waiting(lambda one=one: client.query(SLOW, settings={"query_id": one})) for one in named]
    wait_for(lambda: _running(client) == set(named), what="the questions to run")
    try:
        yield named
    finally:
        for one in named:
            client.command("KILL QUERY WHERE query_id = {id:String} ASYNC", parameters={"id": one})
    assert [one.end().code for one in waiting] == [394] * len(named)
    assert not _running(client)


def test_a_running_question_ends_by_its_id_with_the_engines_code_and_the_next_one_is_answered(client):
    """`KILL QUERY`, as a cluster has it; of an id that nobody asks under there is nothing to end."""
    with occupied(client):
        client.command("KILL QUERY WHERE query_id = {id:String} ASYNC", parameters={"id": "unknown' OR 1 --"})
        assert len(_running(client)) == questions.AT_ONCE
    assert client.query("SELECT 1", settings={"query_id": "next"}).result_rows == [(1,)]


def test_a_question_that_has_not_begun_never_does(client, store):
    """Its asker left while others were answered: it is not asked, and nothing of theirs is any more."""
    asker = store.events.asker()
    with occupied(client) as busy:
        waiting = Waiting(lambda: asker.query("dashboard_totals", **SCOPE))
        wait_for(lambda: asker._running, what="the question to be asked")
        asker.leave()
        assert isinstance(waiting.end(), NobodyWaits)
        assert _running(client) == set(busy)
    with pytest.raises(NobodyWaits):
        asker.query("dashboard_totals", **SCOPE)
    assert store.events.asker().query("dashboard_totals", **SCOPE)[0]["views"] == 0


class OnItsWay(Events):
    """The event store, to which a question comes only after it was told that nobody waits for it."""

    def __init__(self, address):
        super().__init__(address)
        self._was_told = threading.Event()

    def end(self, query_id):
        super().end(query_id)
        self._was_told.set()

    def ask(self, name, parameters, query_id, stay):
        self._was_told.wait(30)
        looked = []  # it was looked whether somebody waits before they left

        def look():
            if looked:
                stay()
            looked.append(True)

        return super().ask(name, parameters, query_id, look)


def test_a_question_that_was_on_its_way_when_its_asker_left_ends_too(client, folder):
    """The engine does not know it yet when it is told to end it: it is told again until it has."""
    events = OnItsWay(announced(folder / "run"))
    asker = events.asker()
    with occupied(client) as busy:
        waiting = Waiting(lambda: asker.query("dashboard_totals", **SCOPE))
        wait_for(lambda: asker._running, what="the question to be asked")
        leaving = Waiting(asker.leave)
        assert isinstance(waiting.end(), NobodyWaits)
        assert leaving.end() is None
        assert _running(client) == set(busy)
    events.close()


def test_who_asked_and_closed_the_connection_is_not_answered(client, folder):
    """A web worker that was killed leaves nothing behind that runs."""
    user, _, host = announced(folder / "run")().removeprefix("http://").rpartition("@")
    name, _, port = host.partition(":")
    with socket.create_connection((name, int(port))) as asker:
        head = f"POST /?query_id=gone&query={quote(SLOW)} HTTP/1.1\r\nHost: {host}\r\nContent-Length: 0\r\n"
        asker.sendall(f"{head}Authorization: Basic {b64encode(user.encode()).decode()}\r\n\r\n".encode())
        wait_for(lambda: _running(client) == {"gone"}, what="the question to run")
    wait_for(lambda: not _running(client), what="the question to end")


def test_writing_and_erasing_do_not_wait_for_questions(client, store, writer):
    """However many pages wait: what is stored, and what is removed, has threads of its own."""
    with occupied(client):
        more = [store.events.asker() for _ in range(5)]
        waiting = [Waiting(lambda one=one: one.query("dashboard_totals", **SCOPE)) for one in more]
        store.write([writer.event(visitor(1))])
        assert len(store.find([browser(1)]).events) == 1
        store.erase([browser(1)], 2_000_000_000_000)
        store.purge()
        assert not store.find([browser(1)]).events
        for one in more:
            one.leave()
        assert all(isinstance(one.end(), NobodyWaits) for one in waiting)


def test_two_questions_under_one_id_are_refused_as_a_cluster_refuses_them(client):
    """QUERY_WITH_SAME_ID_IS_ALREADY_RUNNING."""
    with occupied(client) as busy, pytest.raises(DatabaseError) as caught:
        client.query("SELECT 1", settings={"query_id": busy[0]})
    assert caught.value.code == 216


def test_connections_are_bounded_and_the_next_one_is_told_to_come_again(folder, store):
    """Each has a thread. Whoever is sent away is away for a moment, as an engine that starts again."""
    user, _, host = announced(folder / "run")().removeprefix("http://").rpartition("@")
    name, _, port = host.partition(":")
    opened = []
    try:
        answer = b""
        while not answer and len(opened) <= http.CONNECTIONS:
            opened.append(socket.create_connection((name, int(port))))
            opened[-1].sendall(b"GET /ping HTTP/1.1\r\nHost: x\r\n\r\n")
            first = opened[-1].recv(12)
            answer = first if first.endswith(b"503") else b""
        assert answer == b"HTTP/1.1 503"
    finally:
        for one in opened:
            one.close()
    wait_for(lambda: _is_answered(host, user), what="room for a connection")
    assert store.events.query("dashboard_totals", **SCOPE)


def _is_answered(host, user):
    headers = urllib3.make_headers(basic_auth=user)
    return urllib3.request("POST", f"http://{host}/", body=b"SELECT 1", headers=headers, retries=False).status == 200


def test_what_changes_the_events_changes_their_number_and_what_looks_does_not(folder, store, writer):
    """Pages that show figures are asked again by it alone."""
    run = folder / "run"
    seen = [changed.last(run).number]

    def is_new():
        seen.append(changed.last(run).number)
        return seen[-1] not in seen[:-1]

    store.events.query("dashboard_totals", **SCOPE)
    assert not is_new()
    assert changed.last(run).is_empty
    store.write([writer.event(visitor(1))])
    assert is_new()
    assert not changed.last(run).is_empty
    store.find([browser(1)])
    store.purge()
    assert not is_new()
    store.erase([browser(1)], 2_000_000_000_000)
    store.purge()
    assert is_new()
    assert changed.last(run).is_empty
    assert all(seen)


def test_a_disk_that_takes_no_word_of_a_change_leaves_nothing_that_says_unchanged(tmp_path):
    """The folder is gone: what was said last is not known, and nobody is told that nothing is new."""
    changed.note(tmp_path, is_empty=True)
    assert changed.last(tmp_path).number
    changed.note(tmp_path / "away", is_empty=True)
    assert changed.last(tmp_path / "away") == changed.State()
