"""Accounts of the console: who leaves is out, who fails is counted, and the audit log has it, naming nobody."""

from __future__ import annotations

import json
import threading
from datetime import timedelta
from functools import partial

import pyotp
import pytest
from tests.houses import over_both

from avow import access
from avow.access.accounts import Accounts
from avow.access.answers import Sender
from avow.access.failed import FailedSignIns
from avow.access.register import Register
from avow.access.staff import SignIns, Staff
from avow.collection.limits.sender_counts import Counts
from avow.collection.limits.sender_memory import counted_for
from avow.definitions import Refusal
from avow.gate.roles import Act, Role
from avow.policy.rulebook.roles import with_administrator
from avow.store.control import audit, staff

from .conftest import ADMINISTRATOR, IDLE_MS, second_of

pytestmark = pytest.mark.usefixtures("small_hashes")
PASSWORD = "a long sentence for tests"
ORIGIN = "https://www.example.com"
#: The tables of what an account has.
OWN = ("staff_sessions", "staff_apps", "staff_passkeys", "staff_recovery_codes", "staff_training")
HERE = Sender("192.0.2.1", "", "")


class Console:
    """The console's door and register over a house."""

    def __init__(self, house):
        self.house, control = house, house.store.control
        guard = access.Guard(Counts(), house.store.vault.hmac)
        self.failures = access.Failures()
        address_of = partial(counted_for, trusted=frozenset())
        second = second_of(control, guard, keyed=house.store.vault.hmac, failures=self.failures)
        passwords = access.Passwords()
        signs = SignIns(
            Accounts(control), second.sessions, guard, second, None, passwords, self.failures, address_of, "UTC", house.now_ms
        )
        self.door, self.second = Staff(signs), second
        self.declared = with_administrator({}, (), ())
        self.register = Register(
            control, ORIGIN, "UTC", IDLE_MS, needs_factor=False, declared=lambda: self.declared, now_ms=house.now_ms
        )
        self.failed = FailedSignIns(control, house.now_ms)

    def join(self, name, link=None):
        """Accept an invitation."""
        token = (link or self.register.invite(ADMINISTRATOR)).rpartition("/")[2]
        return self.door.accept(token, name, PASSWORD).result(60)

    def id(self, name):
        return next(one.staff_id for one in self.register.accounts() if one.name == name)

    def sign_in(self, name="Robin", password=PASSWORD, sender=HERE):
        answer = self.door.sign_in(name, password, sender)
        return answer if isinstance(answer, Refusal) else answer.result(60)

    def said(self, *leave_out):
        """Return what the audit log says, without moments."""
        entries = map(json.loads, self.house.logged())
        return [{key: one[key] for key in one if key != "at"} for one in entries if one["what"] not in leave_out]


@pytest.fixture
def console(house):
    made = Console(house)
    made.robin, made.kim = made.join("Robin"), made.join("Kim")
    with house.store.control.transaction() as tx:
        audit.published(tx, [number for number, _ in audit.pending(tx, 1000)])
    return made


@over_both
def test_who_leaves_is_out_at_once(console, house):
    """The session ends, the password opens nothing, and no invitation made before lets anybody back in."""
    left = console.register.invite(ADMINISTRATOR)
    assert console.register.remove(console.id("Kim"), by=console.id("Robin")) is None
    assert console.door.member(console.kim.session) is None
    assert "do not belong" in console.sign_in("Kim").reason
    assert console.door.invitation(left.rpartition("/")[2]) is None


@pytest.mark.parametrize(
    ("kept", "typed"), [("J\u00f6rg", "Jo\u0308rg"), ("Jo\u0308rg", "J\u00f6rg"), (" J\u00f6rg ", "J\u00f6rg")]
)
def test_a_name_is_one_however_its_letters_are_composed(console, kept, typed):
    """Who made the account on one machine signs in on another, and nobody else gets an account of that name."""
    console.join(kept)
    assert isinstance(console.sign_in(typed), access.SignedIn)
    assert "already" in console.join(typed).reason


def test_a_name_that_an_earlier_version_kept_as_it_was_typed_signs_in(console, house):
    """Two letters for one, as some keyboards send it."""
    with house.store.control.transaction() as tx:
        tx.exec_driver_sql("UPDATE staff SET name = 'Jo\u0308rg' WHERE name = 'Kim'")
    assert isinstance(console.sign_in("J\u00f6rg"), access.SignedIn)


@over_both
def test_the_last_account_stays(console, house):
    """Without it nobody could see to requests."""
    assert console.register.remove(console.id("Kim")) is None
    assert "last account" in console.register.remove(console.id("Robin")).reason
    assert "no such account" in console.register.remove("nobody").reason
    assert [one.name for one in console.register.accounts()] == ["Robin"]


