"""Server logs: every format is read strictly, every line comes once, and following survives rotation and restarts."""

import gzip
import hashlib
import hmac
import json
import os
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from functools import partial

import msgspec
import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from tests.houses import MARROWBY, sites

from avow import policy
from avow.collection import visits
from avow.collection.bounds import Moments
from avow.collection.logs import log_formats, server_log
from avow.collection.logs.following import Follower
from avow.collection.logs.log_intake import website_of
from avow.collection.logs.server_log import Import
from avow.collection.refusals import Refusals
from avow.config import Website
from avow.definitions import Refusal, StoreUnavailable
from avow.store.aside import Aside

LINE = (
    b'198.51.100.7 - - [17/May/2015:10:05:03 +0200] "GET /a/b?x=1 HTTP/1.1" 200 512 "http://ref.example/p?q" '
    b'"Mozilla/5.0 (X11; Linux x86_64; rv:145.0) Gecko/20100101 Firefox/145.0"\n'
)
READ = log_formats.reader("combined")
SITES_OF_ONE = sites(Website("s", "https://s.example"))
SITE = SITES_OF_ONE.first
BOTH = sites(Website("main", "https://www.example.com"), Website("shop", "https://shop.example.com"))
#: Two websites, one of which has its log measured.
OF_MAIN = (
    MARROWBY.replace('technology = "server-log"\n', 'technology = "server-log"\non         = ["main"]\n')
    + """
```avow
[website.main]
label   = "Instruments"
address = "https://www.example.com"

[website.shop]
label   = "Charts"
address = "https://shop.example.com"
```
"""
)
AT = int(datetime(2015, 5, 17, 8, 5, 3, tzinfo=UTC).timestamp() * 1000)


def test_log_line_is_read_in_its_own_zone():
    """Time with its offset, target without the protocol, referrer and agent."""
    line = READ(LINE)
    assert line.time_ms == int(datetime(2015, 5, 17, 8, 5, 3, tzinfo=UTC).timestamp() * 1000)
    assert (line.method, line.target, line.status, line.size) == ("GET", "/a/b?x=1", "200", "512")


@pytest.mark.parametrize(
    ("format_", "written"),
    [
        ("vhost_combined", "{}:443 "),
        (
            '$host $remote_addr - $remote_user [$time_local] "$request" $status $bytes_sent "$http_referer" "$http_user_agent"',
            "{} ",
        ),
        ('%{Host}i %h %l %u %t "%r" %>s %b "%{Referer}i" "%{User-Agent}i"', "{} "),
        (log_formats.COMBINED, ""),
    ],
)
def test_a_line_is_of_the_website_whose_host_it_names(format_, written):
    """By Apache's and nginx's words for it; where the format has none, of the first, and of the named one where one is named."""
    read = log_formats.reader(format_)
    line = read(written.format("Shop.example.com").encode() + LINE)
    assert line.target == "/a/b?x=1"
    assert website_of(BOTH, "")(line.host).name == ("shop" if written else "main")
    assert website_of(BOTH, "shop")(line.host).name == "shop"
    stranger = read(written.format("elsewhere.example").encode() + LINE)
    assert (website_of(BOTH, "")(stranger.host) is None) is bool(written)
    assert website_of(SITES_OF_ONE, "")(stranger.host).name == "s"


def test_a_json_line_names_its_host_as_nginx_does():
    """By the name of the variable."""
    line = {"time_iso8601": "2026-11-23T10:00:00+00:00", "request": "GET / HTTP/1.1", "host": "shop.example.com"}
    assert log_formats.reader("json")(json.dumps(line).encode()).host == "shop.example.com"


def test_a_point_is_refused_on_the_website_that_it_is_not_on():
    """Line by line, counted with the website and the rule; what is of no website of ours as well, and the others go on."""
    rulebook = policy.compile_text(OF_MAIN, "policy.md", policy.law.tables(), date(2026, 11, 24)).rulebook
    refusals, read = Refusals(), log_formats.reader("vhost_combined")
    running = importing(rulebook, date(2015, 5, 17), read=read, refusals=refusals, website_of=website_of(BOTH, ""))
    hosts = ("www.example.com", "shop.example.com", "elsewhere.example", "www.example.com")
    found = list(running.records([f"{host}:443 ".encode() + LINE for host in hosts]))
    assert [one.site for one in found] == ["main", "main"]
    assert (running.kept, running.refused, running.unreadable) == (2, 2, 0)
    counted = {}
    refusals.flush(counted.update)
    assert sorted((one.site, one.point, count) for one, count in counted.items()) == [
        ("", "server-log", 1),
        ("shop", "server-log", 1),
    ]


