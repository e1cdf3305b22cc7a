"""An opt-out of sale and sharing: 11 CCR 7026(f), Cal. Civ. Code § 1798.135(c)(4), (f); 7028(a) (back in takes two steps).

With the pages as they are served and the real stores; the recipients are those of the example company, and
an advertising network.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime

import pytest
from sqlalchemy import update
from tests.houses import compiled, person
from tests.web.conftest import serving  # noqa: F401 - a fixture
from tests.web.policies import CLUB, SHARING
from tests.web.serving import VISITOR

from avow.definitions import RequestKind
from avow.gate import choices, deliveries, disclosures
from avow.gate.deliveries import Errand, ToGo
from avow.gate.disclosures import Leave
from avow.gate.opt_outs import OptOuts
from avow.policy.checks.carried_out import EVERYTHING
from avow.store.control import opt_outs as rows
from avow.store.control import tables

ROBIN = person("robin@example.com")
SOLD = "counting-readers"
RECORD = "0" * 31 + "7"


@pytest.fixture
def house(serving):  # noqa: F811 - the fixture
    """The example company with a club whose addresses an advertising network gets, until somebody opts out."""
    return serving(compiled(*SHARING, *CLUB, does=EVERYTHING))


@pytest.fixture
def opt_outs(house):
    return OptOuts(house.store, house.versions, house.now_ms)


def test_a_policy_whose_third_party_gets_records_is_served():
    """With the links, a form behind them, the signal, and a way to tell: § 1798.135(a), 7026(a). Without the form it is not."""
    served = compiled(*SHARING, *CLUB)
    assert served.recipients["place"].effective_role == "third-party"
    assert "place" in served.points["weather-club"].recipients
    by_people = (
        'methods      = ["web", "email", "phone"]\nverification = "not at all"',
        'methods      = ["email", "phone"]\nverification = "not at all"\nby_people    = true',
    )
    with pytest.raises(AssertionError, match="AV0702"):
        compiled(*SHARING, *CLUB, by_people)


def subject(house):
    return house.store.vault.subjects_for([ROBIN], house.now_ms())[ROBIN]


def gave(house, recipient="place", purpose=SOLD):
    """Note that a record of Robin's left for a recipient."""
    leave = Leave(
        house.versions.in_force(), recipient, purpose, "weather-club", "A", "marrowby", subject(house), ("email",), RECORD
    )
    with house.store.control.transaction() as tx:
        disclosures.note(tx, leave, house.now_ms())


def waits(house, purpose=SOLD):
    """Queue a record of Robin's for the network; return the delivery's id."""
    going = ToGo(RECORD, "weather-club", "marrowby", house.versions.in_force().id, frozenset({subject(house)}))
    with house.store.control.transaction() as tx:
        (made,) = deliveries.queue_records(
            tx, Errand("disclosure", "place", "webhook", purpose, batch=purpose), [going], house.now_ms()
        )
    return made


def state(house, delivery_id):
    with house.store.control.reading() as tx:
        return deliveries.get(tx, delivery_id).state


def link(house):
    """Return the page behind a confirmed link of Robin's, of whom something is held."""
    subject(house)
    status = house.ask(RequestKind.KNOW, ROBIN.value)
    house.walk()
    return "/privacy/requests/" + house.rooms.rights.confirm(house.link(status))


def says(house, page, answer):
    """Answer the one switch there, and leave the others open."""
    browser = house.browser()
    left = dict(re.findall(r'<input type="hidden" name="(unanswered[^"]+)" value="(1)">', browser.get(page).text))
    return browser.post(f"{page}/choices", data={**left, f"choice.{SOLD}": answer})


def opts_out(house):
    """Say no behind a confirmed link."""
    page = link(house)
    assert says(house, page, "out").status_code == 303
    return page


def test_t03_an_opt_out_over_christmas_has_its_last_day_in_january(house, opt_outs):
    """LAW.md T03: 15 business days from 23 December: early on 12 January, the last day is the 15th. Here it holds at once."""
    house.now = datetime(2026, 12, 23, 17, 0, tzinfo=UTC)
    gave(house)
    opts_out(house)
    (one,) = opt_outs.open_ones()
    assert (one.received_on, one.target, one.act_by) == (date(2026, 12, 23), date(2027, 1, 12), date(2027, 1, 15))
    assert choices.opted_out_by(house.store, [ROBIN]) == {SOLD}


def test_what_waits_is_taken_back_with_the_opt_out(house):
    """7026(f)(1): in the same transaction, so within the second; what waits for another purpose stays."""
    page = link(house)
    mine, other = waits(house), waits(house, "weather-club")
    says(house, page, "out")
    assert (state(house, mine), state(house, other)) == ("withdrawn", "waiting")
    with house.store.control.reading() as tx:
        assert deliveries.get(tx, mine).people == ()


