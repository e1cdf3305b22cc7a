"""Authorized agents against a running installation: commands, the protocol over real HTTP, callbacks over real TLS, real mail."""

import json
import os
import re
import signal
from contextlib import closing
from datetime import UTC, date, datetime

import httpx
import pytest
from tests.agents import SmallAgent
from tests.commands import start
from tests.recipients.https import Receiver

from avow.config import load
from avow.main.installation import open_store
from avow.rights.kept import Cases

ROBIN = "robin@example.com"


@pytest.fixture
def receiver(tmp_path):
    """The agent's own server."""
    made = Receiver(tmp_path)
    yield made
    made.stop()


@pytest.fixture
def served(installation_of, mailbox, receiver, tmp_path):
    """An installation that speaks the protocol, and may call the agent on this machine back."""
    made = installation_of(
        mail_port=mailbox.port,
        workers=1,
        extra=f'[data_rights_protocol]\nprivate_hosts = ["localhost"]\nca_file = "{receiver.ca}"\n'
        f'directory = "https://localhost:{receiver.port}"\n',
    )
    text = made.config.read_text(encoding="utf-8").replace("[website]\n", '[website]\ndrp_id = "MARROWBY"\n')
    made.config.write_text(text, encoding="utf-8")
    return made.start()


def test_an_agent_asks_is_called_back_and_its_person_answered(served, mailbox, receiver, tmp_path, until):
    """From the directory to the last callback: the person confirms by the link in the mail, the agent is told of each change."""
    since = len(mailbox.messages)
    with httpx.Client(base_url=served.base, timeout=30) as client:
        agent = SmallAgent(client, lambda: datetime.now(UTC), web_url=f"https://localhost:{receiver.port}")
        (tmp_path / "agents.json").write_text(json.dumps([agent.entry, {"id": "AA_BROKEN"}]), encoding="utf-8")
        assert "1 new, 0 as before, 0 with another key, 1 wrong" in served.avow("agents", "directory", "--from", "agents.json")
        assert "AA_TEST" in served.avow("agents", "list")
        entry = json.loads(served.avow("drp", "entry"))
        assert entry["api_base"] == served.base
        assert {"deletion", "access", "sale:opt-out"} <= set(entry["supported_actions"])
        assert agent.set_up().status_code == 200
        assert agent.info().json() == {}
        callback = f"https://localhost:{receiver.port}/drp"
        first = agent.exercise(agent.asks("deletion", email=ROBIN, status_callback=callback))
        request_id = first.json()["request_id"]
        letter = mailbox.to(ROBIN, "confirm", since).get_body(("plain",)).get_content()
        assert "AA_TEST asked this for you" in " ".join(letter.split())
        until(lambda: "need_user_verification" in [one.get("reason") for one in receiver.bodies], what="the first callback")
        back = f"https://localhost:{receiver.port}/done"
        page = agent.status(request_id).json()["user_verification_url"]
        with served.browser() as person:
            assert "asked for you" in person.get(page, params={"redirect_to": back}).text
            evil = person.get(page, params={"redirect_to": "https://evil.example/"})
            assert "evil.example" not in evil.text
            assert person.post(re.search(r"/privacy/verify/\S+", letter)[0]).status_code == 303
            led = person.get(page, params={"redirect_to": back})
            assert led.status_code == 200 or led.headers["location"] == f"{back}?request_id={request_id}"
        until(lambda: receiver.bodies[-1]["status"] == "fulfilled", 120, "the last callback")
        assert receiver.bodies[-1] == agent.status(request_id).json()
        assert mailbox.to(ROBIN, "done", since)
        assert ROBIN.encode() not in b"".join(content for _, _, content in receiver.taken)
        assert agent.exercise(agent.asks(more="x" * 2_000_000)).status_code == 413
        served.avow("agents", "end", "AA_TEST")
        assert agent.status(request_id).status_code == 403