@given(st.binary(max_size=300))
def test_no_bytes_are_an_exception(raw):
    """Whatever stands in a log file is a line or unreadable."""
    READ(raw)


def importing(rulebook, today, number=lambda *_: 1, read=READ, refusals=None, website_of=lambda _host: SITE, log="one.log"):
    """Return an import that believes every moment up to now."""
    believed = partial(Moments().hold, now_ms=int(datetime.now(UTC).timestamp() * 1000))
    tried = Aside(None, None).tried
    facts = (
        lambda _: rulebook,
        website_of,
        "server-log",
        lambda: today,
        number,
        read,
        believed,
        tried,
        refusals or Refusals(),
        lambda label, data: hashlib.blake2b(label + data, key=b"k" * 32).digest(),
        log,
    )
    return Import(*facts)


def imported(rulebook, today, lines=(LINE,)):
    number = partial(visits.visit_number, b"k" * 32)
    made = importing(rulebook, today, lambda _permit, _site, at_ms, address, agent: number(f"{at_ms} {address}", agent))
    return list(made.records(lines))


def test_old_line_is_measured_without_identifiers(rulebook):
    """Past its retention a line keeps page and browser, not address and agent."""
    (record,) = imported(rulebook, date(2026, 11, 23))
    assert record.sealed == {}
    assert record.fields["page"] == "/a/b"
    assert "198.51.100.7" not in repr(record)


@pytest.mark.parametrize("start", server_log.OF_ONE_PERSON)
def test_a_link_of_one_person_is_not_kept(rulebook, start):
    """Beside the network address it would say whose e-mail or request it was; that it was opened stays countable."""
    (record,) = imported(rulebook, date(2015, 5, 20), [LINE.replace(b"/a/b?x=1", f"{start}{'ab' * 16}.{'cd' * 16}".encode())])
    assert record.fields["page"] == f"{start}-"
    assert "abab" not in repr(record.fields) + repr(record.sealed)


def test_young_line_is_kept_until_its_day(rulebook):
    """Within its retention the address is there to be sealed, and due thirty days after the line."""
    (record,) = imported(rulebook, date(2015, 5, 20))
    assert record.sealed["ip-address"] == "198.51.100.7"
    assert record.delete_on == "2015-06-16"


def test_same_lines_have_the_same_ids_each_time(rulebook):
    """Importing again repeats ids; equal lines within a file are told apart."""
    first, second = (imported(rulebook, date(2015, 5, 20), [LINE, LINE]) for _ in range(2))
    assert [one.record_id for one in first] == [one.record_id for one in second]
    assert len({one.record_id for one in first}) == 2


def test_a_line_names_the_id_that_earlier_versions_gave_it(rulebook):
    """Without the log's name and the address: equal lines of two people had ids by their count. Only where somebody imports."""
    made = importing(rulebook, date(2015, 5, 20))
    assert [one.former_id for one in made.records([LINE])] == [""]
    made.names_former = True
    found = [one.former_id for one in made.records([LINE, LINE.replace(b"198.51.100.7", b"198.51.100.8")])]
    assert found == ["014d60e7a398962aac28e0f9eec6dc93", "014d60e7a3983ff0ba685739eccb8840"]  # as they were made then


