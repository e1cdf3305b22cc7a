"""People under 16: § 1798.120(c), § 1798.135(c)(5); 11 CCR 7070 (a parent says yes), 7071 (the minor does, in two steps).

With the pages as they are served, a form that asks for the year of birth, and an advertising network that gets its address.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime

import pytest
from tests.houses import compiled, person
from tests.web.conftest import serving  # noqa: F401 - a fixture
from tests.web.policies import CLUB, SHARING
from tests.web.serving import VISITOR

from avow.definitions import IdentifierKind, Refusal, RequestKind, identifier
from avow.gate import choices, minors
from avow.gate.handing_over import Content, HandingOver, NoMore
from avow.gate.minors import Says
from avow.policy import law
from avow.policy.checks.carried_out import EVERYTHING
from avow.policy.rulebook import ages
from avow.policy.rulebook.ages import Heard
from avow.store.keys import Vault

ROBIN = person("robin@example.com")
NUMBER = identifier(IdentifierKind.VISITOR, VISITOR)
SOLD = "counting-readers"
TODAY = date(2026, 11, 23)


@pytest.fixture
def house(serving):  # noqa: F811 - the fixture
    """The example company with a club whose addresses an advertising network gets, until somebody opts out."""
    return serving(compiled(*SHARING, *CLUB, does=EVERYTHING))


def join(house, born, email=ROBIN.value, **more):
    """Join the club by its form; return the answer."""
    browser = house.browser()
    page = browser.get("/avow/forms/weather-club").text
    tokens = dict(re.findall(r'name="(avow-[a-z]+)" value="([^"]+)"', page))
    house.wait(seconds=5)
    said = {"email": email, "birth-year": str(born), **tokens}
    answer = browser.post("/avow/forms/weather-club", data=said, **more)
    assert answer.status_code == 303, answer.text
    house.run("drain")
    return answer


def goes(house):
    """Return whether Robin's address may go to the network now, or why not."""
    gate = HandingOver(house.store, house.versions, lambda *_: False, house.now_ms)
    held = house.store.submissions_after("", 10, "weather-club").held[0]
    return gate.of_form(held, "place", SOLD)


def link(house):
    """Return the page behind a confirmed link of Robin's."""
    status = house.ask(RequestKind.KNOW, ROBIN.value)
    house.walk()
    return "/privacy/requests/" + house.rooms.rights.confirm(house.link(status))


def switch(house, page, answer, **more):
    return house.browser().post(f"{page}/choices", data={f"choice.{SOLD}": answer, **more})


def test_of_an_adult_it_goes_until_they_say_no(house):
    """What nobody is asked about nobody has to allow; an age of 16 or more is no mark."""
    join(house, 2009)
    assert isinstance(goes(house), Content)
    assert minors.who_says(house.store, [ROBIN], house.now_ms()) is Says.ANYBODY


@pytest.mark.parametrize(
    ("born", "says", "rule"),
    [(2011, Says.MINOR, "7071"), (2013, Says.MINOR, "7071"), (2014, Says.PARENT, "7070"), (2025, Says.PARENT, "7070")],
)
def test_nothing_of_a_minor_is_shared(house, born, says, rule):
    """(c): not before a yes; a year is taken as the youngest that it can be, so on the last of December 2013 they are 12."""
    join(house, born)
    refused = goes(house)
    if born == 2013:  # 12 until the end of the year
        says, rule = Says.PARENT, "7070"
    assert minors.who_says(house.store, [ROBIN], house.now_ms()) is says
    assert isinstance(refused, NoMore)
    assert rule in refused.rule


def test_a_contract_that_pauses_takes_nothing_back_for_good(house):
    """A no of the contract is one for now, of whatever age; once there is a contract again, the age is asked."""
    join(house, 2011)
    register = house.rooms.recipients.register
    assert register.withdraw("place", "s1") is None
    paused = goes(house)
    assert (isinstance(paused, Refusal), isinstance(paused, NoMore)) == (True, False)
    assert register.renew("place", "s1") is None
    assert isinstance(goes(house), NoMore)


def test_a_minor_says_yes_in_two_steps_and_no_in_one(house):
    """7071(a): the first press changes nothing; the second, on a page that says what it is, does."""
    join(house, 2011)
    page = link(house)
    assert "We know that you are under 16" in house.browser().get(page).text
    first = switch(house, page, "in")
    assert first.status_code == 200
    assert "Do you mean it?" in first.text
    assert isinstance(goes(house), Refusal)
    second = dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]+)">', first.text)) | {"confirmed": "yes"}
    assert house.browser().post(f"{page}/choices", data=second).status_code == 303
    assert isinstance(goes(house), Content)
    house.wait(seconds=1)
    switch(house, page, "out")
    assert isinstance(goes(house), Refusal)
    asked = house.browser().get(page).text
    assert "we do not ask you before" in asked
    assert "unless you allow it here" not in asked


def test_a_child_cannot_say_yes_and_a_parent_can(house):
    """7070(a): whatever is pressed, however often; a parent's yes is noted by staff with the way in which it was given."""
    join(house, 2020)
    page = link(house)
    assert "under 13" in house.browser().get(page).text
    assert switch(house, page, "in", confirmed="yes").status_code == 303
    assert isinstance(goes(house), Refusal)
    in_force = house.versions.in_force()
    assert choices.parent_says(house.store, [ROBIN], [SOLD], "by owl", in_force, "marrowby", house.now_ms()) is not None
    assert (
        choices.parent_says(house.store, [ROBIN], ["security"], "signed form", in_force, "marrowby", house.now_ms()) is not None
    )
    assert choices.parent_says(house.store, [ROBIN], [SOLD], "signed form", in_force, "marrowby", house.now_ms()) is None
    assert isinstance(goes(house), Content)
    assert '"by":"parent:signed form"' in "".join(house.logged()).replace(" ", "").replace("signedform", "signed form")


