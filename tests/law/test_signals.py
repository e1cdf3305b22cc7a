"""An opt-out preference signal: 11 CCR 7025(c)(1) (browser, profile, person), (c)(5) (absence is no consent), (d) (nothing else).

With the pages as they are served and the real stores; what a browser sends by its tag goes through spool and drain.
"""

from datetime import UTC, datetime

import pytest
from tests.houses import compiled, person
from tests.web.conftest import serving  # noqa: F401 - a fixture
from tests.web.policies import PLACE
from tests.web.serving import VISITOR

from avow.definitions import IdentifierKind, RequestKind, identifier
from avow.gate import choices
from avow.store.control import choices as rows

STOPPED = {
    "advertising-elsewhere",
    "audience-measurement",
    "returning-visitors",
    "campaign-measurement",
    "page-improvement",
    "email-measurement",
    "counting-readers",
}
NUMBER = {"Cookie": f"avow_visitor={VISITOR}"}
SIGNAL = {"Sec-GPC": "1"}
HTML = {"Accept": "text/html"}
BROWSER = identifier(IdentifierKind.VISITOR, VISITOR)
ROBIN = person("robin@example.com")


@pytest.fixture
def house(serving):  # noqa: F811 - the fixture
    """The example company, with another company's script that loads until somebody opts out."""
    return serving(compiled(*PLACE))


def sources(house):
    return {(one.source, one.opted_out) for one in house.rooms.choices.counts()}


def loads(answer):
    """Return whether the other company's script may load, as the page's script is told."""
    return [one["allowed"] for one in answer.json()["third_parties"]]


@pytest.mark.parametrize("address", ["/", "/privacy", "/avow/choices"])
def test_a_signal_is_the_opt_out_of_the_pseudonymous_profile(house, address):
    """(c)(1): of the number, whatever page it was sent with; once, with a proof that names nobody."""
    for _ in range(2):
        house.browser().get(address, headers=NUMBER | SIGNAL | HTML)
    assert house.rooms.choices.of_number(VISITOR) == STOPPED
    assert sources(house) == {("gpc", True)}
    assert {one.count for one in house.rooms.choices.counts()} == {1}
    assert VISITOR not in "".join(house.logged())


def test_a_missing_signal_is_no_consent_of_the_profile(house):
    """(c)(5): the same number without its signal and without the cookie of its choices is opted out; the cookie comes again."""
    house.browser().get("/", headers=NUMBER | SIGNAL | HTML)
    later = house.browser().get("/avow/choices", headers=NUMBER)
    assert loads(later) == [False]
    assert all(name in later.headers["set-cookie"] for name in STOPPED)
    assert not any(one["on"] for one in later.json()["choices"] if one["name"] == "counting-readers")
    other = house.browser().get("/avow/choices", headers={"Cookie": f"avow_visitor={VISITOR[::-1]}; avow_keeps=1"})
    assert loads(other) == [True]  # somebody else


@pytest.mark.parametrize("address", ["/", "/avow/choices"])
def test_a_missing_signal_is_no_consent_of_the_browser(house, address):
    """(c)(1), (c)(5): a browser without a number keeps the opt-out itself."""
    told = house.browser().get(address, headers=SIGNAL | HTML | {"Cookie": "avow_choices=v1.+page-improvement.~counting-readers"})
    cookie = next(one for one in told.headers.get_list("set-cookie") if one.startswith("avow_choices=")).partition(";")[0]
    assert set(cookie.removeprefix("avow_choices=v1.").split(".")) == STOPPED
    assert loads(house.browser().get("/avow/choices", headers={"Cookie": cookie})) == [False]


def test_a_signal_that_only_a_pages_script_can_see_counts_as_one(house):
    """7025(b)(1): some extensions set it on the page and send no header."""
    house.browser().get("/avow/choices?signals=gpc", headers=NUMBER)
    assert house.rooms.choices.of_number(VISITOR) == STOPPED
    assert loads(house.browser().get("/avow/choices", headers=NUMBER)) == [False]