@pytest.mark.parametrize(
    ("written", "line"),
    [
        ("common", '198.51.100.7 - - [17/May/2015:10:05:03 +0200] "GET /a HTTP/1.1" 200 512'),
        ("vhost_combined", 'www.example.com:443 198.51.100.7 - - [17/May/2015:10:05:03 +0200] "GET /a HTTP/1.1" 200 512 "-" "A"'),
        (
            (
                '$remote_addr - $remote_user [$time_local] "$request" $status $body_bytes_sent "$http_referer" '
                '"$http_user_agent" "$http_x_forwarded_for"'
            ),
            '198.51.100.7 - - [17/May/2015:10:05:03 +0200] "GET /a HTTP/1.1" 200 512 "-" "A" "203.0.113.9"',
        ),
        (
            "$msec|$remote_addr|$request_method|$request_uri|$status|${body_bytes_sent}x",
            "1431849903.000|198.51.100.7|GET|/a|200|512x",
        ),
        (
            '[$time_iso8601] $host $remote_addr "$request" $request_time $status $bytes_sent',
            '[2015-05-17T10:05:03+02:00] h 198.51.100.7 "GET /a HTTP/2.0" 0.001 200 512',
        ),
        (
            '%a %{c}a %t \\"%r\\" %D 100%% %>s %O \\"%{User-Agent}i\\"',
            '198.51.100.7 10.0.0.1 [17/May/2015:10:05:03 +0200] "GET /a HTTP/1.1" 1234 100% 200 512 "A"',
        ),
        ('%t "%m" "%U%q" %h %s %b', '[17/May/2015:10:05:03 +0200] "GET" "/a" 198.51.100.7 200 512'),
        (
            "json",
            (
                '{"time_iso8601": "2015-05-17T10:05:03+02:00", "remote_addr": "198.51.100.7", "request": "GET /a HTTP/1.1", '
                '"status": 200, "body_bytes_sent": "512", "http_user_agent": "A", "more": {"x": [1]}}'
            ),
        ),
    ],
)
def test_each_format_gives_the_same_line(written, line):
    """nginx's log_format, Apache's LogFormat and JSON say the same in other words."""
    read = log_formats.reader(written)(line.encode() + b"\n")
    assert (read.time_ms, read.address, read.method, read.target, read.status, read.size) == (
        AT,
        "198.51.100.7",
        "GET",
        "/a",
        "200",
        "512",
    )


def test_bytes_of_no_text_leave_a_json_line_readable():
    """nginx writes what a stranger asked for as it came: a page of such bytes must not stop the log that it stands in."""
    line = b'{"time_iso8601": "2015-05-17T10:05:03+02:00", "remote_addr": "198.51.100.7", "request": "GET /\xff HTTP/1.1"}'
    assert log_formats.reader("json")(line).target == "/\ufffd"


@pytest.mark.parametrize("written", ["", "$status", "$time_local $status", '"$request"', "%h %r", "%t" * 2000, "combine"])
def test_a_format_that_cannot_be_read_is_refused(written):
    """Without a moment and a page a line says nothing."""
    assert isinstance(log_formats.reader(written), Refusal)


@pytest.mark.parametrize(
    ("written", "named"),
    [
        ('%h %t "%r" "%{User-Agent}"', "%{User-Agent}"),
        ('%h %t "%r" %Q', "%Q"),
        ('%h %t "%r" %i', "%i"),
        ('%h %{%Y-%m-%d}t %t "%r"', "%{%Y-%m-%d}t"),
        ('$remote_addr [$time_local] "$request" $', "$"),
        ('$remote_addr [$time_local] "$request" ${http_referer', "${http_referer"),
        ('$remote_addr [$time_local] "$request" %>s', "%>s"),
    ],
)
def test_a_format_that_is_understood_in_part_names_the_part(written, named):
    """Its lines would be read, and counted as what they are not."""
    refused = log_formats.reader(written)
    assert isinstance(refused, Refusal)
    assert named in refused.reason


@given(st.lists(st.booleans(), min_size=30, max_size=30))
def test_names_of_headers_have_no_case(upper):
    """RFC 9110, 5.1: without its agent every line was a robot's."""
    names = iter(upper)
    case = lambda name: "".join(sign.upper() if next(names, True) else sign for sign in name)  # noqa: E731 - one question
    read = log_formats.reader(f'%h %l %u %t "%r" %>s %b "%{{{case("referer")}}}i" "%{{{case("user-agent")}}}i"')
    line = read(LINE)
    assert line.referrer.startswith("http://ref.example")
    assert "Firefox" in line.agent
    nginx = log_formats.reader(f'$time_iso8601 "$request" "${case("http_user_agent")}"')
    assert nginx(b'2015-05-17T10:05:03+02:00 "GET / HTTP/1.1" "A b"').agent == "A b"