@over_both
def test_a_new_password_ends_what_the_old_one_opened(console, house):
    """The old one works until the link is used; then sessions, devices and other such links end."""
    links = [console.register.new_password(console.id("Robin")) for _ in range(2)]
    assert console.door.invitation(links[0].rpartition("/")[2]).name == "Robin"
    assert isinstance(console.sign_in(), access.SignedIn)
    new = console.join("somebody else", links[0])
    assert console.door.member(console.robin.session) is None
    assert console.door.member(new.session).name == "Robin"
    assert isinstance(console.join("Robin", links[1]), Refusal)
    assert isinstance(console.door.sign_in("Robin", "wrong", Sender("192.0.2.1", "", console.robin.device)).result(60), Refusal)


def test_each_change_is_an_entry_that_names_nobody(console):
    """Who did it and to whom, by number; commands say that they are."""
    robin, kim = console.id("Robin"), console.id("Kim")
    console.register.end_sessions(kim, by=robin)
    console.register.new_password(kim)
    console.register.remove(kim, by=robin)
    console.door.sign_out(console.sign_in().session)
    assert console.said() == [
        {"what": "staff.sessions-ended", "staff": kim, "by": robin},
        {"what": "staff.password-invited", "staff": kim, "by": "command"},
        {"what": "staff.removed", "staff": kim, "by": robin},
        {"what": "staff.signed-in", "staff": robin},
        {"what": "staff.signed-out", "staff": robin},
    ]


@over_both
def test_failed_sign_ins_are_one_entry_for_an_account_and_hour(console, house):
    """However many, and by however many workers; under names that nobody has they are counted alone."""
    for name in ("Robin", "Robin", "Robin", "Nobody"):
        console.sign_in(name, "wrong")
    console.failures.flush(console.failed.keep)
    assert console.said() == []
    house.wait(hours=1, minutes=2)
    for worker in (console.failed, FailedSignIns(house.store.control, house.now_ms)):
        worker.keep({})
    hour = house.now_ms() // 3_600_000 * 3_600_000 - 3_600_000
    assert console.said() == [{"what": "staff.sign-in-failed", "staff": console.id("Robin"), "hour": hour, "count": 3}]
    assert (console.register.accounts()[1].failed, console.register.failed_unknown()) == (3, 1)


def test_what_was_refused_before_a_look_is_counted_too(console):
    """A flood on one name is seen in full, and its passwords are not looked at."""
    for number in range(access.NAME_TRIES + 5):
        console.sign_in(password="wrong", sender=Sender(f"192.0.2.{number}", "", ""))
    console.failures.flush(console.failed.keep)
    assert console.register.accounts()[1].failed == access.NAME_TRIES + 5


def test_counts_that_are_not_taken_are_kept(console):
    """A store that does not answer costs no failed sign-in."""
    console.sign_in(password="wrong")
    with pytest.raises(OSError, match="locked"):
        console.failures.flush(lambda _counts: (_ for _ in ()).throw(OSError("locked")))
    console.failures.flush(console.failed.keep)
    assert console.register.accounts()[1].failed == 1


def test_a_proxy_that_nobody_named_speaks_for_everybody(console):
    """What comes from this machine is counted by name alone; what a proxy tells, by the address that it tells."""
    told = [
        console.sign_in(f"Nobody {n}", "wrong", Sender("127.0.0.1", "192.0.2.9", "")).reason
        for n in range(access.ADDRESS_TRIES + 1)
    ]
    assert not any("too many" in one for one in told)


def test_old_counts_are_forgotten(console, house):
    """After 30 days, once they are in the log."""
    console.sign_in(password="wrong")
    console.failures.flush(console.failed.keep)
    for days in (1, 30):
        house.wait(days=days)
        console.failed.keep({})
    with house.store.control.reading() as tx:
        assert staff.failed(tx) == {}


# -- roles and the last who may administer


OFFICER = Role("officer", "Officer", frozenset({Act.READ, Act.ANSWER}), frozenset({"contact-form"}), frozenset({"answers"}))
DECLARED = with_administrator({"officer": OFFICER}, ("contact-form",), ("answers",))


@pytest.fixture
def roles(console):
    """A policy that declares a role of officers."""
    console.declared = DECLARED
    return console


def roles_of(console, name):
    return next(one.roles for one in console.register.accounts() if one.name == name)


@over_both
def test_other_roles_hold_at_the_next_request(roles, house):
    """The open session has them, without signing in again; the log has numbers and names of roles."""
    kim = roles.id("Kim")
    assert roles.door.member(roles.kim.session).roles == ("administrator",)
    assert roles.register.change_roles(kim, ["administrator"], ["officer"], by=roles.id("Robin")) is None
    assert roles.door.member(roles.kim.session).roles == ("officer",)
    assert roles.said() == [{"what": "staff.roles-changed", "staff": kim, "roles": ["officer"], "by": roles.id("Robin")}]


def test_what_changes_nothing_is_no_entry(roles):
    """However the roles are written."""
    assert roles.register.change_roles(roles.id("Kim"), None, ["administrator", "administrator"]) is None
    assert roles.said() == []


@over_both
def test_of_two_browsers_the_second_is_told(roles, house):
    """Nothing is overwritten that the second had not seen."""
    kim = roles.id("Kim")
    assert roles.register.change_roles(kim, ["administrator"], ["officer"]) is None
    refused = roles.register.change_roles(kim, ["administrator"], ["administrator", "officer"])
    assert "somebody else changed the roles of this account meanwhile: they are officer" in refused.reason
    assert roles_of(roles, "Kim") == ("officer",)