def test_the_mark_is_over_at_16_by_itself(house):
    """From the first of January after the year in which they are 16 they decide as anybody."""
    join(house, 2011)
    house.now = datetime(2027, 12, 30, tzinfo=UTC)
    assert minors.who_says(house.store, [ROBIN], house.now_ms()) is Says.MINOR
    house.now = datetime(2028, 1, 1, tzinfo=UTC)
    assert minors.who_says(house.store, [ROBIN], house.now_ms()) is Says.ANYBODY


def test_what_is_known_of_an_age_outlives_the_data_and_a_restore(house, tmp_path):
    """Erased, they are as young as before; the marks go with those of the erased into every backup."""
    join(house, 2011)
    house.store.erase([ROBIN], house.now_ms())
    assert minors.who_says(house.store, [ROBIN], house.now_ms()) is Says.MINOR
    restored = Vault(tmp_path / "keys.db")
    restored._secret = house.store.vault._secret
    restored.apply_tombstones(house.store.vault.tombstones())
    assert restored.ages([ROBIN]) == house.store.vault.ages([ROBIN])
    restored.close()


def test_who_said_they_were_young_is_not_older_by_a_second_form(house):
    """To disregard an age is to know it: the younger one stands."""
    join(house, 2014)
    join(house, 1990)
    assert minors.who_says(house.store, [ROBIN], house.now_ms()) is Says.PARENT


def test_the_browser_that_told_it_is_opted_out_and_not_asked(house):
    """In the answer to the form; a yes in it is none, for the address alone proves whose it is."""
    answer = join(house, 2011, headers={"Cookie": f"avow_visitor={VISITOR}"})
    cookie = next(one for one in answer.headers.get_list("set-cookie") if one.startswith("avow_choices=")).partition(";")[0]
    assert SOLD in cookie
    assert house.rooms.choices.of_number(VISITOR) == {SOLD, "advertising-elsewhere"}
    told = house.browser().get("/avow/choices", headers={"Cookie": f"{cookie}; avow_visitor={VISITOR}"}).json()
    assert [one["allowed"] for one in told["third_parties"]] == [False]
    assert not any(one["ask"] for one in told["choices"] if one["name"] == SOLD)
    yes = {f"choice.{SOLD}": "in", "confirmed": "yes"}
    house.browser().post("/privacy/choices", data=yes, headers={"Cookie": f"{cookie}; avow_visitor={VISITOR}"})
    assert SOLD in house.rooms.choices.of_number(VISITOR)


def test_a_refusal_is_not_asked_again_for_twelve_months_or_until_16(house):
    """§ 1798.135(c)(5)."""
    table, now_ms = law.tables()["US-CA"], house.now_ms()
    minors.note(house.store, [ROBIN], Heard(date(2026, 1, 1), date(2027, 6, 1)))
    minors.note(house.store, [NUMBER], Heard(date(2030, 1, 1), date(2033, 1, 1)))
    assert minors.not_asked_before(house.store, [ROBIN], table, now_ms) is None
    for one in (ROBIN, NUMBER):
        minors.refuse(house.store, [one], now_ms)
    assert minors.not_asked_before(house.store, [ROBIN], table, now_ms) == date(2027, 6, 1)
    assert minors.not_asked_before(house.store, [NUMBER], table, now_ms) == date(2027, 11, 23)
    year = 365 * 86_400_000
    assert minors.not_asked_before(house.store, [NUMBER], table, now_ms + year - 86_400_000) == date(2027, 11, 23)
    assert minors.not_asked_before(house.store, [NUMBER], table, now_ms + year) is None


@pytest.mark.parametrize(
    ("says", "value", "sixteen"),
    [
        ("age", "15", date(2027, 11, 23)),
        ("age", "16", None),
        ("age", "0", date(2042, 11, 23)),
        ("age", "-3", None),
        ("age", "fifteen", None),
        ("birth-date", "2010-11-24", date(2026, 11, 24)),
        ("birth-date", "2010-11-23", None),
        ("birth-date", "2012-02-29", date(2028, 2, 29)),
        ("birth-date", "24.11.2010", None),
        ("birth-year", "2010", date(2026, 12, 31)),
        ("birth-year", "2009", None),
        ("birth-year", "2027", None),
        ("under-13", "yes", date(2042, 11, 23)),
        ("13-to-15", "yes", date(2029, 11, 23)),
        ("13-to-15", "", None),
    ],
)
def test_an_age_is_the_youngest_that_it_can_be(says, value, sixteen):
    """Each shape that a form can have; what is no age tells none."""
    born = ages._born(says, value, law.tables()["US-CA"], TODAY)
    found = ages._on_birthday(born, 16) if born else None
    assert (found if found and found > TODAY else None) == sixteen


def test_no_other_law_makes_a_mark(house):
    """The values are California's."""
    rulebook = house.versions.in_force()
    assert ages.known(rulebook, "weather-club", {"birth-year": "2014"}, TODAY) is not None
    assert ages.known(rulebook, "nowhere", {"birth-year": "2014"}, TODAY) is None
    assert law.tables()["EU-GDPR"].minors_opt_in_under is None


def test_invented_people_have_no_age(house):
    """A demonstration makes no marks."""
    join(house, 2014)
    vault = house.store.vault
    before = len(vault.tombstones())
    house.write(
        "sam@example.com", point="weather-club", demonstration=True, fields={"birth-year": "2014", "email": "sam@example.com"}
    )
    assert len(vault.tombstones()) == before
