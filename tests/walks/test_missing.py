"""Something is missing, or put back: nothing is lost, nothing is signed twice, and a sentence says what to do."""

from __future__ import annotations

import contextlib
import re
import shutil
import sqlite3
import subprocess

import pytest

STORES = ("keys.db", "control.db", "events", "files", "audit/private")
FORM = {"email": "robin@example.com", "message": "Hello"}


def refused_start(house):
    """Start the server, see it end with status 1 and one sentence; return the sentence."""
    said = house.avow("serve", status=1, stderr=subprocess.STDOUT)
    assert "Traceback" not in said
    return said


def move(house, name, *, back=False):
    """Take a store away, or put it back."""
    for path in [house.data / name, *(house.data.glob(f"{name}-*") if name.endswith(".db") else ())]:
        beside = house.folder / f"away-{path.name}"
        source, target = (beside, path) if back else (path, beside)
        if source.exists():
            source.rename(target)


@pytest.fixture(scope="module")
def house(shared_installation_of):
    """A stopped installation that holds a submission and events; each test leaves it whole and stopped."""
    made = shared_installation_of(workers=1).start()
    assert made.browser().post("/avow/forms/contact-form", data=FORM).status_code == 303
    made.drain()
    made.stop()
    return made


def holds_all(house):
    """Tell whether it starts, with the submission in its inbox."""
    house.start()
    count = house.staff().get("/console/inbox").text.count('href="/console/inbox/')
    house.stop()
    return count == 1


def test_whatever_store_is_missing_the_start_ends_and_nothing_is_lost(house):
    """One after the other: named, and all of it there once it is back."""
    for name in STORES:
        move(house, name)
        assert re.search(rf"(?s){re.escape(name)} is missing or empty.*Nothing was started or changed", refused_start(house))
        assert "missing or empty" in house.avow("invite", status=1, stderr=subprocess.STDOUT)
        move(house, name, back=True)
    assert holds_all(house)


@pytest.mark.parametrize("name", ["keys.db", "control.db"])
def test_a_cut_store_is_a_sentence(house, name):
    """Half of the file is there."""
    content = (house.data / name).read_bytes()
    (house.data / name).write_bytes(content[: len(content) // 2])
    assert "damaged" in refused_start(house)
    (house.data / name).write_bytes(content)
    assert holds_all(house)


def test_data_of_another_vault_is_not_restored(house):
    """Everybody in it would be unreadable; what is in place stays."""
    house.avow("backup", house.folder / "backup")
    (house.folder / "other").mkdir()
    other = type(house)(house.folder / "other", workers=1).start()
    other.stop()
    said = other.avow("restore", house.folder / "backup", status=1, stderr=subprocess.STDOUT)
    assert "put back its keys first" in said
    other.start()
    other.stop()


def test_a_new_machine_gets_keys_then_data_and_serves(house):
    """Into a folder that is not there yet, with the copy of the log put in place first, as the guide says."""
    house.avow("backup", house.folder / "whole")
    house.avow("backup", "--keys", house.folder / "keys")
    house.data.rename(house.folder / "lost")
    assert "put back the keys first" in house.avow("restore", house.folder / "whole", status=1, stderr=subprocess.STDOUT)
    house.data.mkdir(exist_ok=True)
    shutil.copytree(house.folder / "lost" / "audit", house.data / "audit")
    house.avow("restore", "--keys", house.folder / "keys")
    assert "Nothing came after it" in house.avow("restore", house.folder / "whole")
    assert holds_all(house)


def test_without_its_log_a_new_one_has_to_be_asked_for(house):
    """The old one is kept beside it, and the installation goes on."""
    shutil.rmtree(house.data / "audit" / "private")
    assert "avow audit begin" in refused_start(house)
    house.avow("audit", "begin", "--yes")
    assert holds_all(house)
    assert list(house.data.glob("audit.before-*/public/checkpoint"))


def test_a_published_policy_that_todays_compiler_refuses_is_served(house, until):
    """The file no longer compiles, and the version in force would not either: people's rights do not wait for that."""
    config = house.config.read_text()
    (house.folder / "broken.md").write_text('# Policy\n\n```avow\n[collection.x]\ntechnology = "form"\n```\n')
    house.config.write_text(re.sub(r'policy = ".*"', 'policy = "broken.md"', config))
    house.start()
    assert house.browser().get("/privacy-policy").status_code == 200
    assert "broken.md does not compile" in house.output.read_text()
    house.stop()
    (house.folder / "broken.md").unlink()
    with contextlib.closing(sqlite3.connect(house.data / "control.db")) as control, control:  # as if years had passed
        text = control.execute("SELECT text FROM rulebooks").fetchone()[0]
        aged = re.sub(r"(?m)^updated( *)= \S+$", r"updated\1= 2019-01-01", text)
        control.execute("UPDATE rulebooks SET text = ?", (aged,))
    house.start()
    assert house.browser().post("/privacy/know", data={"email": "robin@example.com"}).status_code == 303
    staff = house.staff()
    until(lambda: "AV0606" in staff.get("/console").text, what="the banner for staff")  # judged beside the page
    house.stop()
