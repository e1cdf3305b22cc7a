"""Every key of the configuration is judged at the start: one sentence that names it, and no trace, for an operator's mistake."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

import msgspec
import pytest
from tests.houses import compiled

from avow.config import Configuration
from avow.definitions import ConfigurationError
from avow.main import server

#: A configuration in which every row below changes one key; tables in two brackets are there only where a row is about them.
RIGHT = {
    "": {"data": '"data"', "policy": '"policy.md"', "timezone": '"America/Los_Angeles"'},
    "website": {"name": '"www.example.com"', "origin": '"https://www.example.com"'},
    "mail": {"host": '"mail.example.com"', "recipient": '"mail-service"', "sender": '"privacy@example.com"'},
    "[server_logs]": {"path": '"access.log"'},
    "openid_connect": {
        "issuer": '"https://login.example.com"',
        "client_id": '"avow"',
        "client_secret_file": '"file"',
        "roles": '{ "team" = ["administrator"] }',
    },
    "[feeds]": {"point": '"applications"', "key_file": '"key"'},
    "recipient.shop": {"address": '"https://shop.example.com/avow"', "key_file": '"key"'},
}
LISTED = {"server_logs": "[server_logs]", "feeds": "[feeds]", "recipient": "recipient.shop"}
#: Wrong values by key, as they are written in the file. `file` is there, `folder` is one, `gone` is not there.
WRONG = {
    "data": ['""', "5", '"file"', '"file/data"', '"/proc/avow"'],
    "policy": ['""', "true", '"folder"'],
    "timezone": ['""', '"Mars/Olympus"', '"America"', '"../UTC"', '"PST8"', "8"],
    "website.name": ['""', '" "', '"a\\nb"', f'"{"x" * 201}"'],
    "website.origin": [
        '""', '"127.0.0.1:8540"', '"javascript:alert(1)"', '"https://www.example.com/path"', '"ftp://www.example.com"',
        '"https://www.example.com:70000"', '"https://sam@www.example.com"', '"https://www.example.com?a"', '"https://"',
        '"https://exämple.example"', '"https://www.example.com "',
    ],
    "website.origins": ['["www.example.com"]', '["https://www.example.com/path"]', '"https://www.example.com"'],
    "website.declared_as": ['"no such"', "5"],
    "website.pages": ['""', '"gone"', '"file"'],
    "website.sender": ['"no address"', '"Privacy <privacy@example.com>"'],
    "website.sitemap": ['"sitemap.xml"', '"//other.example/"'],
    "website.watched": ['["about"]', '["/"' + ', "/"' * 20 + "]"],
    "website.look.name": ['"a\\nb"', f'"{"x" * 201}"'],
    "website.look.accent": ['"blue"', '"#12"', '"#e0e0e0"'],
    "website.look.accent_dark": ['"#101010"'],
    "website.look.background": ['"#12345g"'],
    "website.look.background_dark": ['"black"'],
    "website.look.logo": ['"gone.svg"', '"file"', '"large.svg"', '"folder"'],
    "installation.origin": ['"www.example.com"', '"https://www.example.com/audit"'],
    "listen.host": ['""', '"two words"', '"127.0.0.1:8400"', '"http://127.0.0.1"'],
    "listen.port": ["0", "-1", "70000", '"8400"', "8400.5"],
    "listen.workers": ["0", "-2", "65", "true"],
    "listen.trusted_proxies": ['["10.0.0.0/8"]', '["proxy.local"]', '[""]', '"127.0.0.1"'],
    "listen.metrics_from": ['["monitor"]', '["10.0.0.1/8"]', '[""]'],
    "mail.host": ['"mail.example.com:587"', '"two words"', '"smtp://mail.example.com"'],
    "mail.port": ["0", "70000", "-25"],
    "mail.recipient": ['""', '"somebody"'],
    "mail.sender": ['""', '"no address"', '"Privacy <privacy@example.com>"', '"privacy@example.com, sam@example.com"'],
    "mail.username": ['"avow"', '"a\\nb"'],
    "mail.password_file": ['"file"', '"gone"', '"empty"', '"folder"', '""'],
    "mail.starttls": ['"no"', "0"],
    "mail.ca_file": ['"gone"', '"empty"', '"file"', '"folder"'],
    "server_logs.path": ['"gone/access.log"', '"folder"', '""'],
    "server_logs.format": ['"no format"', '""'],
    "server_logs.point": ['"nobody"'],
    "server_logs.website": ['"nobody"'],
    "storage.events": ['"127.0.0.1:8123"', '"tcp://127.0.0.1:9000"', '"http://127.0.0.1:99999"', '"http://"'],
    "storage.control": ['"nowhere"', '"mysql://avow@127.0.0.1/avow"'],
    "storage.backups": ['"folder"', "[5]", '["twice", "twice"]', '["twice", "./twice"]'],
    "storage.spool_mebibytes": ["0", "-5", "99999999", "1.5"],
    "feeds.point": ['"nobody"', '""'],
    "feeds.key_file": ['"gone"', '"empty"', '"file"', '"folder"'],
    "recipient.address": [
        '""', '"http://shop.example.com/"', '"shop.example.com"', '"https://sam:secret@shop.example.com/"', '"https://"',
        '"https://shop.example.com:99999/"', "5",
    ],
    "recipient.key_file": ['"gone"', '"empty"', '"file"', '"folder"'],
    "recipient.connector": ['"carrier pigeon"', '""', '"standing"'],
    "recipient.ca_file": ['"gone"', '"empty"', '"file"', '"folder"'],
    "recipient.allow_private": ['"no"', "0"],
    "recipient.opendsr": ['"privacy.example.com"', '"http://privacy.example.com/v2"', '"https://sam@privacy.example.com"'],
    "recipient.on_arrival": ['"no"', "1"],
    "intake.earliest": ["1969-12-31", "2999-01-01", '"yesterday"', "2000"],
    "intake.margin_hours": ["23", "169", "-1"],
    "intake.events_per_minute": ["-1", "59", "10000001"],
    "uploads.clamd": ['"clamd"', '"127.0.0.1:99999"', '"127.0.0.1"'],
    "search.sitemap": ['"sitemap.xml"', '"//other.example/"', '"https://other.example/"'],
    "search.every_minutes": ["0", "10081", "-1"],
    "integrity.pages": ['["about"]', '["//other.example/"]', '["/"' + ', "/"' * 20 + "]"],
    "integrity.every_seconds": ["9", "86401"],
    "console.without_second_factor": ['"yes"', '" "', f'"{"x" * 201}"', "true", '"a reason in\\ntwo lines"'],
    "console.idle_minutes": ["4", "721", "-1", '"30"'],
    "instructions.days_before": ["0", "41", '"10"'],
    "instructions.remind_after_days": ["[0]", "[7, 3]", "[3, 3]", "[91]", "[1, 2, 3, 4, 5, 6]", "3"],
    "website.drp_id": ['"-"', '"MARROW BY"', f'"{"x" * 65}"', "7"],
    "data_rights_protocol.technical_contact": ['"no address"'],
    "data_rights_protocol.business_contact": ['"no address"'],
    "data_rights_protocol.directory": ['"http://directory.example"', '"directory.example"', '"https://a.example/b"', '""'],
    "data_rights_protocol.private_hosts": ['["https://agent.example.com"]', '["Agent.example.com"]', '"agent.example.com"'],
    "data_rights_protocol.ca_file": ['"gone"', '"empty"', '"file"', '"folder"'],
    "openid_connect.issuer": [
        '"login.example.com"', '"http://login.example.com"', '"https://login.example.com?a=b"', '"https://sam@login.example.com"',
        '"ftp://login.example.com"', '"https://"', '"https://login.example.com:99999"',
    ],
    "openid_connect.client_id": ['""', "5"],
    "openid_connect.client_secret_file": ['"gone"', '"empty"', '"folder"', '""'],
    "openid_connect.label": ['""', f'"{"x" * 81}"'],
    "openid_connect.scopes": ['["two words"]', '"profile"'],
    "openid_connect.groups_claim": ['""'],
    "openid_connect.roles": ["{}", '{ "team" = ["No Role"] }', '{ "team" = "officer" }'],
    "openid_connect.second_factor": ['"mfa"', '[""]'],
}  # fmt: skip
ROWS = [(key, value) for key, values in WRONG.items() for value in values]


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    """A current folder with a file, an empty one, a folder, a key, and the policy."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder").mkdir()
    for name, text in {
        "file": "words",
        "empty": "",
        "large.svg": "x" * 70_000,
        "policy.md": "",
        "key": f"whsec_{'A' * 44}",
    }.items():
        (tmp_path / name).write_text(text, encoding="ascii")
    return tmp_path


