"""Codes of an app, held against Debian's oathtool, and recovery codes: each opens once, and few wrong ones end it."""

from __future__ import annotations

import json
import subprocess
import threading

import pytest

from avow import access
from avow.access.apps import RECOVERY_CODES, SKEWED, STEP
from avow.access.sessions import CODE_TRIES
from avow.access.signing_in import CODE_TRIES as ACCOUNT_TRIES
from avow.collection.limits import sender_counts
from avow.definitions import Refusal
from avow.store.control import audit, staff_factors

from .conftest import ADMINISTRATOR, NOW, PASSWORD, second_of

pytestmark = pytest.mark.usefixtures("small_hashes")
MINUTE = 60_000


def code(secret, now_ms):
    """Return what an app shows at a moment, as another program works it out."""
    arguments = ["oathtool", "--totp", "--base32", "--now", f"@{now_ms // 1000}", secret.replace(" ", "")]
    return subprocess.run(arguments, capture_output=True, text=True, check=True).stdout.strip()


@pytest.fixture
def needed(accounts, guard):
    """Second factors, which every account needs."""
    return second_of(accounts.control, guard, is_required=True)


@pytest.fixture
def kim(accounts, needed):
    """Kim's account, just made: its session waits for a factor to be set up."""
    token = access.invite(accounts, ADMINISTRATOR, NOW)
    return access.accept(accounts, needed.enter, token, "Kim", PASSWORD, "Firefox on Linux", NOW)


@pytest.fixture
def app(needed, kim):
    """The secret of Kim's app, set up by the code of now, and what that brought."""
    secret = needed.new_app(kim.session, NOW).secret
    return secret, needed.add_app(kim.session, code(secret, NOW), NOW)


@pytest.fixture
def again(accounts, guard, needed, app):
    """Kim's password given again: the session that waits for a code."""

    def again(now_ms):
        tried = access.Attempt("Kim", PASSWORD, "192.0.2.1", "", now_ms)
        return access.sign_in(needed.enter, guard, tried, guard.admit(accounts, tried)).session

    return again


def show(second, session, typed, now_ms, device=""):
    return second.complete(session, access.Proof(code=typed), device, now_ms)


def member(second, session, now_ms):
    found = second.sessions.open(session, now_ms)
    return found.account.name if found and found.is_whole else None


def said(accounts):
    with accounts.control.reading() as tx:
        return [json.loads(entry)["what"] for _, entry in audit.pending(tx, 100)]


def test_a_factor_is_set_up_before_anything_else(needed, kim, app):
    """The session that waited opens nothing; the one after it is whole, and its codes are there to be kept."""
    assert (kim.waits_for, kim.device) == ("enrolment", "")
    assert needed.sessions.open(kim.session, NOW) is None
    _, enrolled = app
    assert member(needed, enrolled.signed_in.session, NOW) == "Kim"
    assert len(set(enrolled.recovery_codes)) == RECOVERY_CODES


def test_the_next_sign_in_asks_for_a_code(needed, again, app):
    """Right password, then the code of another program's clock; the token of before opens nothing."""
    later = NOW + MINUTE
    waiting = again(later)
    assert member(needed, waiting, later) is None
    entered = show(needed, waiting, code(app[0], later), later)
    assert member(needed, entered.session, later) == "Kim"
    assert needed.sessions.open(waiting, later) is None


def test_a_code_is_taken_once(needed, again, app):
    """Whoever looked over the shoulder is a step too late, and so is the code that set the app up."""
    later = NOW + MINUTE
    typed = code(app[0], later)
    assert isinstance(show(needed, again(later), typed, later), access.SignedIn)
    assert "used before" in show(needed, again(later), typed, later + 1000).reason
    assert "used before" in show(needed, again(NOW), code(app[0], NOW), NOW).reason


def test_of_two_who_bring_one_code_one_is_let_in(needed, again, app):
    """At the same moment, as two tabs or a thief do."""
    later, answers = NOW + MINUTE, []
    typed, sessions = code(app[0], later), [again(later), again(later)]
    threads = [threading.Thread(target=lambda s=one: answers.append(show(needed, s, typed, later))) for one in sessions]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(isinstance(one, access.SignedIn) for one in answers) == [False, True]