def test_a_yes_does_not_outweigh_the_signal_that_comes_with_it(house):
    """(c)(3): nothing of it is kept as a yes, so the opt-out stands when the signal is missing."""
    answer = house.browser().post("/privacy/choices", data={"all": "in"}, headers=NUMBER | SIGNAL)
    assert answer.status_code == 303
    assert house.rooms.choices.of_number(VISITOR) == STOPPED
    assert {one.purpose for one in house.rooms.choices.counts() if not one.opted_out} == {"personalisation"}


def test_a_yes_after_the_signal_is_the_persons_newer_word(house):
    """They turned it off, and said yes: then, and not before, the opt-out is over; the signal brings it back."""
    house.browser().get("/", headers=NUMBER | SIGNAL | HTML)
    house.wait(seconds=1)
    house.browser().post("/privacy/choices", data={"all": "in", "confirmed": "yes"}, headers=NUMBER)
    assert house.rooms.choices.of_number(VISITOR) == frozenset()
    house.wait(seconds=1)
    house.browser().get("/", headers=NUMBER | SIGNAL | HTML)
    assert house.rooms.choices.of_number(VISITOR) == STOPPED


def test_t16_a_signal_holds_for_browser_profile_and_person(house):
    """LAW.md T16: known by the address, another browser without the signal is opted out too; an unknown visitor is not theirs."""
    house.now = datetime(2026, 12, 18, 18, 0, tzinfo=UTC)
    status = house.ask(RequestKind.KNOW, ROBIN.value)
    house.walk()
    house.browser().post(f"/privacy/verify/{house.link(status)}", headers=NUMBER | SIGNAL)
    assert choices.opted_out_by(house.store, [ROBIN]) == STOPPED  # the person, and ...
    assert house.rooms.choices.of_number(VISITOR) == STOPPED  # ... the profile
    house.now = datetime(2026, 12, 20, 18, 0, tzinfo=UTC)
    status, other = house.ask(RequestKind.KNOW, ROBIN.value), VISITOR[::-1]
    house.walk()
    met = house.browser().post(f"/privacy/verify/{house.link(status)}", headers={"Cookie": f"avow_visitor={other}"})
    assert all(name in met.headers["set-cookie"] for name in STOPPED)
    assert choices.opted_out_by(house.store, [ROBIN]) == STOPPED
    assert house.rooms.choices.of_number(other) == STOPPED
    house.now = datetime(2026, 12, 22, 18, 0, tzinfo=UTC)
    assert loads(house.browser().get("/avow/choices", headers={"Cookie": "avow_keeps=1"})) == [True]


def test_a_signal_is_used_for_nothing_else(house):
    """(d): what is kept is purpose, signal, moment, version and website; nothing of the request, and in no other table."""
    house.browser().get("/", headers=NUMBER | SIGNAL | HTML | {"User-Agent": "Odd/1.0", "Referer": "https://elsewhere.example/"})
    subjects = house.store.vault.subjects_of([BROWSER])
    with house.store.control.reading() as tx:
        kept = rows.of_subjects(tx, subjects)
    assert {(one.source, one.proof, one.rulebook_id, one.site) for one in kept} == {
        ("gpc", "", house.versions.in_force().id, "marrowby")
    }
    held = house.store.find([BROWSER])
    assert (held.events, held.submissions, held.disclosures) == ((), (), ())


def test_a_number_of_which_too_many_come_is_kept_only_where_it_is_known(house):
    """An address that invents numbers makes 120 people at most; each request is stopped by its own signal all the same."""
    browser = house.browser(client=("198.51.100.7", 1))
    for number in range(122):
        cookie = {"Cookie": f"avow_visitor={number:032x}; avow_keeps=1"}
        assert loads(browser.get("/avow/choices", headers=SIGNAL | cookie)) == [False]
    assert house.rooms.choices.of_number(f"{119:032x}") == STOPPED
    assert house.rooms.choices.of_number(f"{121:032x}") == frozenset()