def test_what_waits_for_whatever_it_may_go_for_has_its_turn_at_once(house):
    """7026(f)(1): what was sent as it came in waits for no purpose alone; the turn decides, and comes within the second."""
    page = link(house)
    mine = waits(house, "")
    with house.store.control.transaction() as tx:
        tx.execute(update(tables.deliveries).values(state="waiting", next_ms=house.now_ms() + 3_600_000))
    says(house, page, "out")
    with house.store.control.reading() as tx:
        assert deliveries.get(tx, mine).next_ms <= house.now_ms()


def test_who_got_it_before_and_meanwhile_is_told(house, opt_outs):
    """7026(f)(2), (3): the third party that got it before (house rule), what was in hand then, too; once told, it is over."""
    gave(house)
    opts_out(house)
    (one,) = opt_outs.open_ones()
    assert [(told.recipient, told.is_third_party, told.records) for told in one.tells] == [("place", True, (RECORD,))]
    gave(house, "place", "weather-club")  # for another purpose: nothing of the opt-out
    assert opt_outs.told(one.id, "nobody", "e-mail", "s1") is not None
    assert opt_outs.told(one.id, "place", "by owl", "s1") is not None
    assert opt_outs.told(one.id, "place", "e-mail", "s1") is None
    assert opt_outs.told(one.id, "place", "e-mail", "s1") is not None
    assert opt_outs.open_ones() == ()
    assert [(told.recipient, told.how) for told in opt_outs.get(one.id).tells] == [("place", "e-mail")]
    logged = "".join(house.logged())
    assert "opt-out.told" in logged
    assert ROBIN.value not in logged


def test_what_left_at_that_moment_is_told_too(house, opt_outs):
    """In hand while the opt-out came: whoever got it is on the list as soon as that is noted."""
    page = link(house)
    waits(house)
    says(house, page, "out")
    assert opt_outs.open_ones() == ()
    gave(house)
    assert [told.recipient for told in opt_outs.open_ones()[0].tells] == ["place"]


def test_who_works_for_us_and_keeps_nothing_is_not_told(house, opt_outs):
    """A service provider that keeps nothing has nothing to suppress."""
    gave(house, "mail-service")
    opts_out(house)
    assert opt_outs.open_ones() == ()


def test_an_opt_out_of_whom_nothing_went_is_no_row(house):
    """Nobody has to be told, and nothing more is kept than the choice."""
    opts_out(house)
    with house.store.control.reading() as tx:
        assert rows.open_ones(tx, 10) == ()


def test_an_erasure_and_the_clock_end_the_row(house, opt_outs):
    """Erased, it names nobody; after 24 months it goes (11 CCR 7101(a))."""
    gave(house)
    opts_out(house)
    (one,) = opt_outs.open_ones()
    house.store.erase([ROBIN], house.now_ms())
    house.run("purge")
    assert opt_outs.open_ones() == ()
    assert opt_outs.get(one.id).tells == ()
    with house.store.control.transaction() as tx:
        assert rows.remove_before(tx, house.now_ms() + 1) == 1
    assert opt_outs.get(one.id) is None


def pressed(page):
    return dict(re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]+)">', page)) | {"confirmed": "yes"}


def test_back_in_takes_two_steps_and_out_takes_one(house):
    """7028(a): in the browser, and by the page's script not at all; (c)(4) nobody asks meanwhile."""
    browser, number = house.browser(), {"Cookie": f"avow_visitor={VISITOR}"}
    out = browser.post("/privacy/choices", data={f"choice.{SOLD}": "out"}, headers=number)
    assert out.status_code == 303
    cookie = next(one for one in out.headers.get_list("set-cookie") if one.startswith("avow_choices=")).partition(";")[0]
    known = {"Cookie": f"{cookie}; avow_visitor={VISITOR}"}
    house.wait(seconds=1)
    first = house.browser().post("/privacy/choices", data={f"choice.{SOLD}": "in"}, headers=known)
    assert (first.status_code, "Do you mean it?" in first.text) == (200, True)
    assert SOLD in house.rooms.choices.of_number(VISITOR)
    script = house.browser().post("/avow/choices", json={"opt_in": [SOLD]}, headers=known)
    assert (script.status_code, "set-cookie" in script.headers) == (409, False)
    second = house.browser().post("/privacy/choices", data=pressed(first.text), headers=known)
    assert second.status_code == 303
    assert SOLD not in house.rooms.choices.of_number(VISITOR)


def test_an_address_is_back_in_after_two_steps(house):
    """The same behind a confirmed link."""
    page = opts_out(house)
    house.wait(seconds=1)
    first = says(house, page, "in")
    assert (first.status_code, choices.opted_out_by(house.store, [ROBIN])) == (200, {SOLD})
    assert house.browser().post(f"{page}/choices", data=pressed(first.text)).status_code == 303
    assert choices.opted_out_by(house.store, [ROBIN]) == frozenset()