@pytest.mark.parametrize("user", ["-", "ada", "Ada Marsh", '"Ada Marsh"', '""', "Ada [x] 5", r"a\x22b", r"\"x y"])
@pytest.mark.parametrize("written", ["combined", '$remote_addr - $remote_user [$time_local] "$request" $status $bytes_sent'])
def test_a_user_may_have_a_space_in_their_name(written, user):
    """What follows it is certain; the name is not kept."""
    line = f'198.51.100.7 - {user} [17/May/2015:10:05:03 +0200] "GET /a HTTP/1.1" 200 512'
    read = log_formats.reader(written)((line + (' "-" "A"' if written == "combined" else "")).encode())
    assert (read.time_ms, read.target, read.status) == (AT, "/a", "200")
    assert "x y" not in repr(read)


@pytest.mark.parametrize(
    ("written", "line"),
    [
        (
            "combined",
            r'1.2.3.4 - - [17/May/2015:10:05:03 +0200] "GET /caf\xC3\xA9 HTTP/1.1" 200 5 "-" "A \x22b\x22 \xE2\x98\x82"',
        ),
        ("combined", r'1.2.3.4 - - [17/May/2015:10:05:03 +0200] "GET /caf\xc3\xa9 HTTP/1.1" 200 5 "-" "A \"b\" \xe2\x98\x82"'),
        (
            "json",
            r'{"msec": 1431849903.0, "request": "GET /caf\xC3\xA9 HTTP/1.1", "http_user_agent": "A \x22b\x22 \xE2\x98\x82"}',
        ),
        ("json", r'{"MSEC": 1431849903.0, "request": "GET /caf\u00e9 HTTP/1.1", "http_user_agent": "A \"b\" \u2602"}'),
        ("$msec $request $status $http_user_agent", '1431849903.000 GET /caf\u00e9 HTTP/1.1 200 A "b" \u2602'),
        ("$msec | $http_user_agent | $request_uri", '1431849903.000 | A "b" \u2602 | /caf\u00e9'),
    ],
)
def test_escapes_of_servers_are_taken_off(written, line):
    """nginx writes bytes by their numbers, Apache quotes as C does; unquoted, an agent ends where what follows is certain."""
    read = log_formats.reader(written)(line.encode())
    assert (read.time_ms, read.target, read.agent) == (AT, "/caf\u00e9", 'A "b" \u2602')


def test_retention_counts_from_our_own_moment_where_a_clock_is_ahead(rulebook):
    """A server whose clock is a day ahead does not have an address kept for a day longer."""
    tomorrow = datetime.now(UTC) + timedelta(hours=20)
    today = (tomorrow - timedelta(hours=30)).date()
    (record,) = imported(
        rulebook, today, [LINE.replace(b"17/May/2015:10:05:03 +0200", f"{tomorrow:%d/%b/%Y:%H:%M:%S} +0000".encode())]
    )
    assert record.delete_on == f"{today + timedelta(days=30)}"


def test_a_line_without_an_address_is_no_visit(rulebook):
    """A format that has none would make one visitor of all of them."""
    read = log_formats.reader('%t "%r" "%{User-Agent}i"')
    lines = [b'[17/May/2015:10:05:03 +0200] "GET /a HTTP/1.1" "A"']
    (record,) = importing(rulebook, date(2015, 5, 20), number=lambda *_: 7, read=read).records(lines)
    assert record.visit == 0


@given(st.text(max_size=60), st.text(max_size=120))
def test_no_format_and_no_line_are_an_exception(written, line):
    """Whatever stands in a configuration and in a log."""
    read = log_formats.reader(written)
    if not isinstance(read, Refusal):
        read(line.encode())
    log_formats.reader("json")(line.encode())


@pytest.mark.parametrize(
    "value", ["[" * 20_000, "17/May/2015:10:05:03 +0200", "99999999999999", "31/Foo/2015:10:05:03 +0200", "0"]
)
def test_moments_are_read_strictly(value):
    """What is no moment is none, and a JSON log may nest what it likes."""
    assert log_formats.milliseconds(value) in {None, AT}
    assert log_formats.reader("json")((value * 2000).encode()) is None