@pytest.mark.parametrize("wanted", [[], ["recruiter"], ["officer", "recruiter"]])
def test_an_account_has_roles_that_there_are(roles, wanted):
    """At least one, and each declared; the same of an invitation."""
    assert isinstance(roles.register.change_roles(roles.id("Kim"), None, wanted), Refusal)
    assert isinstance(roles.register.invite(wanted), Refusal)
    assert roles_of(roles, "Kim") == ("administrator",)


def test_an_invited_account_has_the_roles_of_its_invitation(roles):
    """And no others."""
    roles.join("Lee", roles.register.invite(["officer"]))
    assert roles_of(roles, "Lee") == ("officer",)


@over_both
def test_the_last_who_may_administer_stays_that(roles, house):
    """It neither loses the role nor goes, whoever asks; an officer next to it does not count."""
    robin, kim = roles.id("Robin"), roles.id("Kim")
    assert roles.register.change_roles(kim, None, ["officer"]) is None
    for refused in (
        roles.register.change_roles(robin, None, ["officer"], by=robin),
        roles.register.change_roles(robin, None, ["officer"]),
        roles.register.remove(robin, by=robin),
        roles.register.remove(robin),
    ):
        assert "last account of our own that may administer" in refused.reason
    assert roles.register.remove(kim) is None


@over_both
def test_of_two_administrators_who_leave_at_once_one_stays(roles, house):
    """Each sees the other when it begins."""
    answers = []

    def leave(name):
        answers.append(roles.register.remove(roles.id(name), by=roles.id(name)))

    threads = [threading.Thread(target=leave, args=(name,)) for name in ("Robin", "Kim")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(one is None for one in answers) == [False, True]
    assert len(roles.register.accounts()) == 1


def test_who_signs_in_at_a_provider_is_not_the_last_who_may_administer(roles, house):
    """Its groups, or the provider's end, would close the console."""
    roles.register.remove(roles.id("Kim"))
    with house.store.control.transaction() as tx:
        staff.add(tx, "Pat", "", ["administrator"], house.now_ms(), "https://login.example.com", "7")
    assert "last account of our own" in roles.register.remove(roles.id("Robin")).reason
    assert roles.register.remove(roles.id("Pat")) is None


# -- trainings


def test_a_training_holds_through_its_last_day(console, house):
    """The day after it the member can look and not close."""
    today = house.now.date()
    training = access.Trained("consumer requests", today, today + timedelta(days=1))
    assert not console.door.member(console.kim.session).is_trained
    assert console.register.train(console.id("Kim"), training, by=console.id("Robin")) is None
    assert console.door.member(console.kim.session).is_trained
    house.wait(days=1)
    kim = console.sign_in("Kim")
    assert console.door.member(kim.session).is_trained
    house.wait(days=1)
    assert not console.door.member(console.sign_in("Kim").session).is_trained
    assert [one for one in console.said() if one["what"] == "staff.trained"] == [
        {
            "what": "staff.trained",
            "staff": console.id("Kim"),
            "until": (today + timedelta(days=1)).isoformat(),
            "by": console.id("Robin"),
        }
    ]


@pytest.mark.parametrize(
    ("on", "until", "topic"), [(1, 9, "law"), (0, -1, "law"), (0, 9, " "), (0, 9, "a\nb"), (0, 9, "x" * 201)]
)
def test_a_training_that_cannot_be_is_refused(console, house, on, until, topic):
    """Still to come, over before it was, or on nothing."""
    today = house.now.date()
    training = access.Trained(topic, today + timedelta(days=on), today + timedelta(days=until))
    assert isinstance(console.register.train(console.id("Kim"), training), Refusal)
    assert console.register.page(console.id("Kim")).trainings == ()


def test_a_training_noted_by_mistake_is_removed(console, house):
    """The others stay."""
    today, kim = house.now.date(), console.id("Kim")
    for days in (10, 20):
        console.register.train(kim, access.Trained("law", today, today + timedelta(days=days)))
    longest = console.register.page(kim).trainings[0]
    assert console.register.remove_training(kim, longest.training_id) is None
    assert [one.until_on for one in console.register.page(kim).trainings] == [today + timedelta(days=10)]


@over_both
def test_what_an_account_had_goes_with_it(console, house):
    """Sessions, factors, codes and trainings: no row names it any more."""
    kim, today = console.id("Kim"), house.now.date()
    secret = console.second.new_app(console.kim.session, house.now_ms()).secret.replace(" ", "")
    assert isinstance(console.door.add_app(console.kim.session, pyotp.TOTP(secret).at(house.now)), access.Enrolled)
    console.register.train(kim, access.Trained("law", today, today))
    console.register.remove(kim)
    with house.store.control.reading() as tx:
        left = {table: tx.exec_driver_sql(f"SELECT count(*) FROM {table} WHERE staff_id = '{kim}'").scalar() for table in OWN}
    assert left == dict.fromkeys(OWN, 0)