@pytest.mark.parametrize("steps", [-1, 0, 1])
def test_a_clock_may_be_one_code_off(needed, again, app, steps):
    """Half a minute either way."""
    later = NOW + 5 * MINUTE
    assert isinstance(show(needed, again(later), code(app[0], later + steps * STEP * 1000), later), access.SignedIn)


@pytest.mark.parametrize(("steps", "words"), [(8, "4 minutes ahead of"), (-SKEWED, "10 minutes behind")])
def test_a_skewed_clock_is_told_and_not_taken(needed, again, app, steps, words):
    """And the code that was told so opens nothing at its own moment: guesses are of no use."""
    later = NOW + 60 * MINUTE
    off = later + steps * STEP * 1000
    answer = show(needed, again(later), code(app[0], off), later)
    assert words in answer.reason
    assert "clock of your telephone or of this server is wrong" in answer.reason
    if steps > 0:
        assert "used before" in show(needed, again(off), code(app[0], off), off).reason


def test_a_code_of_another_hour_is_wrong(needed, again, app):
    """Nothing is said of clocks."""
    later = NOW + 60 * MINUTE
    assert "not the right one" in show(needed, again(later), code(app[0], later + 60 * MINUTE), later).reason


@pytest.mark.parametrize(
    "typed", ["", "000000 ", "12345", "1234567", "\u0661\u0662\u0663\u0664\u0665\u0666", "abcd-efgh-jkmn", "x" * 400]
)
def test_what_is_no_code_is_wrong(needed, again, typed):
    """Whatever it is."""
    assert isinstance(show(needed, again(NOW + MINUTE), typed, NOW + MINUTE), Refusal)


def test_five_wrong_codes_end_the_sign_in(needed, again, app):
    """The password has to be given again; the right code comes too late."""
    later = NOW + MINUTE
    waiting = again(later)
    answers = [show(needed, waiting, "000000", later).reason for _ in range(CODE_TRIES)]
    assert ["too many" in one for one in answers] == [False] * (CODE_TRIES - 1) + [True]
    assert "ended" in show(needed, waiting, code(app[0], later), later).reason