@dataclass
class Kept:
    """A store that keeps records once by id, and fails when told to; and the memory of places."""

    records: dict = field(default_factory=dict)
    places: dict = field(default_factory=dict)
    passed_over: list = field(default_factory=list)
    fails: bool = False
    fails_behind: bool = False

    def write(self, records):
        if self.fails:
            raise StoreUnavailable("away")
        self.records |= {one.record_id: one for one in records}
        if self.fails_behind:
            raise StoreUnavailable("away, with all of it")

    def place(self, name):
        return self.places.get(name)

    def keep(self, name, place):
        self.places[name] = place

    def pages(self):
        assert {one.sealed["ip-address"] for one in self.records.values()} <= {"198.51.100.7"}  # whole lines
        return Counter(one.fields["page"] for one in self.records.values())


def line(page, second=0):
    return f'198.51.100.7 - - [23/Nov/2026:10:{second // 60:02}:{second % 60:02} +0000] "GET {page} HTTP/1.1" 200 5 "-" "A"\n'


@pytest.fixture
def kept():
    return Kept()


@pytest.fixture
def followed(tmp_path, rulebook, kept):
    """Return a function that starts a follower anew, as after a restart; the log has one line already."""
    log = tmp_path / "access.log"
    log.write_text(line("/before"))

    def start():
        made = partial(importing, rulebook, date(2026, 11, 23))
        return Follower(
            "web", log, made, kept, kept, lambda label, data: hmac.digest(label, data, "sha256"), kept.passed_over.append
        )

    follower = start()
    assert follower.once() is False
    return start, follower, log


def append(log, text):
    with log.open("a") as file:
        file.write(text)


def drain(follower):
    while follower.once():
        pass


def test_what_stood_there_before_is_not_taken_in(followed, kept):
    """Following begins with the next line; a line is read when it is whole."""
    _, follower, log = followed
    append(log, line("/a") + line("/b")[:30])
    drain(follower)
    assert kept.pages() == {"/a": 1}
    append(log, line("/b")[30:])
    drain(follower)
    assert kept.pages() == {"/a": 1, "/b": 1}


def test_lines_that_were_kept_although_keeping_them_failed_are_kept_once(followed, kept):
    """A store may fail behind the write: the same lines have the same ids when they are read again, equal ones too."""
    _, follower, log = followed
    append(log, line("/a") * 2)
    drain(follower)
    append(log, line("/a") + line("/b"))
    kept.fails_behind = True
    for _ in range(2):
        with pytest.raises(StoreUnavailable):
            drain(follower)
    kept.fails_behind = False
    drain(follower)
    assert kept.pages() == {"/a": 3, "/b": 1}


def test_equal_lines_of_one_second_each_count_also_across_a_restart(followed, kept):
    """The place that outlives a restart lies before the second that is being written."""
    start, follower, log = followed
    for _ in range(3):
        append(log, line("/a") * 2)
        drain(follower)
    restarted = start()
    append(log, line("/a") * 2)
    drain(restarted)
    assert kept.pages() == {"/a": 8}
    append(log, line("/late", 600))
    drain(restarted)
    assert kept.places["web"].offset > 0


def test_a_store_that_is_away_loses_nothing(followed, kept):
    """The place moves on only after the records are kept."""
    _, follower, log = followed
    append(log, line("/a"))
    kept.fails = True
    with pytest.raises(StoreUnavailable):
        follower.once()
    kept.fails = False
    drain(follower)
    assert kept.pages() == {"/a": 1}


def test_a_renamed_log_is_read_to_its_end(followed, kept):
    """The server goes on writing into the old file until it opens the new one."""
    _, follower, log = followed
    append(log, line("/a"))
    drain(follower)
    log.rename(log.with_name("access.log.1"))
    drain(follower)  # no new file yet
    append(log.with_name("access.log.1"), line("/b"))
    append(log, "")
    drain(follower)
    append(log.with_name("access.log.1"), line("/c"))
    append(log, line("/d"))
    drain(follower)
    assert kept.pages() == {"/a": 1, "/b": 1, "/c": 1, "/d": 1}


def test_a_log_rotated_while_nobody_looked_is_read_to_its_end(followed, kept):
    """A restart between rename and reading finds the old file by its inode."""
    start, follower, log = followed
    append(log, line("/a", 1))
    drain(follower)
    append(log, line("/b", 2))
    log.rename(log.with_name("access.log-20261123"))
    append(log, line("/c", 3))
    drain(start())
    assert kept.pages() == {"/a": 1, "/b": 1, "/c": 1}