def test_a_file_is_taken_by_a_command(served, tmp_path):
    """While the server runs: lines that are wrong are named, and the exit status says so; nothing is taken twice."""
    agent_id = served.avow("agents", "add", "Example Agency", "desk@agency.example.com", "--accepts-terms").strip()
    lines = ["kind,email,signed_by,signed_on", *(f"delete,person{n}@example.com,Kim Example,2026-11-20" for n in range(20))]
    lines[7] = "erase,somebody@example.com,,"
    (tmp_path / "many.csv").write_text("\n".join(lines), encoding="utf-8")
    told = served.avow("agents", "bulk", agent_id, "many.csv", status=1, stderr=-2)
    assert "line 8: kind is none of" in told
    assert "19 taken, 0 taken before, 1 wrong" in told
    assert "0 taken, 19 taken before, 1 wrong" in served.avow("agents", "bulk", agent_id, "many.csv", status=1)
    assert "nobody" in served.avow("agents", "bulk", "nobody", "many.csv", status=1, stderr=-2)
    assert "accept the terms" in served.avow("agents", "add", "Another", "desk@other.example.com", status=1, stderr=-2)


def test_a_command_that_is_killed_goes_on_where_it_was(served, tmp_path, until):
    """Killed in the middle of a file, between whatever: given again it takes the rest, and no line twice."""
    agent_id = served.avow("agents", "add", "Example Agency", "desk@agency.example.com", "--accepts-terms").strip()
    lines = ["kind,email,signed_by,signed_on", *(f"delete,person{n}@example.com,Kim Example,2026-11-20" for n in range(260))]
    wrong = (3, 50, 99, 100, 177, 200, 261)
    for number in wrong:
        lines[number - 1] = f"erase,somebody{number}@example.com,,"
    (tmp_path / "many.csv").write_text("\n".join(lines) + "\n", encoding="utf-8")
    told = tmp_path / "told"
    command = start(["--config", served.config, "agents", "bulk", agent_id, "many.csv"], tmp_path, os.devnull, told, told)
    until(
        lambda: told.exists() and "100 of 260 lines" in told.read_text(encoding="utf-8"), 120, "the first word of how far it is"
    )
    os.kill(command.pid, signal.SIGKILL)
    command.join()
    assert command.exitcode == -signal.SIGKILL
    said = served.avow("agents", "bulk", agent_id, "many.csv", status=1, stderr=-2)
    taken, before = map(int, re.search(r"(?m)^(\d+) taken, (\d+) taken before, 7 wrong", said).groups())
    assert (taken + before, taken > 0, before >= 96) == (253, True, True)
    assert all(f"line {number}: kind is none of" in said for number in wrong)
    with closing(open_store(load(served.config))) as store:
        cases = Cases(store).received_since(date(2026, 1, 1))
        assert sum(case.channel == "agent" for case in cases) == 253
    assert "0 taken, 253 taken before, 7 wrong" in served.avow("agents", "bulk", agent_id, "many.csv", status=1)


def test_the_directory_is_read_over_tls(served, receiver, tmp_path):
    """From a server whose certificate is believed: a key that it changes is noted and not taken; what is none is refused."""

    def directory(status=1, stderr=-2):
        return served.avow("agents", "directory", status=status, stderr=stderr)

    def hands_out(content, status=200, **headers):
        receiver.pages["/agents.json"] = (status, {name.replace("_", "-"): value for name, value in headers.items()}, content)

    first, other = (SmallAgent(None, None, seed=bytes([number]) * 32).entry for number in (1, 2))
    hands_out(json.dumps([first, {"id": "AA_BROKEN"}]).encode())
    assert "1 new, 0 as before, 0 with another key, 1 wrong" in directory(0)
    hands_out(json.dumps([other]).encode())
    assert "the key is another one than before, and was not taken" in directory(0)
    assert "the directory has another key" in served.avow("agents", "list")
    hands_out(b"{", 200)
    assert "this is no directory of agents" in directory()
    hands_out(b"", 500)
    assert "says 500" in directory()
    hands_out(b"", 302, location="https://elsewhere.example/agents.json")
    assert "redirected to another site" in directory()
    hands_out(b"[" + b" " * 1_100_000 + b"]")
    assert "larger than" in directory()
    text = served.config.read_text(encoding="utf-8")
    served.config.write_text(text.replace(f'ca_file = "{receiver.ca}"\n', ""), encoding="utf-8")
    assert "its certificate could not be verified" in directory()
    served.config.write_text(text.replace("https://localhost", "http://localhost"), encoding="utf-8")
    assert "write an https origin" in directory()
    served.config.write_text(text, encoding="utf-8")