def test_codes_of_an_account_are_counted_over_its_sessions(needed, again, app):
    """Who has the password guesses ten; the browser that was let in before is not locked out by it."""
    later = NOW + MINUTE
    device = app[1].signed_in.device
    for _ in range(ACCOUNT_TRIES // CODE_TRIES):
        waiting = again(later)
        for _ in range(CODE_TRIES):
            show(needed, waiting, "000000", later)
    assert "too many failed tries" in show(needed, again(later), code(app[0], later), later).reason
    assert isinstance(show(needed, again(later), code(app[0], later), later, device), access.SignedIn)
    after = later + sender_counts.WINDOW_MS + 1
    assert isinstance(show(needed, again(after), code(app[0], after), after), access.SignedIn)


def test_a_recovery_code_opens_once(needed, again, app, accounts):
    """However it is typed; and it is an entry of the log."""
    later, one = NOW + MINUTE, app[1].recovery_codes[3]
    assert isinstance(show(needed, again(later), f" {one.upper().replace('-', ' ')} ", later), access.SignedIn)
    assert "not the right one" in show(needed, again(later), one, later).reason
    assert said(accounts).count("staff.recovery-code-used") == 1
    assert needed.means(again(later), later).recovery_codes == RECOVERY_CODES - 1


def test_new_recovery_codes_end_the_old_ones(needed, again, app, accounts):
    """All of them."""
    account = needed.sessions.open(app[1].signed_in.session, NOW).account
    with accounts.control.transaction() as tx:
        new = needed.codes.new_recovery_codes(tx, account.staff_id, NOW)
    later = NOW + MINUTE
    assert isinstance(show(needed, again(later), app[1].recovery_codes[0], later), Refusal)
    assert isinstance(show(needed, again(later), new[0], later), access.SignedIn)


def test_the_store_alone_makes_no_codes(accounts, app, tmp_path):
    """Neither the secret nor a recovery code is in it, in any form in which it was shown."""
    secret, enrolled = app
    accounts.control.checkpoint()
    kept = b"".join(path.read_bytes() for path in tmp_path.glob("control.db*"))
    shown = [
        secret,
        secret.replace(" ", ""),
        *enrolled.recovery_codes,
        *(one.replace("-", "") for one in enrolled.recovery_codes),
    ]
    assert [one for one in shown if one.encode() in kept] == []


def test_an_app_of_another_vault_opens_nothing(accounts, guard, again):
    """A store without its vault is no way in."""
    other = second_of(accounts.control, guard, is_required=True, keyed=lambda *_said: bytes(32))
    assert isinstance(show(other, again(NOW + MINUTE), "123456", NOW + MINUTE), Refusal)


def test_the_app_that_is_set_up_is_the_same_until_it_is(needed, kim):
    """Who opens the page twice has scanned the right picture."""
    first, second = needed.new_app(kim.session, NOW), needed.new_app(kim.session, NOW + MINUTE)
    assert first == second
    assert first.address.startswith("otpauth://totp/")
    assert "not the code that the app shows" in needed.add_app(kim.session, "000000", NOW).reason
    assert "minutes ahead" in needed.add_app(kim.session, code(first.secret, NOW + 5 * MINUTE), NOW).reason


def test_a_session_that_waits_for_a_code_sets_nothing_up(needed, again):
    """Else the password alone would be enough after all."""
    waiting = again(NOW + MINUTE)
    assert needed.new_app(waiting, NOW + MINUTE) is None
    assert isinstance(needed.add_app(waiting, "000000", NOW + MINUTE), Refusal)
    assert needed.passkey_options(waiting, NOW + MINUTE) == ""


def test_a_sign_in_from_before_the_first_factor_adds_none_of_its_own(accounts, guard, needed, kim):
    """Who knew the password meanwhile waits for an enrolment as well; once the owner has a factor, theirs is no way in."""
    tried = access.Attempt("Kim", PASSWORD, "192.0.2.1", "", NOW)
    stranger = access.sign_in(needed.enter, guard, tried, guard.admit(accounts, tried)).session
    theirs, own = needed.new_app(stranger, NOW).secret, needed.new_app(kim.session, NOW).secret
    assert needed.add_app(kim.session, code(own, NOW), NOW).signed_in
    assert isinstance(needed.add_app(stranger, code(theirs, NOW), NOW), Refusal)
    assert needed.new_app(stranger, NOW) is None
    assert needed.passkey_options(stranger, NOW) == ""


def test_a_factor_of_ones_own_is_asked_for_where_none_is_needed(accounts, guard, second, app, again):
    """It is there, so it counts."""
    tried = access.Attempt("Kim", PASSWORD, "192.0.2.1", "", NOW)
    assert access.sign_in(second.enter, guard, tried, guard.admit(accounts, tried)).waits_for == "code"


def test_a_fresh_proof_is_noted(needed, app):
    """In the session that it was made in; wrong codes there end it."""
    session, later = app[1].signed_in.session, NOW + 20 * MINUTE
    assert needed.prove(session, access.Proof(code=code(app[0], later)), "", later) is None
    assert needed.sessions.open(session, later).kept.proved_ms == later
    for _ in range(CODE_TRIES):
        needed.prove(session, access.Proof(code="000000"), "", later)
    assert needed.sessions.open(session, later) is None


def test_what_is_spent_is_forgotten_when_it_is_over(accounts):
    """The table does not grow."""
    with accounts.control.transaction() as tx:
        assert staff_factors.spend(tx, b"one", NOW + 1, NOW)
        assert not staff_factors.spend(tx, b"one", NOW + 1, NOW)
        assert staff_factors.spend(tx, b"two", NOW + 9, NOW + 2)
        assert not staff_factors.is_spent(tx, b"one", NOW)