def pack(log, name):
    """Rotate a log as `logrotate` does with `compress`: packed at once, with the time of its last change."""
    changed, packed = log.stat(), log.with_name(name)
    packed.write_bytes(gzip.compress(log.read_bytes()))
    os.utime(packed, ns=(changed.st_atime_ns, changed.st_mtime_ns))
    keep = log.open()  # so that its inode is not given to the new file
    log.unlink()
    return keep


def test_a_log_that_is_compressed_at_once_is_read_to_its_end(followed, kept):
    """What was written between the last look and the rotation is read out of the packed file, each line once."""
    _, follower, log = followed
    append(log, line("/a", 1))
    drain(follower)
    append(log, line("/b", 2))
    with pack(log, "access.log.1.gz"):
        append(log, line("/c", 3))
        drain(follower)
        append(log, line("/d", 4))
        with pack(log, "access.log.2.gz"):
            append(log, line("/e", 5))
            drain(follower)
    assert kept.pages() == {"/a": 1, "/b": 1, "/c": 1, "/d": 1, "/e": 1}


def test_a_packed_log_is_left_before_the_new_one_has_a_line(followed, kept):
    """Nobody writes into it any more, so it is not unpacked again and again while the site is quiet."""
    _, follower, log = followed
    append(log, line("/a", 1))
    with pack(log, "access.log.1.gz"):
        log.touch()
        drain(follower)
        assert kept.places["web"].inode == log.stat().st_ino
        append(log, line("/b", 2))
        drain(follower)
    assert kept.pages() == {"/a": 1, "/b": 1}


def test_logs_rotated_more_than_once_while_nobody_looked_are_read_in_turn(followed, kept):
    """After days without us the file that was followed is read on, then each that was rotated after it, then the new one."""
    start, follower, log = followed
    append(log, line("/a", 1))
    drain(follower)
    append(log, line("/b", 2))
    with pack(log, "access.log.3.gz"):
        append(log, line("/c", 3))
        with pack(log, "access.log.2.gz"):
            append(log, line("/d", 4))
            log.rename(log.with_name("access.log.1"))
            append(log, line("/e", 5))
            log.with_name("access.log.bak").write_text(line("/of-another-log", 6))
            drain(start())
    assert kept.pages() == {"/a": 1, "/b": 1, "/c": 1, "/d": 1, "/e": 1}


def test_a_damaged_packed_log_is_said_and_left(followed, kept, caplog):
    """What can be read of it is; the new one is followed."""
    _, follower, log = followed
    append(log, line("/a", 1))
    drain(follower)
    with pack(log, "access.log.1.gz"):
        packed = log.with_name("access.log.1.gz")
        packed.write_bytes(packed.read_bytes()[:-9])
        append(log, line("/new", 2))
        drain(follower)
    assert kept.pages() == {"/a": 1, "/new": 1}
    assert "damaged" in caplog.text


def test_a_truncated_log_is_read_from_its_start(followed, kept):
    """`copytruncate` keeps the file and empties it."""
    _, follower, log = followed
    append(log, line("/a") * 3)
    drain(follower)
    log.write_text(line("/b"))
    drain(follower)
    assert kept.pages() == {"/a": 3, "/b": 1}


def copy_and_truncate(log, name, text):
    """Rotate a log as `logrotate` does with `copytruncate`; then the server writes on into the same inode."""
    log.with_name(name).write_bytes(log.read_bytes())
    log.write_text(text)


def test_the_rest_of_a_copied_and_truncated_log_is_read_out_of_the_copy(followed, kept):
    """Also when the emptied file has grown beyond the place meanwhile, live and across a restart."""
    start, follower, log = followed
    append(log, line("/a", 1))
    drain(follower)
    append(log, line("/b", 2))
    copy_and_truncate(log, "access.log.1", line("/c", 3))
    drain(follower)
    append(log, line("/d", 4))
    copy_and_truncate(log, "access.log.2", "".join(line("/e", 5 + second) for second in range(9)))
    drain(start())
    assert kept.pages() == {"/a": 1, "/b": 1, "/c": 1, "/d": 1, "/e": 9}


