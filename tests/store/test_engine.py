"""The embedded engine: what a ClickHouse client sees of it, and what its clients see of a restart."""

from __future__ import annotations

import json
import stat
import sys
import threading
import time
import uuid
from datetime import date
from importlib.util import find_spec

import clickhouse_connect
import pytest
import urllib3
from clickhouse_connect.driver.exceptions import DatabaseError
from store_records import browser, visitor

from avow.definitions import StoreUnavailable
from avow.store.embedded import http
from avow.store.events import Events, announced


@pytest.fixture
def client(folder):
    opened = clickhouse_connect.get_client(dsn=announced(folder / "run")(), compress=False, autogenerate_session_id=False)
    yield opened
    opened.close()


def test_what_is_for_other_formats_is_not_loaded(client):
    """Pyarrow and numpy, which chDB would import, cost each storage process 40 MB; who asks for them later has them."""
    assert client.command("SELECT 1") == 1
    assert "pyarrow" not in sys.modules
    assert "pyarrow.lib" not in sys.modules
    assert find_spec("pyarrow") is not None


@pytest.mark.parametrize("text", ["plain", "q'q\"", "a\\b", "tab\tline\n", "✓ é", "{x:String} -- ; FORMAT Null", ""])
def test_bound_strings_arrive_unchanged(client, text):
    """A parameter is data, whatever it contains."""
    answer = client.query("SELECT {one:String}, {many:Array(String)}", parameters={"one": text, "many": [text, "x"]})
    assert answer.result_rows == [(text, [text, "x"])]


def test_long_parameters_arrive_as_a_form(client):
    """Ten thousand ids do not fit into a URL."""
    ids = [uuid.uuid4() for _ in range(10_000)]
    assert client.query("SELECT length({ids:Array(UUID)})", parameters={"ids": ids}).result_rows == [(10_000,)]


def test_types_come_back_as_they_went_in(client):
    """Native inserts and queries agree about every type that the events have."""
    client.command(
        "CREATE TABLE IF NOT EXISTS typed (u UUID, m Map(LowCardinality(String), String), d Date32, n UInt64) ENGINE = Memory"
    )
    row = (uuid.uuid4(), {"a": "b"}, date(2099, 1, 1), 2**64 - 1)
    client.insert("typed", [row], column_names=["u", "m", "d", "n"])
    assert client.query("SELECT * FROM typed").result_rows == [row]


@pytest.mark.parametrize(
    ("sql", "code"), [("SELECT nope", 47), ("SELECT * FROM nope", 60), ("SELEC 1", 62), ("SELECT throwIf(1)", 395)]
)
def test_errors_carry_the_engines_code(client, sql, code):
    """A client can tell errors apart as it can with a cluster."""
    with pytest.raises(DatabaseError) as caught:
        client.command(sql)
    assert caught.value.code == code


def test_settings_last_for_one_statement(client):
    """A setting of one request is not seen by the next."""
    ask = "SELECT getSetting('max_block_size')"
    before = client.query(ask).result_rows
    assert client.query(ask, settings={"max_block_size": 17}).result_rows == [(17,)]
    assert all(client.query(ask).result_rows == before for _ in range(8))


def test_nobody_enters_without_the_password(folder):
    """Another program on the machine cannot read the events; the announcement is for the owner alone."""
    url = announced(folder / "run")()
    host = url.rpartition("@")[2]
    answer = urllib3.request("POST", f"http://{host}/", body=b"SELECT 1", headers={"Authorization": "Basic eDp5"})
    assert (answer.status, answer.headers["X-ClickHouse-Exception-Code"]) == (401, "516")
    assert stat.S_IMODE((folder / "run" / "engine.json").stat().st_mode) == 0o600


@pytest.mark.parametrize(
    ("headers", "body", "status"), [({}, b"", 400), ({}, b"\xff\xfe", 400), ({"Content-Encoding": "gzip"}, b"x", 400)]
)
def test_what_is_no_statement_is_refused(folder, headers, body, status):
    """Bad requests get a 400 with a code, and the engine goes on."""
    user, _, host = announced(folder / "run")().removeprefix("http://").rpartition("@")
    headers = headers | urllib3.make_headers(basic_auth=user)
    assert urllib3.request("POST", f"http://{host}/", body=body, headers=headers).status == status
    assert urllib3.request("GET", f"http://{host}/ping").data == b"Ok.\n"


@pytest.mark.parametrize("body", [b"SELECT 'x' || nope", b"INSERT INTO nope FORMAT JSONEachRow\n{}"])
def test_whatever_the_engine_says_no_to_is_an_answer(folder, body):
    """Queries and inserts: what chDB raises is what its client gets, with the engine's code."""
    user, _, host = announced(folder / "run")().removeprefix("http://").rpartition("@")
    answer = urllib3.request("POST", f"http://{host}/", body=body, headers=urllib3.make_headers(basic_auth=user))
    assert answer.status >= 400
    assert int(answer.headers["X-ClickHouse-Exception-Code"]) in {47, 60}


def test_a_fault_of_ours_ends_the_connection_and_tells_no_value(caplog):
    """Its client sees a store that is away, and tries again; the log has the kind of fault and the place."""

    def faulty(_statement, _is_left):
        raise KeyError(headers["authorization"])

    headers, server = urllib3.make_headers(basic_auth="avow:password"), http.serve(faulty, print, "password")
    with pytest.raises(urllib3.exceptions.HTTPError):
        urllib3.request("POST", f"http://127.0.0.1:{server.port}/", body=b"SELECT 1", headers=headers, retries=False)
    server.stop()
    assert "a statement ended without an answer: KeyError" in caplog.text
    assert headers["authorization"] not in caplog.text


def test_clients_follow_an_engine_to_another_port(store, writer, folder):
    """While the announcement leads nowhere a call waits; when a new one appears it goes on, records and all."""
    store.write([writer.event(visitor(1))])
    path = folder / "run" / "engine.json"
    good = path.read_text(encoding="utf-8")
    path.write_text(json.dumps({"url": "http://avow:old@127.0.0.1:9"}), encoding="utf-8")
    threading.Timer(1, path.write_text, [good]).start()
    assert len(store.find([browser(1)]).events) == 1


def test_an_engine_that_is_away_is_reported_within_seconds(tmp_path):
    """No announcement, or nobody listening: StoreUnavailable after about five seconds, not a hang."""
    started = time.monotonic()
    with pytest.raises(StoreUnavailable):
        Events(announced(tmp_path)).query("count_events")
    with pytest.raises(StoreUnavailable):
        Events("http://avow:x@127.0.0.1:9").query("count_events")
    assert time.monotonic() - started < 25


def test_mutations_on_disk_name_nobody(store, writer, folder):
    """What the engine remembers of an erasure is the same text for everybody."""
    store.write([writer.event(visitor(1))])
    (subject,) = store.erase([browser(1)], 2_000_000_000_000)
    store.purge()
    texts = [path.read_text() for path in (folder / "events").rglob("mutation_*.txt")]
    assert texts
    assert not any(str(uuid.UUID(bytes=subject)) in text for text in texts)
