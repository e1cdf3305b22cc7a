"""A published log is gone on with under its own key and state, or not at all: never is a second history signed."""

from __future__ import annotations

import shutil

import pytest

from avow.audit import log
from avow.audit.log import Log
from avow.definitions import AvowError

ORIGIN = "example.com/audit"


def opened(folder):
    return Log(folder / "public", folder / "private", ORIGIN)


@pytest.fixture
def folder(tmp_path):
    """A log of three entries, and a copy of it after two."""
    made = opened(tmp_path)
    made.append([(1, b'{"n":1}'), (2, b'{"n":2}')])
    shutil.copytree(tmp_path, tmp_path / "earlier")
    made.append([(3, b'{"n":3}')])
    return tmp_path


def everything(folder):
    return {path: path.read_bytes() for path in (folder / "public").rglob("*") if path.is_file()}


def refused(folder, words):
    """See that the log is not gone on with, in either way of asking, and that nothing published changed."""
    before = everything(folder)
    for ask in (lambda: log.require_own(folder / "public", folder / "private", ORIGIN), lambda: opened(folder)):
        with pytest.raises(AvowError, match=words):
            ask()
    assert everything(folder) == before


@pytest.mark.parametrize("name", ["state.json", "signing-key.pem"])
def test_a_missing_file_of_the_private_folder_is_no_new_log(folder, name):
    """It would sign from the beginning again, under the same key or a new one."""
    (folder / "private" / name).unlink()
    refused(folder, f"{name} is missing")


def test_another_key_does_not_go_on(folder, tmp_path_factory):
    """Every earlier proof would fail against it."""
    other = tmp_path_factory.mktemp("other")
    opened(other)
    shutil.copy(other / "private" / "signing-key.pem", folder / "private" / "signing-key.pem")
    refused(folder, "signed by another key")


def test_an_older_state_does_not_go_on(folder):
    """What was published after it would be overwritten."""
    shutil.copy(folder / "earlier" / "private" / "state.json", folder / "private" / "state.json")
    refused(folder, "second history")


def test_a_state_that_went_another_way_does_not_go_on(folder):
    """From the same two entries to another third."""
    opened(folder / "earlier").append([(9, b'{"n":9}')])
    shutil.rmtree(folder / "private")
    shutil.copytree(folder / "earlier" / "private", folder / "private")
    refused(folder, "second history")


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"size": 3}'])
def test_a_damaged_state_is_a_sentence(folder, content):
    """Nothing is guessed."""
    (folder / "private" / "state.json").write_bytes(content)
    refused(folder, "damaged")


def test_an_older_checkpoint_is_the_crash_between_state_and_checkpoint(folder):
    """The log goes on, and publishes what it has."""
    shutil.copy(folder / "earlier" / "public" / "checkpoint", folder / "public" / "checkpoint")
    log.require_own(folder / "public", folder / "private", ORIGIN)
    opened(folder).append([(4, b'{"n":4}')])
    assert (folder / "public" / "checkpoint").read_text().splitlines()[1] == "4"


def test_a_log_of_nothing_begins(tmp_path):
    """It is published empty before it has a state, also by two starts in a row."""
    opened(tmp_path)
    log.require_own(tmp_path / "public", tmp_path / "private", ORIGIN)
    opened(tmp_path).append([(1, b"{}")])


def test_a_log_keeps_its_name(folder):
    """Proofs that people hold carry it: another origin is refused with the words that set it right, an empty log takes any."""
    with pytest.raises(AvowError, match=r"address of example\.com as installation\.origin"):
        log.require_own(folder / "public", folder / "private", "www.example.com/audit")
    log.require_own(folder / "public", folder / "private", ORIGIN)