@pytest.mark.parametrize("name", ["access.log.1", "access.log.1.gz"])
def test_a_new_log_with_the_inode_of_the_old_one_is_told_from_it(followed, kept, name):
    """The old one is read to its end, and the new one from its start: nothing lost, nothing twice."""
    start, follower, log = followed
    append(log, line("/a", 1))
    drain(follower)
    append(log, line("/b", 2))
    rotated = log.with_name(name)
    rotated.write_bytes(gzip.compress(log.read_bytes()) if rotated.suffix == ".gz" else log.read_bytes())
    log.write_text("".join(line("/new", 3 + second) for second in range(9)))  # the same inode, as ext4 gives it again
    drain(start())
    assert kept.pages() == {"/a": 1, "/b": 1, "/new": 9}


def test_a_new_log_with_the_inode_of_one_that_is_gone_is_read_whole(followed, kept):
    """Nothing of the new one is stepped over, and its lines come once after the next restart too."""
    start, follower, log = followed
    append(log, line("/a", 1))
    drain(follower)
    log.write_text("".join(line("/new", 3 + second) for second in range(9)))
    drain(start())
    drain(start())
    assert kept.pages() == {"/a": 1, "/new": 9}


def test_of_a_file_that_is_not_the_followed_one_nothing_is_read(followed, kept):
    """A numbered file beside the log that was changed later and begins otherwise is another log's."""
    start, follower, log = followed
    append(log, line("/a", 1))
    drain(follower)
    append(log, line("/b", 2))
    with pack(log, "access.log.2.gz"):
        other = log.with_name("access.log.1.gz")
        other.write_bytes(gzip.compress(line("/of-another-log", 2).encode() * 9))
        changed = log.with_name("access.log.2.gz").stat().st_mtime_ns
        os.utime(other, ns=(changed, changed))
        append(log, line("/c", 3))
        drain(start())
    assert kept.pages() == {"/a": 1, "/b": 1, "/c": 1}


def test_what_is_remembered_of_a_log_is_no_text_of_it(followed, kept):
    """A keyed hash, from which nothing of a line can be guessed without the installation's secret."""
    _, follower, log = followed
    append(log, line("/a", 1))
    drain(follower)
    place = kept.places["web"]
    assert (len(place.beginning), place.beginning_bytes) == (64, log.stat().st_size)
    assert not set(place.beginning) - set("0123456789abcdef")
    assert hashlib.sha256(log.read_bytes()).hexdigest() != place.beginning


def test_a_place_of_an_earlier_release_is_gone_on_from(followed, kept):
    """It knows the inode alone, until the next line is read."""
    start, follower, log = followed
    append(log, line("/a", 1))
    drain(follower)
    kept.places["web"] = msgspec.structs.replace(kept.places["web"], beginning="", beginning_bytes=0)
    append(log, line("/b", 2))
    drain(start())
    assert kept.pages() == {"/a": 1, "/b": 1}
    assert kept.places["web"].beginning_bytes == log.stat().st_size


def test_an_old_log_that_is_gone_is_said(followed, kept, caplog):
    """What was not read of it is lost, and the operator is told; the new one is followed."""
    _, follower, log = followed
    keep = log.open()  # so that its inode is not given to the new file
    log.unlink()
    log.write_text(line("/new"))
    drain(follower)
    keep.close()
    assert kept.pages() == {"/new": 1}
    assert "the file before is gone" in caplog.text


def test_a_file_without_line_ends_is_stepped_over(followed, kept):
    """Memory does not grow with what is no log."""
    _, follower, log = followed
    append(log, "x" * 100_000 + "\n" + line("/a"))
    drain(follower)
    assert kept.pages() == {"/a": 1}


def test_lines_that_cannot_be_read_are_told_once(followed, kept):
    """Of no form, of no moment that can be, of no text; when the store is away they wait with the others."""
    _, follower, log = followed
    append(log, "not a line\n" + line("/a") + line("/b").replace("2026", "1970") + "\x00\n")
    kept.fails = True
    with pytest.raises(StoreUnavailable):
        follower.once()
    assert kept.passed_over == []
    kept.fails = False
    drain(follower)
    append(log, line("/c", 1))
    drain(follower)
    assert (kept.passed_over, kept.pages()) == ([3], {"/a": 1, "/c": 1})