def written(key="", value=""):
    """Write the right configuration with one wrong value; return its path."""
    table, _, name = key.rpartition(".")
    table = LISTED.get(table, table)
    tables = {one: dict(keys) for one, keys in RIGHT.items() if one not in LISTED.values() or one == table}
    if name:
        tables.setdefault(table, {})[name] = value
    lines = [
        f"[{one}]\n" * bool(one) + "".join(f"{key} = {held}\n" for key, held in keys.items()) for one, keys in tables.items()
    ]
    Path("avow.toml").write_text("".join(lines), encoding="utf-8")
    return Path("avow.toml")


def start(path):
    """Judge a configuration as the start of the server does, up to where anything is made or opened."""
    configuration = server.judged(path)
    server.require_declared(configuration, compiled())
    server.Installation(configuration).prepare()


@pytest.mark.parametrize(
    ("sender", "name"), [("pri\u200bvacy@example.com", "ZERO WIDTH SPACE"), ("privacy@exam\u00adple.com", "SOFT HYPHEN")]
)
def test_a_sender_with_a_character_that_cannot_be_seen_is_told_which(sender, name):
    """The text alone would look right."""
    with pytest.raises(ConfigurationError, match=name) as refused:
        start(written("mail.sender", f'"{sender}"'))
    assert "mail.sender" in str(refused.value)


