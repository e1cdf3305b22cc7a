"""A server log from a file: measured by its own dates, identifiable no longer than declared."""

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

POLICY = Path(__file__).parents[2] / "policies" / "marrowby" / "policy.md"


def line(moment, address, path, agent="Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"):
    return f'{address} - - [{moment:%d/%b/%Y:%H:%M:%S} +0000] "GET {path} HTTP/1.1" 200 512 "-" "{agent}"\n'


def test_recent_lines_keep_their_address_sealed_and_old_ones_do_not(running, tmp_path):
    """Young lines are sealed, old ones measured without identifiers; a second import adds nothing; no address in clear."""
    now, old = datetime.now(UTC), datetime.now(UTC) - timedelta(days=900)
    log = tmp_path / "access.log"
    lines = [line(now - timedelta(minutes=5), "198.51.100.77", "/imported-young"), line(old, "203.0.113.99", "/imported-old")]
    log.write_text("".join([*lines, "not a log line\n", lines[0]]))
    printed = running.avow("import-log", log)
    assert printed.startswith("4 lines read, 3 kept, 1 of them without identifiers because their retention was over")
    assert printed.endswith("1 unreadable, 0 not allowed\n")
    running.avow("import-log", log)
    running.drain()
    assert running.stored("/imported-") == {"/imported-young": 2, "/imported-old": 1}
    staff = running.staff()
    young = staff.get("/console/dashboard/whole?point=server-log", follow_redirects=True).text
    assert "/imported-young" in young
    assert "/imported-old" not in young
    assert running.avow("assurance", "residue", "198.51.100.77", "203.0.113.99").startswith("0 found")


def test_a_log_is_uploaded_in_the_console(running, until):
    """Counted, confirmed and stored once each, though it is sent twice and by the command as well; no address in clear."""
    staff, now = running.staff(), datetime.now(UTC)
    log = "".join(line(now - timedelta(minutes=6, seconds=number), "198.51.100.88", "/uploaded") for number in range(3_000))
    for _ in range(2):
        page = staff.get("/console/imports").text
        token = re.search(r'name="token" value="([0-9a-f]{64})"', page)[1]
        sent = staff.post("/console/imports", files=[("token", (None, token)), ("file", ("access.log", log))])
        assert sent.status_code == 303, sent.text
        confirm = until(
            lambda: re.search(r'action="(/console/imports/[0-9a-f]+/confirm)"', staff.get("/console/imports").text), 60
        )
        done = staff.get("/console/imports").text.count("It was taken in.")
        assert staff.post(confirm[1], data={"token": token}).status_code == 303
        until(lambda before=done: staff.get("/console/imports").text.count("It was taken in.") == before + 1, 60, "the lines")
    assert running.stored("/uploaded") == {"/uploaded": 3_000}
    assert running.avow("assurance", "residue", "198.51.100.88").startswith("0 found")


def test_a_log_is_followed_while_the_server_writes_it(tmp_path, installation_of, until):
    """Lines are stored once each, through a rotation and a kill of everything in the middle; no address in clear."""
    log = tmp_path / "access.log"
    log.write_text("")
    running = installation_of(extra=f'[[server_logs]]\npath = "{log}"\n', workers=1).start()
    now = datetime.now(UTC)

    def write(text):
        with log.open("a") as file:
            file.write(text)

    def is_followed():  # what stands there at the first look is not taken in
        write(line(now, "198.51.100.77", "/first-followed"))
        return "/first-followed" in running.stored("/first-")

    until(is_followed, 60, what="the first look at the log")
    write(line(now, "198.51.100.78", "/followed-one") * 3)
    until(lambda: running.stored("/followed-") == {"/followed-one": 3}, what="the lines")
    write(line(now, "198.51.100.78", "/followed-one"))
    running.kill()
    log.rename(tmp_path / "access.log.1")
    write(line(now, "198.51.100.79", "/followed-two"))
    running.start()
    until(
        lambda: running.stored("/followed-") == {"/followed-one": 4, "/followed-two": 1},
        what="the rest of the old log, and the new one",
    )
    assert running.avow("assurance", "residue", "198.51.100.78", "198.51.100.79").startswith("0 found")


def measuring(folder):
    """Return the example policy with a server log that also measures the audience, as its prose says."""
    text = POLICY.read_text(encoding="utf-8")
    start = text.index("[collection.server-log]")
    point = text[start : text.index("[purpose.security]")]
    changed = point.replace('["security"]', '["security", "audience-measurement"]').replace(
        "data       = [", 'only       = { ip-address = ["security"], user-agent = ["security"] }\ndata       = ['
    )
    policy = folder / "policy.md"
    policy.write_text(text.replace(point, changed), encoding="utf-8")
    return policy


def test_tag_beacon_and_log_are_one_audience(tmp_path, installation_of, until):
    """A visit that all three saw counts once; one that only the log saw is added; a signal in the log keeps a line out."""
    log = tmp_path / "access.log"
    log.write_text("")
    fields = '"$http_sec_gpc" "$http_dnt" "$cookie_avow_choices"'
    combined = '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" "$http_user_agent"'
    followed = f"[[server_logs]]\npath = \"{log}\"\nformat = '{combined} {fields}'\n"
    running = installation_of(policy=measuring(tmp_path), extra=followed, workers=1).start()
    agent = running.browser().headers["user-agent"]
    with running.browser() as visitor:
        visitor.post("/avow/events", json={"events": [{"point": "page-view", "page": "/products/rain-gauge"}]})
        visitor.get("/avow/pixel.gif?page=/products/rain-gauge")
    now = datetime.now(UTC)

    def seen(address, page, gpc="-", agent=agent):
        return line(now, address, page, agent).rstrip("\n") + f' "{gpc}" "-" "-"\n'

    def write(text):
        with log.open("a") as file:
            file.write(text)

    def is_followed():  # what is there at the first look is not taken in; a robot is in no audience
        write(seen("198.51.100.9", "/first-followed", agent="ExampleBot/1.0 (+https://bot.example)"))
        return running.stored("/first-followed")

    until(is_followed, 60, what="the first look at the log")
    write(
        seen("127.0.0.1", "/products/rain-gauge") + seen("198.51.100.7", "/contact") + seen("198.51.100.8", "/contact", gpc="1")
    )
    staff = running.staff()

    def figures():
        table = staff.get("/console/dashboard/panels/reconciled").text.partition("</table>")[0]
        return [int(number) for number in re.findall(r'class="number">(?:<strong>)?(\d+)', table)]

    until(lambda: figures() == [1, 1, 2, 1, 2], what="one audience from three sources")
