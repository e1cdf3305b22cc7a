"""A server log from a file: measured by its own dates, identifiable no longer than declared."""

import json
import time
from datetime import UTC, datetime, timedelta

import clickhouse_connect


def line(moment, address, path, agent="Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"):
    return f'{address} - - [{moment:%d/%b/%Y:%H:%M:%S} +0000] "GET {path} HTTP/1.1" 200 512 "-" "{agent}"\n'


def test_recent_lines_keep_their_address_sealed_and_old_ones_do_not(running, tmp_path):
    """Young lines are sealed, old ones measured without identifiers; a second import adds nothing; no address in clear."""
    now, old = datetime.now(UTC), datetime.now(UTC) - timedelta(days=900)
    log = tmp_path / "access.log"
    lines = [line(now - timedelta(minutes=5), "198.51.100.77", "/imported-young"), line(old, "203.0.113.99", "/imported-old")]
    log.write_text("".join([*lines, "not a log line\n", lines[0]]))
    printed = running.avow("import-log", log)
    assert printed == ("4 lines read, 3 kept, 1 of them without identifiers because their retention was over, 1 unreadable\n")
    running.avow("import-log", log)
    time.sleep(3)
    url = json.loads((running.data / "run" / "engine.json").read_text())["url"]
    client = clickhouse_connect.get_client(dsn=url)
    counted = client.query("SELECT page, count() FROM events WHERE startsWith(page, '/imported-') GROUP BY page").result_rows
    client.close()
    assert dict(counted) == {"/imported-young": 2, "/imported-old": 1}
    staff = running.staff()
    young = staff.get("/console?point=server-log", follow_redirects=True).text
    assert "/imported-young" in young
    assert "/imported-old" not in young
    assert running.avow("assurance", "residue", "198.51.100.77", "203.0.113.99").startswith("0 found")


def test_a_log_is_followed_while_the_server_writes_it(tmp_path, installation_of, until):
    """Lines are stored once each, through a rotation and a kill of everything in the middle; no address in clear."""
    log = tmp_path / "access.log"
    log.write_text("")
    running = installation_of(extra=f'[[server_logs]]\npath = "{log}"\n').start()
    now = datetime.now(UTC)

    def counted():
        engine = running.data / "run" / "engine.json"
        if not engine.exists():  # not up again yet
            return {}
        url = json.loads(engine.read_text())["url"]
        client = clickhouse_connect.get_client(dsn=url)
        rows = client.query("SELECT page, count() FROM events WHERE startsWith(page, '/followed-') GROUP BY page").result_rows
        client.close()
        return dict(rows)

    def write(text):
        with log.open("a") as file:
            file.write(text)

    time.sleep(2)  # the first look at the log: what stands there then is not taken in
    write(line(now, "198.51.100.78", "/followed-one") * 3)
    until(lambda: counted() == {"/followed-one": 3}, what="the lines")
    write(line(now, "198.51.100.78", "/followed-one"))
    running.kill()
    log.rename(tmp_path / "access.log.1")
    write(line(now, "198.51.100.79", "/followed-two"))
    running.start()
    until(lambda: counted() == {"/followed-one": 4, "/followed-two": 1}, what="the rest of the old log, and the new one")
    assert running.avow("assurance", "residue", "198.51.100.78", "198.51.100.79").startswith("0 found")
