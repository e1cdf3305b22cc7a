"""Machines are asked once more; nobody is turned away, and nothing about addresses is kept."""

import contextlib
import hashlib
import hmac
import socket
from concurrent.futures import ThreadPoolExecutor

import pytest

from avow.collection.forms import spam
from avow.collection.forms.spam import CHECK, PROOF, SHOWN, TRAP, FormGuard, Verdict
from avow.collection.limits import sender_counts
from avow.collection.limits.sender_counts import Counts, SharedCounts

NOW = 1_795_460_400_000
HOME = "203.0.113.9"


def keyed(label, data):
    return hmac.digest(b"secret" + label, data, hashlib.sha256)


@pytest.fixture
def guard():
    return FormGuard(keyed, Counts())


def proof_of(check):
    return next(str(n) for n in range(1 << 24) if spam.proves(check, str(n)))


def test_a_form_shown_here_and_filled_in_by_a_person_is_taken(guard):
    """A token of ours, some seconds old."""
    token = guard.token("contact-form", NOW)
    assert guard.judge("contact-form", {SHOWN: token, TRAP: ""}, HOME, NOW + 5_000) is Verdict.CLEAR


@pytest.mark.parametrize(
    ("change", "after", "verdict"),
    [
        ({TRAP: "http://spam.example"}, 5_000, Verdict.TRAPPED),
        ({}, 500, Verdict.HASTY),
        ({}, spam.MOST_MS + 1, Verdict.HASTY),
        ({SHOWN: "0-00"}, 5_000, Verdict.UNKNOWN),
    ],
)
def test_what_looks_like_a_machine_is_asked(guard, change, after, verdict):
    """A filled trap, haste, age, a forged token."""
    own = {SHOWN: guard.token("contact-form", NOW)} | change
    assert guard.judge("contact-form", own, HOME, NOW + after) is verdict


def test_a_token_of_one_form_opens_no_other(guard):
    """The mark binds it to its collection point."""
    token = guard.token("contact-form", NOW)
    assert guard.judge("job-application", {SHOWN: token}, HOME, NOW + 5_000) is Verdict.UNKNOWN


def test_without_a_token_only_a_few_are_taken_from_one_address(guard):
    """Programs may send a few; then they are asked, and other addresses are not."""
    for _ in range(spam.WITHOUT_TOKEN):
        assert guard.judge("contact-form", {}, HOME, NOW) is Verdict.CLEAR
    assert guard.judge("contact-form", {}, HOME, NOW) is Verdict.UNKNOWN
    assert guard.judge("contact-form", {}, "203.0.113.10", NOW) is Verdict.CLEAR
    assert guard.judge("contact-form", {}, HOME, NOW + sender_counts.WINDOW_MS + 1) is Verdict.CLEAR


def test_a_token_that_is_left_out_is_asked_for_where_it_was_shown(guard):
    """The first time already, and by as many senders as there are; a proof of work passes, and leaves no one out."""
    check = guard.check("contact-form", NOW)
    for number in range(3):
        assert guard.judge("contact-form", {}, f"198.51.100.{number}", NOW, is_guarded=True) is Verdict.UNKNOWN
    own = {CHECK: check, PROOF: proof_of(check)}
    assert guard.judge("contact-form", own, HOME, NOW, is_guarded=True) is Verdict.CLEAR
    token = guard.token("contact-form", NOW)
    assert guard.judge("contact-form", {SHOWN: token}, HOME, NOW + 5_000, is_guarded=True) is Verdict.CLEAR


def test_a_proof_of_work_passes_once(guard):
    """The same answer does not open the door twice."""
    check = guard.check("contact-form", NOW)
    own = {CHECK: check, PROOF: proof_of(check), TRAP: "x"}
    assert guard.judge("contact-form", own, HOME, NOW) is Verdict.CLEAR
    assert guard.judge("contact-form", own, HOME, NOW) is Verdict.NOT_PASSED


def test_waiting_passes_without_script_a_few_times(guard):
    """Not at once, and not again and again from one address."""
    checks = [guard.check("contact-form", NOW) for _ in range(spam.BY_WAITING + 1)]
    assert guard.judge("contact-form", {CHECK: checks[0]}, HOME, NOW + 1_000) is Verdict.NOT_PASSED
    later = NOW + spam.WAIT_MS
    verdicts = [guard.judge("contact-form", {CHECK: check}, HOME, later) for check in checks]
    assert verdicts == [Verdict.CLEAR] * spam.BY_WAITING + [Verdict.NOT_PASSED]


