"""Opting in again takes two steps, whatever was refused: 11 CCR 7028(a). On the page of choices, and behind a confirmed link."""

import re

import pytest
from tests.houses import compiled, person
from tests.law.test_applied import LIMIT, RESTRICT
from tests.law.test_opt_outs import SOLD, pressed
from tests.web.conftest import serving
from tests.web.policies import CLUB, SHARING
from tests.web.serving import VISITOR

from avow.definitions import RequestKind
from avow.gate import choices
from avow.policy.checks.carried_out import EVERYTHING
from avow.policy.rulebook import refusals

__all__ = ["serving"]
ROBIN = person("robin@example.com")
OBJECT = (
    RESTRICT.replace("restrict", "object")
    .replace("by-sensitivity", "none")
    .replace("by a link that we send to your e-mail address", "not at all")
)


@pytest.fixture
def house(serving):
    """The example company with a club whose addresses an advertising network gets, and every right to stop something."""
    rights = ("[right.correct]\n", f"{RESTRICT}{OBJECT}[right.correct]\n")
    return serving(compiled(*SHARING, *CLUB, *LIMIT, rights, does=EVERYTHING))


def every_choice(house):
    """Return the switches of the policy, by name; of those some stop a use, some wait for a yes, and one is a sale."""
    return {one.name: one for one in house.facts.choices}


def test_there_are_switches_of_each_kind(house):
    """What the next tests go through: optional, consented, sold."""
    found = every_choice(house)
    assert SOLD in found
    assert {one.asks for one in found.values()} == {True, False}


def test_a_yes_after_a_no_takes_two_steps_in_the_browser(house):
    """Each switch, without a script; the no takes one. Nothing changes before the second step, and a first yes takes one."""
    for name, one in every_choice(house).items():
        browser = house.browser()
        browser.cookies.set("avow_visitor", VISITOR)
        only = {f"unanswered.{other}": "1" for other in every_choice(house) if other != name}
        assert browser.post("/privacy/choices", data={**only, f"choice.{name}": "out"}).status_code == 303, name
        house.wait(seconds=1)
        first = browser.post("/privacy/choices", data={**only, f"choice.{name}": "in"})
        assert (first.status_code, "Do you mean it?" in first.text) == (200, True), name
        assert one.label in first.text
        assert one.purposes <= house.rooms.choices.of_number(VISITOR)
        assert browser.post("/privacy/choices", data=pressed(first.text)).status_code == 303
        assert not one.purposes & house.rooms.choices.of_number(VISITOR)
        house.wait(seconds=1)


def test_a_first_yes_takes_one_step(house):
    """Where nobody said no, nobody is asked twice; the sale of who is young is another matter (7071)."""
    browser = house.browser()
    for name in every_choice(house):
        assert browser.post("/privacy/choices", data={f"choice.{name}": "in"}).status_code == 303
        browser.cookies.clear()


def test_all_at_once_names_what_was_refused(house):
    """ "Allow all" after one no asks about that one."""
    browser = house.browser()
    name, one = next((name, one) for name, one in every_choice(house).items() if name != SOLD)
    browser.post(
        "/privacy/choices", data={f"choice.{name}": "out"} | {f"unanswered.{other}": "1" for other in every_choice(house)}
    )
    first = browser.post("/privacy/choices", data={"all": "in"})
    assert "Do you mean it?" in first.text
    assert one.label in first.text


def own_page(house):
    """Return the page of who proved the address, of whom something is held."""
    house.write(ROBIN.value)
    return f"/privacy/requests/{house.verified()}"


def test_a_yes_after_a_no_takes_two_steps_for_an_address(house):
    """The same behind a confirmed link, for each switch that an address decides about."""
    page, browser = own_page(house), house.browser()
    shown = set(re.findall(r'name="choice\.([a-z-]+)"', browser.get(page).text))
    assert SOLD in shown
    for name in sorted(shown):
        only = {f"unanswered.{other}": "1" for other in shown if other != name}
        purposes = every_choice(house)[name].purposes
        assert house.browser().post(f"{page}/choices", data={**only, f"choice.{name}": "out"}).status_code == 303
        assert purposes <= choices.opted_out_by(house.store, [ROBIN]), name
        house.wait(seconds=1)
        first = house.browser().post(f"{page}/choices", data={**only, f"choice.{name}": "in"})
        assert (first.status_code, "Do you mean it?" in first.text) == (200, True), name
        assert purposes <= choices.opted_out_by(house.store, [ROBIN])
        assert house.browser().post(f"{page}/choices", data=pressed(first.text)).status_code == 303
        assert not purposes & choices.opted_out_by(house.store, [ROBIN])
        house.wait(seconds=1)


@pytest.mark.parametrize(
    ("kind", "word"),
    [(RequestKind.LIMIT, refusals.LIMIT), (RequestKind.OBJECT, refusals.OBJECT), (RequestKind.RESTRICT, refusals.RESTRICT)],
)
def test_what_a_request_stopped_is_allowed_again_in_two_steps(house, kind, word):
    """To limit, to object, to restrict: behind a confirmed link alone, and never by who filed."""
    page = own_page(house)
    if kind is RequestKind.RESTRICT:
        house.verified(kind)
    else:
        house.ask(kind)
        house.walk()
    assert word in choices.opted_out_by(house.store, [ROBIN])
    house.wait(seconds=1)
    assert "What you stopped by a request" in house.browser().get(page).text
    first = house.browser().post(f"{page}/choices", data={word: "in"})
    assert (first.status_code, "Do you mean it?" in first.text) == (200, True)
    assert word in choices.opted_out_by(house.store, [ROBIN])
    assert house.browser().post(f"{page}/choices", data=pressed(first.text)).status_code == 303
    assert word not in choices.opted_out_by(house.store, [ROBIN])
    assert "What you stopped by a request" not in house.browser().get(page).text