def test_a_log_that_is_not_there_is_waited_for(tmp_path, rulebook, kept):
    """A server that was never asked has written nothing yet."""
    follower = Follower(
        "web", tmp_path / "none.log", lambda: None, kept, kept, lambda _label, data: data, kept.passed_over.append
    )
    assert follower.once() is False
    assert kept.places == {}


def test_what_is_remembered_to_tell_lines_apart_is_bounded(rulebook, monkeypatch):
    """The oldest moments are forgotten first."""
    monkeypatch.setattr(server_log, "REMEMBERED", 10)
    made = importing(rulebook, date(2026, 11, 23))
    records = list(made.records([line(f"/{number}", number).encode() for number in range(100)]))
    assert len({one.record_id for one in records}) == 100
    assert len(made._seen) <= 10


def test_equal_lines_of_different_people_in_two_logs_are_all_kept(rulebook):
    """The case that was found: one second, one page, one browser, two servers, and one record of two."""
    both = [line("/same", 1).encode(), line("/same", 1).replace("198.51.100.7", "198.51.100.8").encode()]
    assert both[0] != both[1]
    today = date(2026, 11, 23)
    ids = [
        record.record_id
        for log, own in (("a.log", both), ("b.log", both), ("b.log", both))
        for record in importing(rulebook, today, log=log).records(own)
    ]
    assert len(ids) == 6
    assert len(set(ids)) == 4  # each person once in each log, however often it is imported
    assert len({record.record_id for record in importing(rulebook, today).records([both[0]] * 3)}) == 3


class Writing:
    """A server that writes into a log, and its rotation, by a clock of their own: each step is a second later."""

    def __init__(self, log):
        self.log, self.rotated, self.seconds, self.pages = log, 0, 0, Counter()
        self.held = []  # open files, so that an inode is given again only where a step says so

    def touch(self, path):
        os.utime(path, (1_700_000_000 + self.seconds,) * 2)

    def write(self):
        self.seconds += 1
        page = f"/{self.seconds}"
        append(self.log, line(page, self.seconds) * (1 + self.seconds % 2))
        self.pages[page] += 1 + self.seconds % 2
        self.touch(self.log)

    def _rotate(self, suffix, *, leaves_inode):
        self.seconds += 1
        self.rotated += 1
        content, changed = self.log.read_bytes(), self.log.stat()
        new = self.log.with_name(f"access.log-{self.rotated}{suffix}")
        if suffix or leaves_inode:
            new.write_bytes(gzip.compress(content) if suffix else content)
            os.utime(new, ns=(changed.st_atime_ns, changed.st_mtime_ns))
            if leaves_inode:
                self.log.write_bytes(b"")  # as after `copytruncate`, or as a file system that gives the inode again
            else:
                self.held.append(self.log.open())
                self.log.unlink()
        else:
            self.log.rename(new)
        self.write()

    def rename(self):
        self._rotate("", leaves_inode=False)

    def compress(self):
        self._rotate(".gz", leaves_inode=False)

    def compress_and_reuse_inode(self):
        self._rotate(".gz", leaves_inode=True)

    def copy_and_truncate(self):
        self._rotate("", leaves_inode=True)


STEPS = ("look", "restart", "write", "rename", "compress", "compress_and_reuse_inode", "copy_and_truncate")


@given(st.lists(st.sampled_from(STEPS), max_size=14))
@example(["write", "look", "write", "compress_and_reuse_inode", "write", "compress_and_reuse_inode", "restart"])
@example(["copy_and_truncate", "copy_and_truncate", "restart", "rename", "look"])
def test_whatever_rotation_does_each_line_is_taken_in_once(tmp_path_factory, rulebook, steps):
    """Live, or while nobody looked; by name, packed, copied, or with the inode of the one before."""
    log, kept = tmp_path_factory.mktemp("log") / "access.log", Kept()

    def start():
        made = partial(importing, rulebook, date(2026, 11, 23))
        return Follower(
            "web", log, made, kept, kept, lambda label, data: hmac.digest(label, data, "sha256"), kept.passed_over.append
        )

    writing, follower = Writing(log), start()
    log.write_text(line("/before"))
    writing.touch(log)
    drain(follower)
    for step in [*steps, "write", "look"]:
        if step == "restart":
            follower = start()
        if step in {"look", "restart"}:
            drain(follower)
        else:
            getattr(writing, step)()
    for file in writing.held:
        file.close()
    assert kept.pages() == writing.pages
