"""Machines are asked once more; nobody is turned away, and nothing about addresses is kept."""

import hashlib
import hmac

import pytest

from avow.collection import spam
from avow.collection.spam import CHECK, PROOF, SHOWN, TRAP, FormGuard, Verdict

NOW = 1_795_460_400_000
HOME = "203.0.113.9"


def keyed(label, data):
    return hmac.digest(b"secret" + label, data, hashlib.sha256)


@pytest.fixture
def guard():
    return FormGuard(keyed)


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
        guard.count(HOME, NOW)
    assert guard.judge("contact-form", {}, HOME, NOW) is Verdict.UNKNOWN
    assert guard.judge("contact-form", {}, "203.0.113.10", NOW) is Verdict.CLEAR
    assert guard.judge("contact-form", {}, HOME, NOW + spam.WINDOW_MS + 1) is Verdict.CLEAR


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


def test_addresses_do_not_fill_the_memory(guard):
    """At most so many are counted, and none in clear."""
    for number in range(spam.PEERS + 10):
        guard.count(f"peer-{number}", NOW)
    assert len(guard._peers) == spam.PEERS
    assert all(len(name) == 32 and b"peer" not in name for name in guard._peers)


@pytest.mark.parametrize("proof", ["", "-1", "x", "9" * 60, "²"])
def test_nonsense_is_no_proof(proof):
    """Neither sign nor letter, nor a number without end."""
    assert not spam.proves("check", proof)