@pytest.mark.parametrize(("key", "value"), ROWS, ids=lambda one: one[:40])
def test_a_wrong_value_is_one_sentence(key, value):
    """It names its key, is one line, and nothing is started with it."""
    with pytest.raises(ConfigurationError) as refused:
        start(written(key, value))
    said = str(refused.value)
    assert "\n" not in said
    assert key.rpartition(".")[2] in said or key.partition(".")[0] in said
    assert len(said) > 30


def keys(struct=Configuration, table=""):
    """Yield every key of the configuration, as operators call it."""
    for one in msgspec.structs.fields(struct):
        inner = next(
            (kind for kind in (one.type, *get_args(one.type)) if isinstance(kind, type) and issubclass(kind, msgspec.Struct)),
            None,
        )
        if inner is None:
            yield f"{table}{one.name}"
        else:
            yield from keys(inner, f"{table}{one.name}.")


def test_no_key_is_without_a_row():
    """A new key comes with wrong values of it, and with who judges them."""
    assert {key.replace("websites.", "website.") for key in keys()} == set(WRONG)


SITES = """
data = "data"
policy = "policy.md"
timezone = "America/Los_Angeles"
"""
MAIN = '[[websites]]\nname = "main"\norigin = "https://www.example.com"\n'


@pytest.mark.parametrize(
    ("websites", "said"),
    [
        ("", "there is no website"),
        (MAIN + '[website]\nname = "a"\norigin = "https://a.example.com"\n', "[website] and [[websites]]"),
        (MAIN + '[[websites]]\nname = "main"\norigin = "https://a.example.com"\n', "“main” is there 2 times"),
        (MAIN + '[[websites]]\nname = "shop"\norigin = "https://WWW.example.com:443/"\n', "origin www.example.com"),
        (MAIN + '[[websites]]\nname = "shop"\norigins = ["https://shop.example.com", "http://www.example.com"]\n', "2 of them"),
        (MAIN + '[[websites]]\nname = "shop"\n', "origin is missing"),
        (MAIN + '[[websites]]\nname = "shop"\norigin = "https://shop.example.com"\nsender = "none"\n', "(of “shop”)"),
        (MAIN + '[[websites]]\nname = "shop"\norigin = "https://shop.example.com"\n', "no [website.NAME] of the policy"),
    ],
)
def test_websites_that_cannot_be_told_apart_are_refused(websites, said):
    """Nor is one that the policy does not name: what its visitors read would say nothing of it."""
    Path("avow.toml").write_text(SITES + websites, encoding="utf-8")
    with pytest.raises(ConfigurationError) as refused:
        start(Path("avow.toml"))
    assert said in str(refused.value)


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("", ""),
        ("listen.host", '"::1"'),
        ("listen.trusted_proxies", '["127.0.0.1", "::1"]'),
        ("website.origin", '"http://[::1]:8400/"'),
        ("storage.events", '"http://avow:secret@127.0.0.1:8123"'),
        ("intake.events_per_minute", "0"),
        ("website.pages", '"folder"'),
        ("data", '"new/folder"'),
    ],
)
def test_a_right_value_is_taken(key, value):
    """What an operator may write goes through."""
    start(written(key, value))


def test_a_password_in_a_url_is_not_said():
    """What is wrong is said of the key, and its value is not repeated."""
    with pytest.raises(ConfigurationError) as refused:
        start(written("storage.events", '"http://avow:secret@127.0.0.1:99999"'))
    assert "secret" not in str(refused.value)


def test_the_command_says_it_without_a_trace(folder, installation_of):
    """`avow serve` ends with the sentence and exit status 1."""
    house = installation_of(extra="[storage]\nspool_mebibytes = -5\n")
    with pytest.raises(AssertionError, match=re.escape("storage.spool_mebibytes is -5; use 1 to 1048576")) as said:
        house.avow("serve")
    assert "Traceback" not in str(said.value)