def test_what_was_not_kept_does_not_count(guard):
    """Somebody who has to mend a form again and again is not asked for it."""
    for _ in range(spam.WITHOUT_TOKEN * 2):
        assert guard.judge("contact-form", {}, HOME, NOW) is Verdict.CLEAR
        guard.take_back(HOME, NOW)


def test_addresses_of_one_network_are_one_sender(guard):
    """A /64 of IPv6 is one; an IPv4 address is the same in either writing."""
    for number in range(spam.WITHOUT_TOKEN):
        assert guard.judge("contact-form", {}, f"2001:db8:1:2::{number:x}", NOW) is Verdict.CLEAR
    assert guard.judge("contact-form", {}, "2001:db8:1:2:ffff::1", NOW) is Verdict.UNKNOWN
    assert guard.judge("contact-form", {}, "2001:db8:1:3::1", NOW) is Verdict.CLEAR


def test_workers_count_together(tmp_path):
    """However many there are, one sender has one allowance, and a check passes once."""
    sender_counts.serve(tmp_path, Counts())
    workers = [FormGuard(keyed, SharedCounts(tmp_path)) for _ in range(3)]
    verdicts = [workers[number % 3].judge("contact-form", {}, HOME, NOW) for number in range(spam.WITHOUT_TOKEN + 3)]
    assert verdicts == [Verdict.CLEAR] * spam.WITHOUT_TOKEN + [Verdict.UNKNOWN] * 3
    workers[1].take_back(HOME, NOW)
    assert workers[2].judge("contact-form", {}, HOME, NOW) is Verdict.CLEAR
    check = workers[0].check("contact-form", NOW)
    own = {CHECK: check, PROOF: proof_of(check)}
    assert [worker.judge("contact-form", own, HOME, NOW) for worker in workers] == [Verdict.CLEAR] + [Verdict.NOT_PASSED] * 2


def test_forms_that_come_at_once_are_not_all_let_in(tmp_path):
    """Each is counted before it is kept."""
    sender_counts.serve(tmp_path, Counts())
    guard = FormGuard(keyed, SharedCounts(tmp_path))
    with ThreadPoolExecutor(16) as pool:
        verdicts = list(pool.map(lambda _: guard.judge("contact-form", {}, HOME, NOW), range(64)))
    assert verdicts.count(Verdict.CLEAR) == spam.WITHOUT_TOKEN


@pytest.mark.parametrize("listens", [False, True])
def test_without_the_count_everybody_is_asked(tmp_path, listens):
    """Nobody there, or somebody who does not answer: no, also to a check that was worked for."""
    guard = FormGuard(keyed, SharedCounts(tmp_path))
    check = guard.check("contact-form", NOW)
    with socket.socket(socket.AF_UNIX) as silent:
        if listens:
            silent.bind(str(tmp_path / sender_counts.SOCKET_NAME))
            silent.listen()
        assert guard.judge("contact-form", {}, HOME, NOW) is Verdict.UNKNOWN
        assert guard.judge("contact-form", {CHECK: check, PROOF: proof_of(check)}, HOME, NOW) is Verdict.NOT_PASSED


def test_a_question_that_cannot_be_read_stops_no_other(tmp_path):
    """The count answers the next one."""
    sender_counts.serve(tmp_path, Counts())
    for nonsense in (b"", b"x" * 100_000, b"\x93\x01\x02\x03"):
        with socket.socket(socket.AF_UNIX) as connection, contextlib.suppress(OSError):
            connection.connect(str(tmp_path / sender_counts.SOCKET_NAME))
            connection.sendall(nonsense)
            connection.shutdown(socket.SHUT_WR)
            assert connection.recv(1) == b""
    assert SharedCounts(tmp_path).let_in(HOME, 1, NOW)


@pytest.mark.parametrize("proof", ["", "-1", "x", "9" * 60, "²"])
def test_nonsense_is_no_proof(proof):
    """Neither sign nor letter, nor a number without end."""
    assert not spam.proves("check", proof)
